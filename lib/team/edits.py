"""
Pure functions that change a draft: edits by hand, and the merge of two servers' changes.

`lib.team.drafts` reads and stores the drafts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.team.merge import Merged, merge
from lib.workshop.fields import changed, with_field
from lib.workshop.ids import new_id
from lib.workshop.records import Aside, Draft, Fields
from lib.workshop.rights import TeamPermit
from lib.workshop.status import Phase

#: Writers whose newest edit a draft remembers: one for each field somebody types into after opening
#: the page, and one a reply, of an afternoon. 46 bytes each.
MAX_WRITERS = 128

#: Changes of a field that are remembered one by one until the draft is stored.
MAX_CHANGES = 16

#: The phases in the order a step goes through them.
_ORDER = tuple(Phase)


@dataclass(frozen=True)
class Edit:
    """One field as somebody typed it."""

    field: str
    value: Any
    #: The field's value when its writer began.
    was: Any
    #: The field of a form it was typed in. Its edits carry growing revisions; a known one is a repeat.
    writer: str
    revision: int
    #: The member's name.
    author: str
    #: The epoch of the step it was typed in.
    epoch: int
    #: Values its writer sent before and has no acknowledgement for.
    sent: tuple[Any, ...] = ()
    #: The writer and the revision of each of these, if the browser sent them.
    sent_as: tuple[tuple[str, int], ...] = ()
    #: The permit it was typed under, where the database could not say whether that still stands.
    unchecked: TeamPermit | None = None

    def base(self, seen: Mapping[str, int], otherwise: Any) -> Any:
        """Return the newest value its writer sent that is among *seen*, or *otherwise*."""
        pairs = zip(self.sent, self.sent_as, strict=False)
        known = [value for value, (writer, number) in pairs if seen.get(writer, 0) >= number]
        return known[-1] if known else otherwise


@dataclass(frozen=True)
class EditResult:
    """The result of an edit: the draft, and whether the edit became a conflict."""

    draft: Draft
    #: Whether it was kept beside the draft: somebody else changed the same words, or the step was
    #: closed or reset.
    aside: bool = False
    #: The newest revision that is known of its writer, where that is a later one: then it is either
    #: long taken in, or was given a number that is too low. 0 otherwise.
    behind: int = 0


@dataclass(frozen=True)
class Change:
    """What an edit or a reply has made of one field of a draft that is not stored yet."""

    field: str
    before: Any
    after: Any
    #: Whose it is, as the draft's `seen` has it.
    writer: str
    revision: int
    #: The draft it belongs to: its epoch and revision.
    at: tuple[int, int]
    #: The edit by hand; None for what the guide proposes or an undo gives back.
    edit: Edit | None = None

    def is_in(self, seen: Mapping[str, int]) -> bool:
        """Whether a draft that has *seen* these edits has this one."""
        return seen.get(self.writer, 0) >= self.revision

    def merged(self, seen: Mapping[str, int], theirs: Any) -> Merged:
        """Return *theirs*, of a draft that has *seen* these edits, with this change."""
        # What the server held may lack what the writer saw elsewhere: that was not taken out here.
        if self.edit and self.writer:
            base = self.edit.base(seen, self)
            if base is not self:
                return merge(base, self.edit.value, theirs)
        return merge(self.before, self.after, theirs)


def conflict_key(asides: Iterable[Aside], edit: Edit, known: Sequence[Any]) -> str:
    """
    Return the key of the conflict that *edit* continues, or a new key.

    *known* are the values its writer knew. A conflict with another value is older: the writer took
    the draft's value since. It stays, and the edit gets a key of its own.
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


def furthest(*phases: Phase) -> Phase:
    """Return the latest of *phases*: a conversation never goes back."""
    return max(phases, key=_ORDER.index)


def revised(
    draft: Draft,
    fields: Fields,
    phase: Phase,
    seen: Mapping[str, int] | None = None,
    by: str = "",
) -> Draft:
    """Return the next revision of *draft*, with its base; *draft* itself if nothing changed."""
    known = draft.seen if seen is None else remembering(draft.seen, seen)
    if fields == draft.fields and phase is draft.phase and known == draft.seen:
        return draft
    base = draft if draft.base is None else draft.base
    revision = draft.revision + 1
    return Draft(fields, phase, revision, draft.epoch, known, base, by or draft.by)


def remembering(seen: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    """Return the newest edit of each writer in either, of the last MAX_WRITERS to write."""
    news = {who: number for who, number in more.items() if seen.get(who, 0) < number}
    if not news:
        return seen
    together = {who: number for who, number in seen.items() if who not in news} | news
    return dict(list(together.items())[-MAX_WRITERS:])


def changes_between(current: Draft, draft: Draft, edit: Edit | None) -> list[Change]:
    """Return the changes from one draft to the next; *edit* is the edit that made them, if any."""
    news = [(who, n) for who, n in draft.seen.items() if current.seen.get(who, 0) < n]
    writer, number = news[-1] if news else ("", 1)
    at = draft.epoch, draft.revision
    return [
        Change(name, current.fields.get(name), draft.fields.get(name), writer, number, at, edit)
        for name in changed(current.fields, draft.fields)
    ]


def shortened(changes: Sequence[Change]) -> list[Change]:
    """
    Return the changes of one field as MAX_CHANGES at most: runs of one writer first become one each.

    What is put together from several writers is nobody's: no draft is taken to have it already.
    """
    if len(changes) <= MAX_CHANGES:
        return list(changes)
    runs: list[Change] = []
    for change in changes:
        if runs and runs[-1].writer == change.writer:
            change = replace(change, before=runs.pop().before)  # noqa: PLW2901
        runs.append(change)
    if len(runs) > MAX_CHANGES:
        *_, last = older = runs[: -MAX_CHANGES // 2]
        hands = [each.edit for each in older if each.edit]
        edit = hands[-1] if hands else None
        nobody = replace(last, before=older[0].before, writer="", revision=1, edit=edit)
        runs = [nobody, *runs[-MAX_CHANGES // 2 :]]
    return runs


def rebased(
    mine: Draft, theirs: Draft, changes: Iterable[Change]
) -> tuple[Draft, dict[str, Change]]:
    """
    Return *theirs*, which is stored, with those of the *changes* in *mine* that it does not have.

    With it come, by field, the changes by hand that did not get in, because theirs has changed the
    same words. Returns *theirs* itself where it has all of mine. An edit that a disconnected server
    still holds, and that reached another one meanwhile, is in theirs already, whatever was made of
    it there since.
    """
    if all(theirs.seen.get(who, 0) >= number for who, number in mine.seen.items()):
        return theirs, {}
    fields, clashes = theirs.fields, {}
    for change in (each for each in changes if not each.is_in(theirs.seen)):
        both = change.merged(theirs.seen, fields.get(change.field))
        fields = with_field(fields, change.field, both.value)
        if both.clash and change.edit:
            clashes[change.field] = change
    together = Draft(
        fields,
        furthest(mine.phase, theirs.phase),
        max(mine.revision, theirs.revision) + 1,
        theirs.epoch,
        remembering(theirs.seen, mine.seen),
        theirs,
        mine.by,
    )
    return together, clashes
