"""Step 10: the look back, an honest confidence, and what happens next."""

import re

from lib.guide.scripted import reading, say
from lib.guide.scripted.listen import Kind, kind_of
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import insights, joined, own_words, rows
from lib.workshop import steps
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.criteria.matching import distinct, words
from lib.workshop.artifacts.models import Reframe
from lib.workshop.artifacts.summaries import summaries
from lib.workshop.records import Fields

STEP = "validate"

#: Sources a team has to have asked for its research to count as more than thin, and as strong.
_SOME, _MANY = 2, 6


def _quality(scene: Scene) -> str:
    """Return how far the research carries: thin, where nobody real was asked."""
    sources = distinct(each["source"] for each in insights(scene) if each.get("source"))
    real = [source for source in sources if not is_synthetic(source)]
    if len(real) < _SOME:
        return "thin"
    quotes = [each for each in insights(scene) if each.get("quote")]
    return "strong" if len(real) >= _MANY and len(quotes) >= _MANY else "moderate"


def _compose(scene: Scene) -> Fields:
    fields = dict(scene.fields)
    done = {each.get("step") for each in rows(fields, "step_summaries")}
    fields["step_summaries"] = rows(fields, "step_summaries") + [
        each for each in summaries(scene.artifacts) if each["step"] not in done
    ]
    confidence = fields.get("confidence", {})
    if confidence.get("score") and not confidence.get("research_quality"):
        fields["confidence"] = confidence | {"research_quality": _quality(scene)}
    return fields


def _take_story(scene: Scene, answer: Answer) -> Fields:
    """Keep the team's own story; it begins with the two questions it lies between."""
    told = own_words(answer.text, most=8)
    before = scene.fields.get("narrative", "")
    return scene.fields | {"narrative": joined(before or _frame(scene), told)}


def _frame(scene: Scene) -> str:
    start = scene.upstream("challenge", "hmw_statement", "")
    ends = Reframe.highlights(scene.artifacts.get("reframe", {}))
    if not start or not ends:
        return ""
    return scene.text("validate.frame", before=start, after=ends[0])


def _take_confidence(scene: Scene, answer: Answer) -> Fields:
    before = scene.fields.get("confidence", {})
    scores = [number for number in reading.numbers(answer.text) if 1 <= number <= 10]
    spoken = re.sub(
        r"^\W*(?:(?:we(?:'d| would)? (?:say|give it)|about|around|maybe|a|an|i'd say"
        r"|say)\s+)*\d{1,2}(?:\s*(?:/|out of|von|of)\s*10)?(?:\s*points)?\b",
        "",
        reading.said(answer.text),
    )
    reason = own_words(
        re.sub(r"^[\s,.:;–—-]*(?:because|since|as|cause|bc|weil|porque)?[\s,:]*", "", spoken)
    )
    score = {"score": scores[0]} if scores else {}
    rationale = (
        joined(before.get("rationale", ""), reason)
        if words(reason)
        else before.get("rationale", "")
    )
    return scene.fields | {
        "confidence": before | score | ({"rationale": rationale} if rationale else {})
    }


def _thin_confidence(scene: Scene, answer: Answer) -> str:
    told = _take_confidence(scene, answer)["confidence"]
    if not told.get("score"):
        return "score"
    return "" if told.get("rationale") else "reason"


def _confidence_known(scene: Scene, topic: str) -> bool:
    told = scene.fields.get("confidence", {})
    return bool(told.get("score") and told.get("rationale"))


def _lead_confidence(scene: Scene, topic: str) -> str:
    found = insights(scene)
    if not found:
        return ""
    sources = distinct(each["source"] for each in found if each.get("source"))
    played = sum(map(is_synthetic, sources))
    told = {
        "findings": scene.text("count.finding", count=len(found)),
        "sources": scene.text("count.source", count=len(sources)),
        "quality": scene.text(f"quality.{_quality(scene)}"),
    }
    if played:
        return scene.text("validate.rests_played", played=played, **told)
    return scene.text("validate.rests", **told)


def _take_next(scene: Scene, answer: Answer) -> Fields:
    new = [reading.capital(each) for each in _ahead(answer.text)]
    return scene.fields | {"next_steps": distinct([*rows(scene.fields, "next_steps"), *new])[:5]}


def _ahead(text: str) -> list[str]:
    listed = reading.lines(text)
    if len(listed) > 1:
        return [reading.said(each).strip(" .") for each in listed]
    return reading.entries(text)


def _greet(scene: Scene) -> str:
    names = [
        each.get("name", "")
        for each in scene.upstream("concept", "concepts", [])
        if each.get("name")
    ]
    started = scene.upstream("challenge", "hmw_statement", "")
    if not names and not started:
        return scene.text("validate.greet")
    parts = [scene.text("validate.greet_given"), scene.text("validate.drafted")]
    if names and started:
        question = say.gist(started, 24, scene.language)
        listed = say.named(names, scene.language)
        parts.insert(1, scene.text("validate.came", question=question, names=listed))
    return " ".join(parts)


def _show(scene: Scene) -> list[str]:
    told, open_ = scene.fields.get("confidence", {}), scene.text("say.open")
    quality = told.get("research_quality")
    score = scene.text(
        "validate.score",
        score=told.get("score") or open_,
        quality=scene.text(f"quality.{quality}") if quality else open_,
        reason=say.clip(told.get("rationale") or open_, 16, 120),
    )
    covered = str(len(rows(scene.fields, "step_summaries")))
    return [
        scene.shown("narrative", 34, 260),
        say.labelled(scene.text("validate.covered"), covered, scene.language),
        say.labelled(scene.text(f"field.{STEP}.confidence"), score, scene.language),
        *(
            scene.text("validate.next", words=say.clip(each, 10))
            for each in rows(scene.fields, "next_steps")
        ),
    ]


def _lead_next(scene: Scene, topic: str) -> str:
    noted = say.gists(rows(scene.fields, "next_steps"), 9, scene.language)
    return scene.text("validate.noted", steps=noted) if noted else ""


def _loose(scene: Scene, text: str) -> Fields | None:
    if kind_of(text) is not Kind.CONTENT or len(words(text)) < 5:
        return None
    return _take_story(scene, Answer(text))


SCRIPT = Script(
    step=STEP,
    needs=steps.SLUGS[:-1],
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="story",
            serves="narrative",
            take=_take_story,
            known=lambda scene, topic: bool(scene.fields.get("narrative")),
            thin=lambda scene, answer: "more" if len(words(answer.text)) < 20 else "",
        ),
        Question(
            step=STEP,
            id="confidence",
            serves="confidence",
            take=_take_confidence,
            known=_confidence_known,
            lead=_lead_confidence,
            thin=_thin_confidence,
        ),
        Question(
            step=STEP,
            id="next",
            serves="next_steps",
            take=_take_next,
            known=lambda scene, topic: len(rows(scene.fields, "next_steps")) >= 3,
            lead=_lead_next,
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=lambda scene: scene.text("validate.wrap", score=scene.fields["confidence"]["score"]),
    loose=_loose,
)
