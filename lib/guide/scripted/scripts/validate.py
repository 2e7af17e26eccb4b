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
    return f"We started by asking “{start}” and came to ask “{ends[0]}”"


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
    note = f", {played} of them synthetic" if played else ""
    return (
        f"Your research rests on {scene.text('count.finding', count=len(found))} from "
        f"{say.counted(len(sources), 'source')}{note}. "
        f"I read that as {_quality(scene)}, which is my judgement."
    )


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
        return "No new ideas any more: we tell what happened, how sure we are, and what comes next."
    arc = (
        f" You came from {say.gist(started, 24)} to {say.named(names)}."
        if names and started
        else ""
    )
    return (
        f"No new ideas any more, just an honest look.{arc} What each step came to is in the "
        "draft already."
    )


def _show(scene: Scene) -> list[str]:
    told = scene.fields.get("confidence", {})
    return [
        f"**Narrative:** {say.clip(scene.fields.get('narrative', 'open'), 34, 260)}",
        f"**Steps covered:** {len(rows(scene.fields, 'step_summaries'))}",
        f"**Confidence:** {told.get('score', 'open')} of 10, research "
        f"{told.get('research_quality', 'open')}: "
        f"{say.clip(told.get('rationale', 'open'), 16, 120)}",
        *(f"next: {say.clip(each, 10)}" for each in rows(scene.fields, "next_steps")),
    ]


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
            lead=lambda scene, topic: (
                f"Noted so far: {say.gists(rows(scene.fields, 'next_steps'), 9)}."
                if rows(scene.fields, "next_steps")
                else ""
            ),
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=lambda scene: (
        "That is your workshop, from first question to next step, told at a confidence of "
        f"{scene.fields['confidence']['score']} out of 10. "
        "Thank you for working so openly."
    ),
    loose=_loose,
    example="change next step 2 to …",
)
