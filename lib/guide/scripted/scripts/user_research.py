"""Step 3: open questions, and what people really said to them."""

import re

from lib.guide.scripted import interviews, reading, say
from lib.guide.scripted.listen import Kind, kind_of, yes_and
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import extended, hmw, rows
from lib.workshop.artifacts.criteria.gap import Gap
from lib.workshop.artifacts.criteria.matching import alike, distinct, words
from lib.workshop.records import Fields

STEP = "user-research"

#: Open questions that fit most challenges, put so that a chat message still asks only one thing.
_OPEN = tuple(f"open_question.{number}" for number in range(1, 6))

_PLAYED = re.compile(
    r"\b(?:role[- ]?play|rollenspiel|juego de rol|jeu de rôle|as (?:he|she|they|it) would|pretend|synthetic|simulat\w*|made[- ]up"
    r"|play(?:ed|ing)? (?:the|a)\b)",
    re.IGNORECASE,
)
_MARK = "(synthetic)"

#: People asked about one by one before the open round.
_ONE_BY_ONE = 3


def _proposed(scene: Scene) -> list[str]:
    return [scene.text(key) for key in _OPEN]


def _lead_questions(scene: Scene, topic: str) -> str:
    shown = "\n".join(
        f"{place}. {say.flat(each)}" for place, each in enumerate(_proposed(scene), 1)
    )
    return scene.text("research.questions") + "\n\n" + shown


def _take_questions(scene: Scene, answer: Answer) -> Fields:
    """Take the proposed ones somebody keeps, by number or all of them, and their own."""
    proposed = _proposed(scene)
    agreed, rest = yes_and(answer.text)
    own = [
        each for each in _own_questions(rest) if not any(alike(each, known) for known in proposed)
    ]
    numbered = [number - 1 for number in reading.numbers(rest) if 0 < number <= len(proposed)]
    dropped = re.search(r"\b(?:without|except|not|drop|but not|skip|ohne)\b", rest, re.IGNORECASE)
    kept = [proposed[place] for place in dict.fromkeys(numbered)]
    if dropped and numbered:
        kept = [each for each in proposed if each not in kept]
    elif answer.yes or (agreed and not kept) or (not own and not kept):
        kept = proposed
    before = rows(scene.fields, "interview_questions")
    return scene.fields | {"interview_questions": extended(before, [*kept, *own], most=8)}


def _own_questions(text: str) -> list[str]:
    pieces = [piece for row in reading.lines(text) for piece in _questions_in(row)]
    return [reading.capital(reading.unquoted(each)) for each in pieces if len(words(each)) > 3]


def _questions_in(row: str) -> list[str]:
    found = [f"{each}?" for each in row.split("?")[:-1] if each.strip()]
    if found:
        return [re.sub(r"^.*?(?::|\bask(?: them)?)\s+", "", each).strip(" ,.;-") for each in found]
    return (
        [row]
        if re.match(
            r"(?:tell|describe|walk|show|how|what|when|where|why|which|who|erzähl|wie|was)\b",
            reading.said(row),
            re.I,
        )
        else []
    )


def _core(scene: Scene) -> list[str]:
    mapped = scene.upstream("stakeholder-mapping", "stakeholders", [])
    return [each["name"] for each in mapped if each.get("category") == "core" and each.get("name")][
        :_ONE_BY_ONE
    ]


def _others(scene: Scene) -> list[str]:
    mapped = scene.upstream("stakeholder-mapping", "stakeholders", [])
    return [
        each["name"] for each in mapped if each.get("category") == "direct" and each.get("name")
    ]


def _take_heard(scene: Scene, answer: Answer) -> Fields:
    played = _PLAYED.search(answer.text[:400]) or _PLAYED.search(scene.exchanges[-1].guide[-400:])
    who = answer.topic
    found = interviews.insights(_without_label(answer.text), who, _MARK if played else "")
    before = rows(scene.fields, "insights")
    known = {each.get("finding") for each in before}
    return scene.fields | {
        "insights": [*before, *(each for each in found if each["finding"] not in known)]
    }


def _without_label(text: str) -> str:
    """Drop a first line that only announces what comes ("here is what she told us:")."""
    first, _, rest = text.partition("\n")
    announces = rest.strip() and first.rstrip().endswith(":") and len(words(first)) > 4
    return rest if announces else text


def _heard_from(scene: Scene, topic: str) -> bool:
    sources = [each.get("source", "") for each in rows(scene.fields, "insights")]
    return scene.answered("heard", topic) or any(alike(topic, each) for each in sources if each)


def _spoken(scene: Scene) -> str:
    """Return who was heard, by name only."""
    names = [re.split("[,(]", each, maxsplit=1)[0].strip() for each in _sources(scene)]
    return say.named(names, scene.language, 6)


def _sources(scene: Scene) -> list[str]:
    return distinct(each["source"] for each in rows(scene.fields, "insights") if each.get("source"))


def _unnamed(scene: Scene) -> list[Fields]:
    return [each for each in rows(scene.fields, "insights") if not each.get("source")]


def _lead_source(scene: Scene, topic: str) -> str:
    unnamed = _unnamed(scene)
    if not unnamed:
        return ""
    words_ = say.gist(unnamed[0].get("finding", ""), 16, scene.language)
    return scene.text("research.source", words=words_)


def _take_source(scene: Scene, answer: Answer) -> Fields:
    who = reading.said(answer.text).rstrip(".")[:80]
    listed = rows(scene.fields, "insights")
    return scene.fields | {
        "insights": [each if each.get("source") else each | {"source": who} for each in listed]
    }


def _more_known(scene: Scene, topic: str) -> bool:
    return scene.finished("more")


def _tally(scene: Scene, topic: str) -> str:
    listed = [each for each in rows(scene.fields, "insights") if each.get("finding")]
    if not listed:
        return ""
    findings = scene.text("count.finding", count=len(listed))
    newest = say.gist(listed[-1].get("quote") or listed[-1]["finding"], 16, scene.language)
    if spoken := _spoken(scene):
        return scene.text("research.tally", findings=findings, sources=spoken, newest=newest)
    return scene.text("research.tally_unnamed", findings=findings, newest=newest)


def _more_lead(scene: Scene, topic: str) -> str:
    quiet = [
        each
        for each in _others(scene)
        if not any(alike(each, source) for source in _sources(scene))
    ]
    names = say.named(quiet, scene.language, 3)
    hint = scene.text("research.others", names=names) if quiet else ""
    return " ".join(filter(None, [_tally(scene, topic), hint]))


def _greet(scene: Scene) -> str:
    core = say.named(_core(scene), scene.language)
    if not core:
        return scene.text("research.greet")
    if not hmw(scene):
        return scene.text("research.greet_core", names=core)
    question = say.gist(hmw(scene), 24, scene.language)
    return scene.text("research.greet_given", names=core, question=question)


def _show(scene: Scene) -> list[str]:
    found = [each for each in rows(scene.fields, "insights") if each.get("finding")]
    by_source: dict[str, list[str]] = {}
    for each in found:
        source = each.get("source") or scene.text("research.nobody")
        by_source.setdefault(source, []).append(each["finding"])
    told = [
        say.labelled(
            say.clip(source, 6),
            say.gist(max(listed, key=interviews.weight), 13, scene.language),
            scene.language,
        )
        for source, listed in by_source.items()
    ]
    asked = scene.text("count.question", count=len(rows(scene.fields, "interview_questions")))
    findings = scene.text("count.finding", count=len(found))
    return [f"**{reading.capital(asked)}**, {findings}", *told[:6]]


def _loose(scene: Scene, text: str) -> Fields | None:
    if kind_of(text) is not Kind.CONTENT or len(words(text)) < 4:
        return None
    return _take_heard(scene, Answer(text))


def _closes(scene: Scene, gap: Gap) -> str:
    if gap.field == "interview_questions":
        return "" if gap.code in ("question-closed", "question-leading") else "questions"
    return "source" if gap.code == "findings-nobody" else "more"


SCRIPT = Script(
    step=STEP,
    needs=("challenge", "stakeholder-mapping"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="questions",
            serves="interview_questions",
            take=_take_questions,
            known=lambda scene, topic: len(rows(scene.fields, "interview_questions")) >= 3,
            lead=_lead_questions,
            offers=lambda scene, topic: True,
        ),
        Question(
            step=STEP,
            id="heard",
            serves="insights",
            take=_take_heard,
            known=_heard_from,
            topics=_core,
            lead=_tally,
            optional=True,
        ),
        Question(
            step=STEP,
            id="source",
            serves="insights",
            take=_take_source,
            known=lambda scene, topic: not _unnamed(scene),
            lead=_lead_source,
            optional=True,
        ),
        Question(
            step=STEP,
            id="more",
            serves="insights",
            take=_take_heard,
            known=_more_known,
            patience=12,
            lead=_more_lead,
        ),
    ),
    show=_show,
    wrap=lambda scene: scene.text(
        "research.wrap",
        sources=_spoken(scene),
        findings=scene.text("count.finding", count=len(rows(scene.fields, "insights"))),
    ),
    loose=_loose,
    closes=_closes,
)
