"""
What changes a draft: one field typed by hand, or all that two servers changed at the same time.

Nothing here knows where a draft is kept; `lib.drafts` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.ids import new_id
from lib.merging import merge
from lib.shaping import is_blank
from lib.status import Phase
from lib.workshop import Aside, Draft, Fields

#: Writers whose newest edit a draft remembers: a team's tabs and replies of an afternoon.
MAX_WRITERS = 64

#: The phases in the order a step goes through them.
_ORDER = tuple(Phase)


@dataclass(frozen=True)
class Edit:
    """One field as somebody typed it."""

    field: str
    value: Any
    #: What the field held when its writer began.
    was: Any
    #: The tab it was typed in. Its edits carry growing revisions; one that is known is a repeat.
    writer: str
    revision: int
    #: The member's name.
    author: str
    #: The life of the step it was typed in.
    epoch: int
    #: What its writer has sent of this field before and does not know to be taken in.
    sent: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What became of an edit: the draft with it, or the draft it was set aside from."""

    draft: Draft
    #: Whether it was kept beside the draft: somebody else changed the same words, or the step was
    #: closed or reset.
    aside: bool = False


def aside_place(asides: Iterable[Aside], edit: Edit, known: Sequence[Any]) -> str:
    """
    Return the writer's name under which *edit* is set aside: that of what it was typed on from.

    *known* are the values its writer knew of. What they had typed before they took what the draft
    has, and began anew, is none of these, and stays beside it.
    """
    held = {
        each.writer: each.value
        for each in asides
        if each.field == edit.field and each.writer.split("/")[0] == edit.writer
    }
    for writer, value in held.items():
        if value in known:
            return writer
    return f"{edit.writer}/{new_id()}" if edit.writer in held else edit.writer


def with_field(fields: Fields, name: str, value: object) -> Fields:
    """Return *fields* with one of them set, or removed where *value* is blank."""
    others = {each: kept for each, kept in fields.items() if each != name}
    return others if is_blank(value) else fields | {name: value}


def merged(base: Fields, proposed: Fields, current: Fields) -> Fields:
    """
    Return *current* with what *proposed* changed since *base*, but for fields changed by hand since.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 9})
    {'a': 2, 'b': 9}
    """
    result = current
    for name in changed(base, proposed):
        if current.get(name) == base.get(name):
            result = with_field(result, name, proposed.get(name))
    return result


def changed(base: Fields, fields: Fields) -> list[str]:
    """Return the names of the fields that differ."""
    names = [*fields, *(name for name in base if name not in fields)]
    return [name for name in names if fields.get(name) != base.get(name)]


def furthest(*phases: Phase) -> Phase:
    """Return the phase a conversation has come to: it never goes back."""
    return max(phases, key=_ORDER.index)


def revised(
    draft: Draft, fields: Fields, phase: Phase, seen: Mapping[str, int] | None = None
) -> Draft:
    """Return *draft* one revision on, knowing what it was made from; itself where nothing is new."""
    known = draft.seen if seen is None else remembering(draft.seen, seen)
    if fields == draft.fields and phase is draft.phase and known == draft.seen:
        return draft
    base = draft if draft.base is None else draft.base
    return replace(
        draft, fields=fields, phase=phase, revision=draft.revision + 1, seen=known, base=base
    )


def remembering(seen: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    """Return the newest edit of each writer in either, of the last MAX_WRITERS to write."""
    news = {who: number for who, number in more.items() if seen.get(who, 0) < number}
    if not news:
        return seen
    together = {who: number for who, number in seen.items() if who not in news} | news
    return dict(list(together.items())[-MAX_WRITERS:])


def put_together(mine: Draft, theirs: Draft) -> tuple[Draft, list[str]]:
    """
    Return what *mine*, which was to be stored, and *theirs*, which is, come to together.

    With it come the names of the fields where both changed the same words: there theirs stays.
    Returns *theirs* where all of mine is in it.
    """
    assert mine.base is not None
    if _knows(theirs.seen, mine.seen):
        return theirs, []
    base, fields, clashes = mine.base.fields, theirs.fields, []
    for name in changed(base, mine.fields):
        both = merge(base.get(name), mine.fields.get(name), theirs.fields.get(name))
        fields = with_field(fields, name, both.value)
        if both.clash:
            clashes.append(name)
    together = Draft(
        fields,
        furthest(mine.phase, theirs.phase),
        max(mine.revision, theirs.revision) + 1,
        theirs.epoch,
        remembering(theirs.seen, mine.seen),
        theirs,
    )
    return together, clashes


def _knows(seen: Mapping[str, int], edits: Mapping[str, int]) -> bool:
    return all(seen.get(who, 0) >= number for who, number in edits.items())
