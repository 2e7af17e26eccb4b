"""
What an artifact and the conversation it came from are worth, by rules that need no judge.

A quote or a number is traced where it stands, to the letter, in what the team said in this step or in
an artifact this step was given; what an artifact quotes of itself may be a text of its own. What the guide said itself counts for nothing, but for interviews it
played: they are marked as synthetic.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluation.walk import Walked
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.criteria.framing import names_a_solution
from lib.workshop.artifacts.criteria.matching import folded_whole, leaves
from lib.workshop.artifacts.normalise import ArtifactRefused, parsed
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Role

#: Words of a reply, at most; and of one while the guide gathers.
WORDS, GATHERING_WORDS = 150, 100

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r"“([^”]{3,})”|\"([^\"]{3,})\"|„([^“]{3,})“|«([^»]{3,})»")

#: What a guide says that has not understood who confirms.
_CLAIMS = re.compile(
    r"\bI(?:['’]ve| have|['’]ll| will)? (?:now )?(?:mark|confirm|complet|reset|skip)(?:ed|e)? "
    r"(?:it|this|the step|that)\b|\bthis step is (?:now )?(?:confirmed|complete)\b",
    re.IGNORECASE,
)
_FORM = re.compile(r"^\s*#{1,6} |!\[|^\s*\|.*\|\s*$|</?[a-z][a-z0-9]*>", re.MULTILINE)
_JUDGING = re.compile(
    r"\b(?:unrealistic|not (?:feasible|realistic|practical)|impractical|too expensive|bad idea"
    r"|best idea|won['’]t work)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Score:
    """One step, scored. Everything that is wrong is a sentence."""

    step: str
    #: What the artifact's model refuses.
    invalid: tuple[str, ...]
    #: What stands between the draft and its confirmation.
    missing: tuple[str, ...]
    #: How many quotes and numbers there are, and those that come from nowhere.
    claims: int
    untraced: tuple[str, ...]
    #: What the step must not do, and was done.
    boundaries: tuple[str, ...]
    replies: int
    #: Replies with too many words, and with none or more than one question.
    long: tuple[str, ...]
    questions: tuple[str, ...]
    failures: tuple[str, ...]
    seconds: float

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong."""
        told = {
            "not valid": self.invalid,
            "missing": self.missing,
            "from nowhere": self.untraced,
            "over the line": self.boundaries,
            "too long": self.long,
            "not one question": self.questions,
            "failed": self.failures,
        }
        return [f"{kind}: {each}" for kind, found in told.items() for each in found]


def score(walked: Walked) -> Score:
    """Score one step."""
    claims = list(_claims(walked.draft))
    return Score(
        walked.step,
        tuple(_invalid(walked)),
        tuple(criteria.missing(walked.step, walked.draft, walked.upstream)),
        len(claims),
        tuple(_untraced(walked, claims)),
        tuple(_boundaries(walked)),
        len(walked.said(Role.ASSISTANT)),
        tuple(_long(walked)),
        tuple(_questions(walked)),
        tuple(walked.failures),
        walked.seconds,
    )


def _invalid(walked: Walked) -> list[str]:
    try:
        parsed(walked.step, walked.draft)
    except ArtifactRefused as exc:
        return exc.problems
    return []


# Traced to evidence


def _claims(draft: Fields) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield each quote and number of an artifact with its path: what must come from somewhere."""
    for path, text in leaves(draft):
        if path[-1] == "quote":
            yield path, text
        else:
            for groups in _QUOTED.findall(text):
                yield path, "".join(groups)
        for number in _NUMBER.findall(text):
            yield path, number
    for path, age in _ages(draft):
        yield path, str(age)


def _ages(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Yield the ages: the only numbers in fields of their own that are no ratings."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in items:
        if name == "age" and isinstance(each, int):
            yield (*path, name), each
        elif isinstance(each, dict | list):
            yield from _ages(each, (*path, name))


def _untraced(walked: Walked, claims: list[tuple[tuple[Any, ...], str]]) -> Iterator[str]:
    told = [*walked.said(Role.USER), walked.challenge, walked.team]
    told += [str(text) for _, text in leaves(dict(walked.upstream))]
    told += [str(age) for _, age in _ages(dict(walked.upstream))]
    known = " | ".join(f" {folded_whole(text)} " for text in told)
    played = " | ".join(f" {folded_whole(text)} " for text in walked.said(Role.ASSISTANT))
    for path, claim in claims:
        wanted = f" {folded_whole(claim)} "
        if not wanted.strip() or wanted in known:
            continue
        if _is_played(walked.draft, path) and wanted in played:
            continue
        if _quotes_itself(walked.draft, path, claim):
            continue
        yield f"{' › '.join(map(str, path))}: {claim[:80]}"


def _quotes_itself(draft: Fields, path: tuple[Any, ...], claim: str) -> bool:
    """Whether a text in quotation marks is what another field says, as a whole."""
    if path[-1] == "quote" or _NUMBER.fullmatch(claim):
        return False
    return any(
        folded_whole(text) == folded_whole(claim) for at, text in leaves(draft) if at != path
    )


def _is_played(draft: Fields, path: tuple[Any, ...]) -> bool:
    entry: Any = draft
    for part in path[:-1]:
        entry = entry[part]
    return isinstance(entry, dict) and is_synthetic(str(entry.get("source") or ""))


# Boundaries


def _boundaries(walked: Walked) -> Iterator[str]:
    for text in walked.said(Role.ASSISTANT):
        if found := _CLAIMS.search(text):
            yield f"claims to have decided: “{found.group()}”"
        if found := _FORM.search(text):
            yield f"a heading, table, picture or HTML: “{found.group().strip()[:40]}”"
    if walked.step == "challenge":
        yield from _solutions(walked)
    if walked.step == "ideation":
        yield from _judged(walked)
    if walked.step == "validate":
        yield from _overconfident(walked)


def _solutions(walked: Walked) -> Iterator[str]:
    for path, text in leaves(walked.draft):
        if path[0] != "problem_statement" and names_a_solution(text):
            yield f"a solution in {path[0]}: “{text[:60]}”"


def _judged(walked: Walked) -> Iterator[str]:
    said = zip(walked.said(Role.ASSISTANT), walked.phases, strict=True)
    for text, phase in said:
        if phase in (Phase.ORIENT, Phase.GATHER) and (found := _JUDGING.search(text)):
            yield f"judges while ideas are collected: “{found.group()}”"


def _overconfident(walked: Walked) -> Iterator[str]:
    insights = walked.upstream.get("user-research", {}).get("insights") or []
    played = [is_synthetic(str(each.get("source") or "")) for each in insights]
    confidence = walked.draft.get("confidence") or {}
    if played and all(played) and confidence.get("research_quality") != "thin":
        yield "all interviews were synthetic, and the research is not called thin"


# How the guide writes


def _long(walked: Walked) -> Iterator[str]:
    said = walked.said(Role.ASSISTANT)
    for number, (text, phase) in enumerate(zip(said, walked.phases, strict=True), start=1):
        most = GATHERING_WORDS if phase is Phase.GATHER else WORDS
        if len(text.split()) > most:
            yield f"reply {number} has {len(text.split())} words; {most} while it is at {phase}"


def _questions(walked: Walked) -> Iterator[str]:
    said = walked.said(Role.ASSISTANT)
    for number, (text, phase) in enumerate(zip(said, walked.phases, strict=True), start=1):
        # What is quoted was asked by somebody else.
        asked = _QUOTED.sub("", text).count("?")
        if asked != (phase is not Phase.COMPLETE):
            yield f"reply {number} asks {asked} questions at {phase}"
