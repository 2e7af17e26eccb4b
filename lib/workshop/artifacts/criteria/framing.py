"""The criteria of the steps that frame: the challenge, who is involved, the reframed question."""

import re
from collections.abc import Iterator, Mapping

from lib.workshop.artifacts.criteria import grounding
from lib.workshop.artifacts.criteria.gap import Criteria, Gap, Upstream, entries, shown, texts
from lib.workshop.artifacts.criteria.matching import (
    alike,
    folded,
    overlap,
    related,
    repeated,
    same,
    stems,
    words,
)
from lib.workshop.records import Fields

_EVERYBODY = frozenset(
    """everyone everybody people all people users the users customers the public anyone anybody
    alle jeder todos tout le monde""".split()
) | {"all people", "the users", "the public", "tout le monde", "all of us", "the customers"}

#: A verb of making close before the name of a thing that is made.
_SOLUTION = re.compile(
    r"\b(?:build|create|develop|launch|introduce|install|implement|program|code|set up|roll out)\b"
    r"(?:\W+\w+){0,4}?\W+"
    r"(?:apps?|websites?|web ?sites?|platforms?|portals?|chatbots?|bots?|dashboards?|software"
    r"|tools?"
    r"|systems?|databases?|newsletters?|ai)\b",
    re.IGNORECASE,
)

_VISION = re.compile(
    r"\b(?:the best .{0,30}in the world|world[- ]class|world peace|save the world|number one"
    r"|make (?:everyone|everybody) happy|revolutioni[sz]e|market leader)\b",
    re.IGNORECASE,
)


def names_a_solution(text: str) -> bool:
    """
    Whether *text* already says what to make.

    >>> names_a_solution("How might we build an app for newcomers?")
    True
    >>> names_a_solution("How might we help people who struggle with the booking app?")
    False
    """
    return _SOLUTION.search(text[:2_000]) is not None


def names_nobody(text: str) -> bool:
    """Whether *text* means everybody, and so nobody."""
    return folded(text) in _EVERYBODY


def challenge(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Neither a vision nor a feature; the user named; the outcome observable; no solution."""
    return [*_user(fields), *_outcome(fields), *_question(fields)]


def _user(fields: Fields) -> Iterator[Gap]:
    user = fields.get("target_user", "")
    if names_nobody(user):
        yield Gap(
            "target_user",
            f"Who has it: {shown([user])} is everybody. Name the group that has it hardest.",
            code="user-everybody",
            values={"words": [user]},
        )


def _outcome(fields: Fields) -> Iterator[Gap]:
    outcome = fields.get("desired_outcome", "")
    if outcome and names_a_solution(outcome):
        yield Gap(
            "desired_outcome",
            "Desired outcome: it names a solution. Say what would be different for people instead.",
            code="outcome-solution",
        )
    if _VISION.search(outcome):
        yield Gap(
            "desired_outcome",
            "Desired outcome: this is a vision. Say what somebody could watch happening.",
            code="outcome-vision",
        )
    if outcome and same(outcome, fields.get("problem_statement", "")):
        yield Gap(
            "desired_outcome",
            "Desired outcome: it repeats the problem. Say what could be seen once it is solved.",
            code="outcome-problem",
        )


def _question(fields: Fields) -> Iterator[Gap]:
    hmw = fields.get("hmw_statement", "")
    if not hmw:
        return
    if "?" not in hmw and not re.match(r"\A\W*+(how|wie|c[oó]mo|comment)\b", hmw.casefold()):
        yield Gap(
            "hmw_statement",
            "How might we: make it one question that begins with “How might we”.",
            code="question-form",
        )
    if words(hmw) and len(stems(hmw)) < 2:
        yield Gap(
            "hmw_statement",
            "How might we: it says too little yet. Name who it is for and what should change.",
            code="question-short",
        )
    if names_a_solution(hmw):
        yield Gap(
            "hmw_statement",
            "How might we: it already holds a solution. Ask for the change, not for the thing.",
            code="question-solution",
        )
    if _VISION.search(hmw):
        yield Gap(
            "hmw_statement",
            "How might we: this is a vision. Narrow it to something you could begin next month.",
            code="question-vision",
        )


_CIRCLES = {
    "core": "who lives with it every day",
    "direct": "who deals with those people directly",
    "indirect": "who pays, rules or influences from a distance",
}


def stakeholders(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Core, direct and indirect all populated, each person or group once."""
    mapped = entries(fields, "stakeholders")
    circles = {each.get("category") for each in mapped}
    gaps = [
        Gap(
            "stakeholders",
            f"Nobody is in the {circle} circle yet: add {who}.",
            code=f"circle-{circle}",
        )
        for circle, who in _CIRCLES.items()
        if circle not in circles
    ]
    twice = repeated(each.get("name", "") for each in mapped)
    if twice:
        gaps.append(
            Gap(
                "stakeholders",
                f"{shown(twice)} is on the map twice: keep one of them.",
                code="stakeholder-twice",
                values={"words": twice},
            )
        )
    return gaps


def reframe(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Uses the persona and the dip; differs from where we started; all four parts specific."""
    selected = [each for each in entries(fields, "hmw_statements") if each.get("selected")]
    return [
        *_origin(fields, upstream),
        *(gap for each in selected for gap in _part(each, fields, upstream)),
    ]


def _origin(fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    first = upstream.get("challenge", {}).get("hmw_statement", "")
    quoted = fields.get("original_hmw", "")
    if first and quoted and not alike(first, quoted):
        yield Gap(
            "original_hmw",
            f"Where we started: quote the question of your challenge, {shown([first])}.",
            code="origin-other",
            values={"words": [first]},
        )


def _part(statement: Fields, fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    full = statement.get("full_statement", "")
    if not full:
        return
    name = shown([full])
    if overlap(full, fields.get("original_hmw", "")) == 1 and len(stems(full)) <= len(
        stems(fields.get("original_hmw", ""))
    ):
        yield Gap(
            "hmw_statements",
            f"{name} says no more than the question you started with. "
            "Narrow it with what the research showed.",
            code="question-same",
            values={"question": [full]},
        )
    if names_a_solution(full):
        yield Gap(
            "hmw_statements",
            f"{name} already holds a solution. Ask for the change instead.",
            code="reframed-solution",
            values={"question": [full]},
        )
    yield from _persona_used(statement, name, upstream)
    yield from _dip_used(statement, name, upstream)


def _persona_used(statement: Fields, name: str, upstream: Upstream) -> Iterator[Gap]:
    personas = entries(upstream.get("persona", {}), "personas")
    known = [text for persona in personas for text in texts(persona, "name", "role")]
    person = statement.get("persona", "")
    if known and person and not any(related(person, each) for each in known):
        yield Gap(
            "hmw_statements",
            f"{name} is about {shown([person])}, who is not one of your personas. "
            f"Name one of them: {shown(texts_of_names(personas))}.",
            code="reframed-stranger",
            values={
                "question": texts(statement, "full_statement"),
                "person": [person],
                "names": texts_of_names(personas),
            },
        )
    full = statement.get("full_statement", "")
    if person and full and not related(person, full):
        yield Gap(
            "hmw_statements",
            f"{name} does not name {shown([person])}. A good question says who it is for.",
            code="reframed-nobody",
            values={"question": [full], "person": [person]},
        )


def texts_of_names(personas: list[Fields]) -> list[str]:
    """Return the names of *personas*."""
    return [name for persona in personas for name in texts(persona, "name")]


def _dip_used(statement: Fields, name: str, upstream: Upstream) -> Iterator[Gap]:
    journey = upstream.get("journey-mapping", {})
    dips = [stage for stage in entries(journey, "stages") if stage.get("is_dip")]
    low = texts(journey, "dip_summary", "dip_rationale") + [
        text for stage in dips for text in texts(stage, "name", "action", "barriers", "goals")
    ]
    ground = " ".join(texts(statement, "given_that", "immediate_goal", "full_statement"))
    if low and ground and not any(grounding.grounded([ground], low)):
        yield Gap(
            "hmw_statements",
            f"{name} says nothing yet about the dip of your journey, {shown(low[:1])}. "
            "A good question starts from there.",
            code="reframed-dip",
            values={"question": texts(statement, "full_statement"), "dip": low[:1]},
        )


#: The criteria of each of these steps, by slug.
RULES: Mapping[str, Criteria] = {
    "challenge": challenge,
    "stakeholder-mapping": stakeholders,
    "reframe": reframe,
}
