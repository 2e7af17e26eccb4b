"""
What a sensible guide makes of a message, as a condition on the draft before and after it.

`evaluation/README.md` lists the forms. A condition is checked on data; only `answered` looks at the reply.
"""

import re
from dataclasses import dataclass

from evaluation.words import folded, found_at, leaves, lost, says
from lib.workshop.records import Fields
from lib.workshop.status import Phase

#: Expectations that a message holds nothing for the draft.
QUIET = ("unchanged", "declined", "asked", "answered", "approved")
_KINDS = (*QUIET, "aside")
_COUNT = re.compile(r"counts ([\w.]+) (\d+)(?:-(\d+)|(\+))?\Z")
_ENTRY = re.compile(r"(not )?entry ([\w.]+): (.+)\Z")
_FIELD = re.compile(r"(?:(not)(?=[ :]) ?)?([\w.]+)?: (.+)\Z")
_PATH = re.compile(r"(replaces|same|fewer|more) ([\w.]+)\Z")


@dataclass(frozen=True)
class Expectation:
    """One line of a team file."""

    line: str
    kind: str
    #: Where in the draft, with dots; empty for anywhere.
    path: str = ""
    #: What must (not) stand there: each in an entry of its own.
    parts: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    is_negated: bool = False
    #: The guide must propose it, not do it.
    is_proposed: bool = False


@dataclass(frozen=True)
class Turn:
    """What can be known about one message and its reply."""

    said: str
    before: Fields
    after: Fields
    reply: str = ""
    last_reply: str = ""
    asked: str = ""
    last_asked: str = ""
    offers: int = 0
    phase: Phase = Phase.GATHER
    last_phase: Phase = Phase.GATHER
    #: Whether criteria are not met after it.
    is_missing: bool = True


def expectation(line: str) -> Expectation:
    """Return what *line* expects. Raises ValueError."""
    if line.startswith("proposed "):
        inner = expectation(line.removeprefix("proposed "))
        return Expectation(
            line,
            inner.kind,
            inner.path,
            inner.parts,
            inner.least,
            inner.most,
            inner.is_negated,
            True,
        )
    head, _, rest = line.partition(": ")
    if head in _KINDS:
        return Expectation(line, head, parts=tuple(rest.split("|")) if rest else ())
    if line == "not confirmed":
        return Expectation(line, "not confirmed")
    if found := _PATH.match(line):
        return Expectation(line, found[1], found[2])
    if found := _COUNT.match(line):
        least = int(found[2])
        most = int(found[3]) if found[3] else 10**6 if found[4] else least
        return Expectation(line, "counts", found[1], (), least, most)
    for kind, form in (("entry", _ENTRY), ("field", _FIELD)):
        if found := form.match(line):
            parts = tuple(part.strip() for part in found[3].split(" / "))
            return Expectation(line, kind, found[2] or "", parts, is_negated=bool(found[1]))
    raise ValueError(f"not an expectation: {line}")


def failed(expected: Expectation, turn: Turn) -> bool:
    """Whether *turn* is not what was *expected*."""
    return not _CHECKS[expected.kind](expected, turn)


# Checks


def _field(expected: Expectation, turn: Turn) -> bool:
    places = turn.after if not expected.path else list(found_at(turn.after, expected.path))
    texts = [text for text in leaves(places) if not isinstance(text, bool)]
    if expected.is_negated:
        return not any(says(part, text) for part in expected.parts for text in texts)
    return _each_its_own([[says(part, text) for text in texts] for part in expected.parts])


def _entry(expected: Expectation, turn: Turn) -> bool:
    entries = [each for each in found_at(turn.after, expected.path) if isinstance(each, dict)]
    hits = [[_is_entry(part, entry) for entry in entries] for part in expected.parts]
    if expected.is_negated:
        return not any(any(row) for row in hits)
    return _each_its_own(hits)


def _is_entry(part: str, entry: Fields) -> bool:
    return all(_has(condition.strip(), entry) for condition in part.split(", "))


def _has(condition: str, entry: Fields) -> bool:
    name, is_named, words = condition.partition("=")
    if is_named:
        return any(says(words, each) for each in leaves(list(found_at(entry, name))))
    return any(says(condition, each) for each in leaves(entry) if not isinstance(each, bool))


def _each_its_own(hits: list[list[bool]]) -> bool:
    """Whether every row can have a hit in a column that no other row uses."""
    owner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, hit in enumerate(hits[row]):
            if hit and column not in tried:
                tried.add(column)
                if column not in owner or place(owner[column], tried):
                    owner[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(hits)))


def _counts(expected: Expectation, turn: Turn) -> bool:
    return expected.least <= len(list(found_at(turn.after, expected.path))) <= expected.most


def _fewer(expected: Expectation, turn: Turn) -> bool:
    return _gained(expected, turn) == -1


def _more(expected: Expectation, turn: Turn) -> bool:
    return _gained(expected, turn) == 1


def _gained(expected: Expectation, turn: Turn) -> int:
    before, after = (list(found_at(each, expected.path)) for each in (turn.before, turn.after))
    return len(after) - len(before)


def _unchanged(_: Expectation, turn: Turn) -> bool:
    return turn.before == turn.after


def _same(expected: Expectation, turn: Turn) -> bool:
    before, after = (
        sorted(folded(each) for each in leaves(list(found_at(draft, expected.path))))
        for draft in (turn.before, turn.after)
    )
    return before == after


def is_stored(turn: Turn) -> bool:
    """Whether a text that came into the draft is the message, or a part of it."""
    said = f" {folded(turn.said)} "
    old = {folded(each) for each in leaves(turn.before)}
    new = {folded(each) for each in leaves(turn.after) if isinstance(each, str)} - old
    return any(
        f" {each} " in said or (len(said.split()) > 2 and said in f" {each} ")
        for each in new
        if each
    )


def _declined(_: Expectation, turn: Turn) -> bool:
    return not is_stored(turn) and not lost(turn.before, turn.after)


def _approved(expected: Expectation, turn: Turn) -> bool:
    return _declined(expected, turn) and (turn.is_missing or turn.phase is Phase.COMPLETE)


def _aside(_: Expectation, turn: Turn) -> bool:
    return not lost(turn.before, turn.after)


def _asked(_: Expectation, turn: Turn) -> bool:
    asks_again = bool(turn.asked) and turn.asked == turn.last_asked
    return turn.before == turn.after and (turn.offers > 0 or asks_again or "?" in turn.reply)


def _answered(expected: Expectation, turn: Turn) -> bool:
    words = f" {folded(turn.reply)} "
    named = not expected.parts or any(folded(each) in words for each in expected.parts)
    stays = not turn.asked or turn.asked == turn.last_asked
    return turn.before == turn.after and turn.reply != turn.last_reply and named and stays


def _not_confirmed(_: Expectation, turn: Turn) -> bool:
    return turn.phase is not Phase.COMPLETE or turn.phase is turn.last_phase


def _always(_: Expectation, __: Turn) -> bool:
    return True


_CHECKS = {
    "field": _field,
    "entry": _entry,
    "counts": _counts,
    "fewer": _fewer,
    "more": _more,
    "same": _same,
    "unchanged": _unchanged,
    "declined": _declined,
    "approved": _approved,
    "asked": _asked,
    "answered": _answered,
    "aside": _aside,
    "not confirmed": _not_confirmed,
    "replaces": _always,
}
