"""Side talk: lines that hold nothing for any draft, said at every kind of moment."""

from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from evaluation.results import Result
from evaluation.walk import Walked
from evaluation.words import folded, lost
from lib.guide.port import Guide
from lib.workshop.records import Fields
from lib.workshop.transcript import Role

_FOLDER = Path(__file__).parent / "side_talk"


@dataclass(frozen=True)
class Stored:
    """A line that changed the draft, though nobody said anything about it."""

    language: str
    step: str
    line: str


def lines(language: str) -> list[str]:
    """Return a hundred lines of side talk."""
    return (_FOLDER / f"{language}.txt").read_text("utf-8").splitlines()


def stored(guide: Guide, language: str, results: list[Result]) -> list[Stored] | None:
    """Say each line once, at moments of conversations that *results* hold; None if there are none."""
    points = _points([each for each in results if each.team.speaks == language])
    if not points:
        return None
    found = []
    for place, line in enumerate(lines(language)):
        point = points[place % len(points)]
        if _changes(guide, point, line):
            found.append(Stored(language, point.step, line))
    return found


def _points(results: list[Result]) -> list[Walked]:
    """Return moments of all steps in turn: the first of each, then the second of each, and so on."""
    rounds = zip_longest(*(each.points for each in results))
    return list(islice((point for each in rounds for point in each if point), 1000))


def _changes(guide: Guide, point: Walked, line: str) -> bool:
    before = point.draft
    moment = Walked(
        point.step,
        point.upstream,
        point.challenge,
        point.team,
        point.language,
        before,
        point.phase,
        list(point.transcript),
    )
    moment.note(Role.USER, line)
    moment.take(guide)
    return _is_content(line, before, moment.draft)


def _is_content(line: str, before: Fields, after: Fields) -> bool:
    """Whether a text that is new holds the line or is a part of it, or one that stood is gone."""
    words = f" {folded(line)} "
    new = [f" {folded(text)} " for text in lost(after, before)]
    return bool(lost(before, after)) or any(
        words.strip() and (words in text or text in words) for text in new
    )
