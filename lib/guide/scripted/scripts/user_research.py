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
_OPEN = (
    "Tell me about the last time {this} came up for you, from beginning to end.",
    "What was the hardest moment, and what made it hard?",
    "What did you do then, and who or what helped?",
    "How would a really good day look for you here?",
    "What should we have asked that we did not?",
)

_PLAYED = re.compile(
    r"\b(?:role[- ]?play|as (?:he|she|they|it) would|pretend|synthetic|simulat\w*|made[- ]up"
    r"|play(?:ed|ing)? (?:the|a)\b)",
    re.IGNORECASE,
)
_MARK = "(synthetic)"

#: People asked about one by one before the open round.
_ONE_BY_ONE = 3


def _proposed(scene: Scene) -> list[str]:
    return [each.format(this="this") for each in _OPEN]


def _lead_questions(scene: Scene, topic: str) -> str:
    shown = "\n".join(
        f"{place}. {say.flat(each)}" for place, each in enumerate(_proposed(scene), 1)
    )
    return f"These are open enough to begin with:\n\n{shown}"


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
    return say.named([re.split("[,(]", each, maxsplit=1)[0].strip() for each in _sources(scene)], 6)


def _sources(scene: Scene) -> list[str]:
    return distinct(each["source"] for each in rows(scene.fields, "insights") if each.get("source"))


def _unnamed(scene: Scene) -> list[Fields]:
    return [each for each in rows(scene.fields, "insights") if not each.get("source")]


def _take_source(scene: Scene, answer: Answer) -> Fields:
    who = reading.said(answer.text).rstrip(".")[:80]
    listed = rows(scene.fields, "insights")
    return scene.fields | {
        "insights": [each if each.get("source") else each | {"source": who} for each in listed]
    }


def _more_known(scene: Scene, topic: str) -> bool:
    return scene.finished("more")


def _tally(scene: Scene, topic: str) -> str:
    listed = rows(scene.fields, "insights")
    if not listed:
        return ""
    newest = listed[-1].get("quote") or listed[-1]["finding"]
    return (
        f"The draft holds {scene.text('count.finding', count=len(listed))} now, from "
        f"{_spoken(scene) or 'nobody named yet'}. "
        f"The latest: {say.gist(newest, 16)}."
    )


def _more_lead(scene: Scene, topic: str) -> str:
    quiet = [
        each
        for each in _others(scene)
        if not any(alike(each, source) for source in _sources(scene))
    ]
    hint = f" On your map there are also {say.named(quiet, 3)}." if quiet else ""
    return _tally(scene, topic) + hint


def _greet(scene: Scene) -> str:
    core = _core(scene)
    if not core:
        return "We only gather here and do not sort yet; that is the next step."
    about = f" about {say.gist(hmw(scene), 24)}" if hmw(scene) else ""
    return f"We want to hear {say.named(core)}{about}. We only gather here and do not sort yet."


def _show(scene: Scene) -> list[str]:
    found = [each for each in rows(scene.fields, "insights") if each.get("finding")]
    by_source: dict[str, list[str]] = {}
    for each in found:
        by_source.setdefault(each.get("source", "nobody named"), []).append(each["finding"])
    told = [
        f"{say.clip(source, 6)}: {say.gist(max(listed, key=interviews.weight), 13)}"
        for source, listed in by_source.items()
    ]
    asked = say.counted(len(rows(scene.fields, "interview_questions")), "question")
    return [f"**{asked.capitalize()}**, {scene.text('count.finding', count=len(found))}", *told[:6]]


def _loose(scene: Scene, text: str) -> Fields | None:
    if kind_of(text) is not Kind.CONTENT or len(words(text)) < 4:
        return None
    return _take_heard(scene, Answer(text))


def _closes(scene: Scene, gap: Gap) -> str:
    if gap.field == "interview_questions":
        return "" if "yes or no" in gap.sentence or "leads to" in gap.sentence else "questions"
    return "source" if "Nobody is named" in gap.sentence else "more"


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
            expects_questions=True,
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
            lead=lambda scene, topic: (
                "One thing has nobody to it yet: "
                f"{say.gist(_unnamed(scene)[0].get('finding', ''), 16)}."
                if _unnamed(scene)
                else ""
            ),
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
    wrap=lambda scene: (
        f"You have heard {_spoken(scene)}, and the draft keeps "
        f"{scene.text('count.finding', count=len(rows(scene.fields, 'insights')))} in their words."
    ),
    loose=_loose,
    closes=_closes,
    example="Ada, nurse: “I wait for hours”",
)
