"""The criteria of the steps that rest on evidence: research, sense making, personas, journey."""

import re
from collections.abc import Iterable, Iterator, Mapping

from lib.workshop.artifacts.criteria import grounding
from lib.workshop.artifacts.criteria.gap import (
    Criteria,
    Gap,
    Upstream,
    entries,
    heard,
    shown,
    texts,
)
from lib.workshop.artifacts.criteria.matching import distinct, folded, related, traced, words
from lib.workshop.records import Fields

_CLOSED = re.compile(
    r"^\W*(?:do|does|did|is|are|was|were|have|has|had|will|would|could|should|can) "
    r"(?:you|your|they|the|it|this|that|there|he|she|we|people)\b"
)
_INVITES = re.compile(r"\b(?:tell|describe|explain|show|walk|share|talk|say more|imagine)\b")
_LEADING = re.compile(
    r"(?:don'?t|do not|wouldn'?t|isn'?t|aren'?t|doesn'?t|didn'?t|shouldn'?t) (?:you|it|this|that"
    r"|they)\b"
    r"|\b(?:surely|obviously|agree that)\b"
)
_SYNTHETIC = re.compile(
    r"\b(?:synthetic|simulated|role[- ]?play(?:ed)?|played by|invented|assumed|made[- ]up)\b"
)


def is_synthetic(source: str) -> bool:
    """Whether a source is marked as played or assumed rather than asked."""
    return _SYNTHETIC.search(source.casefold()) is not None


def research(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Open, neutral questions; findings specific and attributed; more than one source."""
    return [*_questions(fields), *_findings(fields)]


def _questions(fields: Fields) -> Iterator[Gap]:
    asked = entries(fields, "interview_questions")
    if asked and len(distinct(asked)) < 3:
        yield Gap(
            "interview_questions",
            f"Interview questions: {len(distinct(asked))} so far; agree on three to five.",
            code="questions-few",
            values={"count": len(distinct(asked))},
        )
    for question in asked:
        plain = question.casefold().replace("’", "'")
        if _LEADING.search(plain):
            yield Gap(
                "interview_questions",
                f"{shown([question])} leads to the answer. Ask it without your own opinion.",
                code="question-leading",
                values={"words": [question]},
            )
        elif _CLOSED.match(plain) and not _INVITES.search(plain):
            yield Gap(
                "interview_questions",
                f"{shown([question])} can be answered with yes or no. "
                "Begin with “How”, “What” or “Tell me”.",
                code="question-closed",
                values={"words": [question]},
            )


def _findings(fields: Fields) -> Iterator[Gap]:
    insights = entries(fields, "insights")
    found = [each for each in insights if each.get("finding")]
    vague = [
        each["finding"]
        for each in found
        if len(words(each["finding"])) < 3 and not each.get("quote")
    ]
    if vague and all(word.isascii() for text in vague for word in words(text)):
        yield Gap(
            "insights",
            f"Too short to use later: {shown(vague)}. Say who did or felt what.",
            code="findings-short",
            values={"words": vague},
        )
    nobody = [each["finding"] for each in found if not each.get("source")]
    if nobody:
        yield Gap(
            "insights",
            f"Nobody is named for {shown(nobody)}. Add who said or did it.",
            code="findings-nobody",
            values={"words": nobody},
        )
    sources = distinct(each["source"] for each in insights if each.get("source"))
    if len(sources) == 1:
        yield Gap(
            "insights",
            f"Everything comes from {shown(sources)}. Add what somebody else told you.",
            code="findings-source",
            values={"words": sources},
        )


def empathy(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Themes traced to findings; five pains and five gains, grounded in the research."""
    return [
        *_themes(fields, upstream),
        *_five(fields, "pains", upstream),
        *_five(fields, "gains", upstream),
    ]


def _themes(fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    evidence = heard(upstream)
    for theme in entries(fields, "themes"):
        name = shown(texts(theme, "name"))
        cited = entries(theme, "evidence")
        literal = [traced(each, evidence) for each in cited]
        lost = unmet(cited, grounding.by_meaning(cited, evidence, literal, grounding.SAYS))
        if evidence and lost:
            yield Gap(
                "themes",
                f"Theme {name}: {shown(lost)} is not among the findings of your research. "
                "Cite one of them instead.",
                code="theme-evidence",
                values={"name": theme.get("name", ""), "words": lost},
            )


def _five(fields: Fields, name: str, upstream: Upstream) -> Iterator[Gap]:
    listed = entries(fields, name)
    different = distinct(listed)
    if listed and len(different) < 5:
        yield Gap(
            name,
            f"{name.capitalize()}: {len(different)} different ones so far; five are needed.",
            code="five",
            values={"field": name, "count": len(different)},
        )
    evidence = heard(upstream)
    # Good pains are often put in words nobody used. Only when most of them are about something else
    # do they come from somewhere else.
    lost = unmet(listed, grounding.grounded(listed, evidence))
    if evidence and len(lost) * 2 > len(listed):
        yield Gap(
            name,
            f"{name.capitalize()}: {shown(lost)} are about something else than your "
            "research. Name the finding they rest on, or replace them.",
            code="ungrounded",
            values={"field": name, "words": lost},
        )


def personas(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Pains and gains of step 4, a quote that was heard, a life that is concrete."""
    people = entries(fields, "personas")
    found = [gap for person in people for gap in _person(person, upstream)]
    names = [name for person in people for name in texts(person, "name")]
    if len(distinct(names)) < len(names):
        found.append(
            Gap(
                "personas",
                "Two personas have the same name: rename one of them.",
                code="personas-twice",
            )
        )
    return found


def _person(person: Fields, upstream: Upstream) -> Iterator[Gap]:
    name = person.get("name", "This persona")
    map_ = upstream.get("sense-making", {})
    for kind in ("pains", "gains"):
        agreed, own = entries(map_, kind), entries(person, kind)
        if agreed and own and not any(grounding.grounded(own, agreed)):
            yield Gap(
                "personas",
                f"{name}: none of the {kind} comes from your empathy map. Carry one over.",
                code="persona-not-carried",
                values={"name": person.get("name", ""), "field": kind},
            )
    evidence, quote = heard(upstream), person.get("quote", "")
    if evidence and quote and not traced(quote, evidence):
        yield Gap(
            "personas",
            f"{name}: nobody in your research said {shown([quote])}. Use a quote you heard.",
            code="quote-unheard",
            values={"name": person.get("name", ""), "words": [quote]},
        )
    bio = person.get("bio", "")
    if bio and bio.isascii() and len(words(bio)) < 6:
        yield Gap(
            "personas",
            f"{name}: the bio is very short. Two sentences about a real day help.",
            code="bio-short",
            values={"name": person.get("name", "")},
        )


def unmet(listed: Iterable[str], met: Iterable[bool]) -> list[str]:
    """Return those of *listed* whose place in *met* is False."""
    return [each for each, is_met in zip(listed, met, strict=True) if not is_met]


def journey(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Emotions vary and match; one dip with its reason; the journey of a persona."""
    return [*_emotions(fields), *_dip(fields), *_traveller(fields, upstream)]


def _emotions(fields: Fields) -> Iterator[Gap]:
    stages = entries(fields, "stages")
    felt = [each["emotion"] for each in stages if each.get("emotion")]
    if len(felt) > 1 and len(set(felt)) == 1:
        yield Gap(
            "stages",
            f"Every stage feels {felt[0]}. Say where it is better and where it is worse.",
            code=f"emotions-{felt[0]}",
        )
    names = texts({"names": [each.get("name") for each in stages]}, "names")
    if len(distinct(names)) < len(names):
        yield Gap(
            "stages", "Two stages have the same name: rename one of them.", code="stages-twice"
        )


def _dip(fields: Fields) -> Iterator[Gap]:
    for stage in entries(fields, "stages"):
        if stage.get("is_dip") and stage.get("emotion") == "positive":
            yield Gap(
                "stages",
                f"{shown(texts(stage, 'name'))} is the dip and feels positive. "
                "Change the emotion, or mark another stage.",
                code="dip-positive",
                values={"words": texts(stage, "name")},
            )
    reason = fields.get("dip_rationale", "")
    if len(words(reason)) < 3 and folded(reason).isascii():
        yield Gap(
            "dip_rationale",
            "Why this is the dip: say in a sentence why it weighs more than the other stages.",
            code="dip-reason",
        )


def _traveller(fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    people = entries(upstream.get("persona", {}), "personas")
    known = [text for person in people for text in texts(person, "name", "role")]
    name = fields.get("persona_name", "")
    if known and name and not any(related(name, each) for each in known):
        names = shown([text for person in people for text in texts(person, "name")])
        yield Gap(
            "persona_name",
            f"Whose journey: {shown([name])} is not one of your personas. Choose {names}.",
            code="journey-stranger",
            values={
                "words": [name],
                "names": [text for person in people for text in texts(person, "name")],
            },
        )


#: The criteria of each of these steps, by slug.
RULES: Mapping[str, Criteria] = {
    "user-research": research,
    "sense-making": empathy,
    "persona": personas,
    "journey-mapping": journey,
}
