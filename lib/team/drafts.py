"""
The drafts of steps in progress: the one place where they change, by hand or by the guide.

Two people, the guide and another server may change a draft at once. An edit carries what its writer
last knew, so that others' changes stay (three-way merge). If two people changed the same words, the
first edit stays in the draft and the second is kept as a conflict. If guide and hand changed the same
field, the hand wins.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TypeVar

from lib.autosave.autosave import Autosave, QueueFull
from lib.autosave.unsaved import Unsaved
from lib.store.errors import Conflict, StoreUnavailable, Unstorable
from lib.store.port import Store
from lib.team.edits import (
    Change,
    Edit,
    EditResult,
    changes_between,
    conflict_key,
    furthest,
    merged,
    rebased,
    revised,
    shortened,
)
from lib.team.merge import merge
from lib.workshop.artifacts.lines import between
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised, shaped
from lib.workshop.bounded import Bounded, Locks
from lib.workshop.choices import reverted
from lib.workshop.draft_history import MAX_KEPT
from lib.workshop.fields import changed, with_field
from lib.workshop.ids import new_id
from lib.workshop.read_back import ReadBack
from lib.workshop.records import Aside, Draft, EarlierDraft, Fields, StepKey, TeamKey
from lib.workshop.rights import Need, closed_because, refusal
from lib.workshop.status import Phase, Status
from lib.workshop.steps import SLUGS
from lib.workshop.transcript import ATTEMPT, Message
from lib.workshop.understood import true_of
from lib.workshop.updates import LastWord, Outcome, Update

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Bytes of each cache of drafts: some thousand steps.
KNOWN = 32_000_000

#: Tries of a write if other servers keep being faster.
TRIES = 5


class Drafts:
    """Reads and changes drafts, including unsaved ones; changes of one step run one after the other."""

    def __init__(self, store: Store, autosave: Autosave) -> None:
        self._store = store
        self._autosave = autosave
        self._known: Bounded[StepKey, Draft] = Bounded(KNOWN)
        # The draft handed out to the last save, and the draft that was stored for it.
        self._saved: Bounded[StepKey, tuple[Draft, Draft]] = Bounded(KNOWN)
        # Unsaved changes by field, oldest first.
        self._changes: dict[StepKey, dict[str, list[Change]]] = {}
        # One a step: a slow database under one team's edit keeps no other team waiting. Autosave
        # saves outside it, and `save` takes it for a moment.
        self._locks: Locks[StepKey, threading.Lock] = Locks(threading.Lock)
        self._writer = new_id()
        self._numbers = itertools.count(1)

    # Reading

    def current(self, key: StepKey) -> Draft:
        """
        Return the newest draft: the unsaved one, else the stored one.

        While the database is away, returns the last known draft; raises StoreUnavailable if there is
        none.
        """
        draft = self._autosave.pending(key).draft
        if draft is not None and draft == self._saved.get(key, (None, draft))[0]:
            # Its save has just returned: the stored draft may hold another server's changes too.
            draft = self._saved.get(key, (draft, draft))[1]
        if draft is None:
            try:
                draft = self._store.draft(key)
            except StoreUnavailable:
                known: Draft | None = self._known.get(key)
                if known is None:
                    raise
                return known
        return self._remember(key, draft)

    def stored(self, key: StepKey) -> Draft:
        """Flush the draft, then return the stored one. Raises StoreError."""
        self._autosave.flush(key)
        if self._autosave.pending(key).draft is not None:
            raise StoreUnavailable("The latest changes could not be saved yet.")
        return self._store.draft(key)

    # Changing

    def edit(self, key: StepKey, name: str, value: object, by: str = "") -> Draft:
        """Set one field, without a merge. Raises StoreError."""
        with self._changing(key):
            current = self.current(key)
            fields = with_field(current.fields, name, value)
            if fields == current.fields:
                return current
            number, held = next(self._numbers), current.fields.get(name)
            edit = Edit(name, value, held, self._writer, number, by, current.epoch)
            draft = revised(current, fields, current.phase, {self._writer: number}, by)
            return self._note(key, current, draft, edit=edit)

    def apply_edit(self, key: StepKey, edit: Edit, *, closed: bool = False) -> EditResult:
        """
        Apply an edit of one field; a repeated edit changes nothing.

        The edit becomes a conflict if somebody else changed the same words, if the step was closed or
        reset meanwhile, or if *closed* is set. Raises StoreError, and then the edit must be repeated;
        KeyError for an unknown field.
        """
        with self._changing(key):
            current = self.current(key)
            if (known := current.seen.get(edit.writer, 0)) >= edit.revision:
                return EditResult(current, behind=known if known > edit.revision else 0)
            edit = _in_shape(key.step, edit)
            value, held = edit.value, current.fields.get(edit.field)
            if closed or edit.epoch != current.epoch or self._is_closed(key):
                if value not in (held, edit.was):
                    self._keep_conflict(key, edit, value)
                return EditResult(current, aside=value not in (held, edit.was))
            # What its writer sent before is nobody else's change, whether they know that it came.
            base = edit.base(current.seen, held if held in edit.sent else edit.was)
            both = merge(base, value, held)
            if both.clash:
                self._keep_conflict(key, edit, value)
            fields = with_field(current.fields, edit.field, both.value)
            mark = {edit.writer: edit.revision}
            draft = revised(current, fields, current.phase, mark, edit.author)
            return EditResult(self._note(key, current, draft, edit=edit), both.clash)

    def use_conflict(self, key: StepKey, aside: Aside) -> None:
        """
        Put a conflict's value into the draft; the value it replaces becomes a conflict.

        One transaction: if two servers use the same conflict, the second changes nothing. Raises
        StoreError, and then nothing has changed.
        """

        def attempt(stored: Draft) -> None:
            if self._is_closed(key):
                raise Conflict("This step is complete, so its draft cannot be changed.")
            fields = with_field(stored.fields, aside.field, aside.value)
            held = stored.fields.get(aside.field)
            replaced = Aside(aside.field, new_id(), "", held, 1, stored.epoch)
            mark = self.mark()
            draft = revised(stored, fields, stored.phase, mark)
            is_kept = held not in (None, aside.value)
            self._store.use_aside(key, aside, draft, replaced if is_kept else None)

        self.on_stored(key, attempt)

    def on_stored(self, key: StepKey, attempt: Callable[[Draft], T]) -> T:
        """Run *attempt* on the stored draft, after saving what is unsaved; retry on Conflict."""
        for _ in range(TRIES - 1):
            with suppress(Conflict):
                return attempt(self.stored(key))
        return attempt(self.stored(key))

    def restore_earlier(self, key: StepKey, earlier: EarlierDraft, by: str) -> None:
        """
        Restore every field of an earlier draft; the draft it replaces is kept as an earlier one.

        Raises StoreError, and then nothing has changed.
        """
        names = MODELS[key.step].model_fields

        def attempt(stored: Draft) -> None:
            if self._is_closed(key):
                raise Conflict("This step is complete. Revise it first.")
            # Read it again: it may have been redacted since the page showed it.
            held = self._earlier(key, earlier).fields
            fields = {name: value for name, value in held.items() if name in names}
            mark = self.mark()
            if fields != stored.fields:
                draft = revised(stored, fields, stored.phase, mark, by)
                self._store.replace_draft(key, draft)

        self.on_stored(key, attempt)

    def _earlier(self, key: StepKey, shown: EarlierDraft) -> EarlierDraft:
        """Return an earlier draft as it is stored. Raises Conflict if it is no longer kept."""
        for each in self._store.earlier_drafts(key, MAX_KEPT):
            if (each.epoch, each.revision) == (shown.epoch, shown.revision):
                return each
        raise Conflict("This earlier draft is no longer kept. Choose another one.")

    def discard_conflict(self, key: StepKey, aside: Aside) -> None:
        """Delete a conflict unless it has changed since. Raises StoreError."""
        self._store.drop_aside(key, aside.field, aside.writer, aside.revision)

    def note_reply(
        self,
        key: StepKey,
        message: Message,
        base: Draft,
        proposed: Fields,
        phase: Phase,
        *,
        claimed: ReadBack | None = None,
        questions: Sequence[Message] = (),
    ) -> None:
        """
        Note a complete reply with its proposal, to be stored in one transaction.

        *base* is the draft the guide was given, *claimed* what it says it took, from *questions*. If
        the reply was stopped or taken over meanwhile, its proposal is dropped. Raises
        StoreUnavailable if autosave is full.
        """
        word = LastWord.of(message, base, proposed, phase)
        word = replace(word, claimed=claimed or ReadBack(), questions=tuple(questions))
        try:
            self._autosave.note(key, [word])
        except QueueFull as exc:
            raise StoreUnavailable(str(exc)) from exc
        self._autosave.poll(key)

    def rewrite(self, key: StepKey, reply: str) -> Message | None:
        """
        Archive the last reply of a step for a rewrite, and undo its changes of the draft.

        Returns the message, leased to the caller, or None: see `Store.discard`. Raises StoreError.
        """

        def attempt(stored: Draft) -> Message | None:
            update = self._store.update_of(key, reply)
            if update is None:
                return self._store.discard(key, reply)
            fields, phase = self._without(key, update, stored), update.phase_without(stored)
            is_same = fields == stored.fields and phase is stored.phase
            draft = None if is_same else revised(stored, fields, phase, self.mark())
            return self._store.discard(key, reply, draft)

        return self.on_stored(key, attempt)

    def _without(self, key: StepKey, update: Update, stored: Draft) -> Fields:
        """Return the stored fields without what a reply took, unless the step was reopened since."""
        if update.after.epoch != stored.epoch:
            return stored.fields
        lines = between(key.step, update.before.fields, update.after.fields)
        choices = self._store.choices(key, [update.reply])
        return reverted(stored.fields, ReadBack(lines), choices)[0]

    @contextmanager
    def _changing(self, key: StepKey) -> Iterator[None]:
        """Hold the step's lock for a change; save the change after releasing it if it is due."""
        with self._locks[key]:
            yield
        self._autosave.poll(key)

    def mark(self) -> Mapping[str, int]:
        """Return what makes the next draft of this process known as one edit."""
        return {self._writer: next(self._numbers)}

    def flush(self, team: TeamKey) -> None:
        """Flush all steps of the team, before a decision on them."""
        for slug in SLUGS:
            self._autosave.flush(StepKey(*team, slug))

    def _is_closed(self, key: StepKey) -> bool:
        """Whether the step is complete; False while the database is away."""
        try:
            return self._store.steps(key.team)[key.step].status is Status.COMPLETE
        except StoreUnavailable:
            return False

    def _keep_conflict(self, key: StepKey, edit: Edit, value: object) -> None:
        """Keep *value* as a conflict; it replaces the one its writer continued."""
        known = [value, edit.was, *edit.sent]
        place = conflict_key(self._store.asides(key), edit, known)
        aside = Aside(edit.field, place, edit.author, value, edit.revision, edit.epoch)
        self._store.set_aside(key, aside)

    def _note(
        self,
        key: StepKey,
        current: Draft,
        draft: Draft,
        messages: Sequence[Message] = (),
        edit: Edit | None = None,
    ) -> Draft:
        is_changed = draft is not current
        if is_changed or messages:
            before = self._changes.get(key, {})
            # Record the changes first: the sweeper may save the draft as soon as it is noted.
            self._changes[key] = _with(before, changes_between(current, draft, edit))
            try:
                self._autosave.note(key, messages, draft if is_changed else None)
            except QueueFull as exc:
                self._changes[key] = before
                raise StoreUnavailable(str(exc)) from exc
        return self._remember(key, draft)

    def _remember(self, key: StepKey, draft: Draft) -> Draft:
        """Cache *draft* for outages, unless a newer one is known; return it."""
        # A slow reader may bring a draft from before the last edit. A draft made from that would
        # reuse a stored revision and be ignored.
        known = self._known.get(key)
        if known is None or (draft.epoch, draft.revision) > (known.epoch, known.revision):
            self._known[key] = draft
        return draft

    # Saving

    def save(self, key: StepKey, unsaved: Unsaved) -> None:
        """
        Store what autosave hands out, merged with what another server has stored meanwhile.

        Raises StoreError, and then everything is still unsaved.
        """
        messages = unsaved.messages.values()
        last_words = [each for each in messages if isinstance(each, LastWord)]
        others = [each for each in messages if not isinstance(each, LastWord)]
        stored, refused = None, None
        try:
            stored = self._save(key, others, unsaved.draft)
        except Unstorable as exc:
            # The replies are stored even if this is refused.
            refused = exc
        for word in last_words:
            stored = self._finish(key, word) or stored
        if refused is not None:
            raise refused
        if unsaved.draft is not None and stored is not None:
            self._was_saved(key, unsaved.draft, stored)

    def _save(self, key: StepKey, messages: Sequence[Message], draft: Draft | None) -> Draft | None:
        """Store messages and a draft; return the draft as it was stored."""
        given, theirs = draft, None
        if draft is not None and self._take_out_refused(key):
            theirs = self._store.draft(key)
            draft = self._with_theirs(key, draft, theirs) if self._changes[key] else theirs
        for _ in range(TRIES):
            try:
                self._store.save(key, messages, None if draft is theirs else draft)
            except Conflict:
                assert given is not None
                theirs = self._store.draft(key)
                draft = self._with_theirs(key, given, theirs)
            else:
                return draft
        raise StoreUnavailable("Other servers keep changing the same draft.")

    def _take_out_refused(self, key: StepKey) -> bool:
        """
        Take out what was typed while the database was away and is refused now; return if any was.

        It is dropped if its link was replaced meanwhile or its workshop archived, and kept as a conflict
        if its step is held. Raises StoreError.
        """
        unchecked = {each.edit.unchecked for each in self._all_changes(key) if each.edit}
        # Without facts the workshop was erased: the save itself says so.
        facts = {each: self._store.facts(each) for each in unchecked if each is not None}
        known = {each: found for each, found in facts.items() if found is not None}
        refused = {each for each, found in known.items() if refusal(each, found)}
        held = {
            each
            for each, found in known.items()
            if each not in refused and closed_because(found, each.step, (Need.NOT_HELD,))
        }
        if not refused | held:
            return False
        log.warning("What was typed in %s while the database was away is refused.", key.step)
        with self._locks[key]:
            changes = self._all_changes(key)
            late = {(each.field, each.writer): each.edit for each in changes if each.edit}
            for edit in late.values():
                if edit.unchecked in held:
                    self._keep_conflict(key, edit, edit.value)
            kept = [
                each
                for each in changes
                if each.edit is None or each.edit.unchecked not in refused | held
            ]
            self._changes[key] = _with({}, kept)
        return True

    def _finish(self, key: StepKey, word: LastWord) -> Draft | None:
        """
        Store a complete reply with the effect of its proposal; return the draft if it changed.

        If the team confirmed or reset the step meanwhile, the draft stays as it is.
        """
        for _ in range(TRIES):
            # Edits here wait meanwhile, so that they do not conflict with the guide.
            with self._locks[key]:
                outcome = self._outcome(key, word, self._store.draft(key))
                try:
                    was_stored = self._store.finish(key, word.alone(), outcome)
                except Conflict:
                    continue
                if not was_stored or outcome.draft is None:
                    return None
                return self._remember(key, outcome.draft.stored())
        raise StoreUnavailable("Other servers keep changing the same draft.")

    def _outcome(self, key: StepKey, word: LastWord, stored: Draft) -> Outcome:
        """Return the effect of a reply on the stored draft."""
        # What is beside the draft, or came too late, was not taken.
        silent = replace(word.claimed, taken=(), offers=())
        if word.anew:
            return Outcome(asides=_beside(key, word, stored), read_back=silent)
        # Each attempt at a reply has a proposal of its own.
        mark = {word.id: word.revision // ATTEMPT + 1}
        is_repeat = stored.seen.get(word.id, 0) >= mark[word.id]
        if is_repeat or stored.epoch != word.base.epoch or self._is_closed(key):
            return Outcome(read_back=silent)
        unsaved = self._autosave.pending(key).draft or stored
        typed = changed(word.base.fields, unsaved.fields)
        proposed = _tidied(key.step, word.base.fields, word.proposed)
        for name in typed:
            proposed = with_field(proposed, name, word.base.fields.get(name))
        fields = merged(word.base.fields, proposed, stored.fields)
        reached = furthest(stored.phase, word.phase)
        read_back = _true(key.step, word, stored.fields, fields)
        if fields == stored.fields and reached is stored.phase:
            return Outcome(read_back=read_back)
        draft = revised(stored, fields, reached, mark, word.author)
        return Outcome(draft, Update.between(word.id, stored, draft), read_back=read_back)

    def _with_theirs(self, key: StepKey, mine: Draft, theirs: Draft) -> Draft:
        """Return the draft to store on top of *theirs*; *theirs* itself if there is nothing to add."""
        with self._locks[key]:
            changes = [each for each in self._all_changes(key) if each.at <= _at(mine)]
        if mine.base is not None and theirs.epoch != mine.base.epoch:
            late = {each.field: each for each in changes if each.edit}
            for each in late.values():
                if not each.is_in(theirs.seen) and _differ(each.field, mine, theirs):
                    self._keep_late_conflict(key, each, mine.fields.get(each.field))
            return theirs
        return self._rebased(key, mine, theirs, changes)

    def _rebased(
        self, key: StepKey, mine: Draft, theirs: Draft, changes: Sequence[Change]
    ) -> Draft:
        """Return *theirs* with the changes of *mine*; keep contested edits as conflicts."""
        draft, clashes = rebased(mine, theirs, changes)
        # A contested proposal of the guide is dropped, not kept as a conflict.
        for each in clashes.values():
            self._keep_late_conflict(key, each, each.after)
        return draft

    def _keep_late_conflict(self, key: StepKey, change: Change, value: object) -> None:
        assert change.edit is not None
        self._keep_conflict(key, change.edit, value)

    def _all_changes(self, key: StepKey) -> list[Change]:
        return [each for changes in self._changes.get(key, {}).values() for each in changes]

    def _was_saved(self, key: StepKey, given: Draft, stored: Draft) -> None:
        """Rebase changes made during the save onto the stored draft."""
        stored = stored.stored()
        with self._locks[key]:
            self._saved[key] = (given, stored)
            self._known[key] = stored
            since = [each for each in self._all_changes(key) if each.at > _at(given)]
            self._changes[key] = _with({}, since)
            if not since:
                del self._changes[key]
            later = self._autosave.pending(key).draft
            if later is None or later.revision <= given.revision:
                return
            if stored.epoch != given.epoch:
                # The step was closed or reset: the next save keeps late edits as conflicts.
                later = replace(later, base=given, revision=later.revision + 1)
            elif stored == given:
                later = replace(later, base=stored, revision=later.revision + 1)
            else:
                later = self._rebased(key, replace(later, base=given), stored, since)
            self._autosave.note(key, draft=later)


def _at(draft: Draft) -> tuple[int, int]:
    """Return a draft's epoch and revision, which only grow."""
    return draft.epoch, draft.revision


def _with(
    changes: Mapping[str, Sequence[Change]], more: Iterable[Change]
) -> dict[str, list[Change]]:
    together = {name: list(each) for name, each in changes.items()}
    for change in more:
        together.setdefault(change.field, []).append(change)
    return {name: shortened(each) for name, each in together.items()}


def _in_shape(step: str, edit: Edit) -> Edit:
    """Return *edit* with its values normalised. Raises KeyError for an unknown field."""
    value, was = (shaped(step, edit.field, each) for each in (edit.value, edit.was))
    sent = tuple(shaped(step, edit.field, each) for each in edit.sent)
    return replace(edit, value=value, was=was, sent=sent)


def _differ(name: str, mine: Draft, theirs: Draft) -> bool:
    return bool(mine.fields.get(name) != theirs.fields.get(name))


def _true(step: str, word: LastWord, before: Fields, after: Fields) -> ReadBack:
    """Return what of a reply's lines is true of *after*; lines of our own if it has none."""
    claimed = word.claimed
    if not claimed.taken:
        tidy = _tidied(step, word.base.fields, word.proposed)
        lines = between(step, word.base.fields, tidy, word.questions)
        claimed = replace(claimed, taken=lines)
    return true_of(step, claimed, before, after, word.questions)


def _tidied(step: str, base: Fields, proposed: Fields) -> Fields:
    """
    Return *proposed* normalised, but keep fields that differ from *base* only by normalisation.

    A guide may return its input with lists cut to the limit. It must not delete the sixth pain a team
    typed: the criteria name it when the team confirms.
    """
    shaped_, tidy = normalised(step, proposed), normalised(step, base)
    kept = {name: base[name] for name in tidy if shaped_.get(name) == tidy[name]}
    return shaped_ | kept


def _beside(key: StepKey, word: LastWord, stored: Draft) -> list[Aside]:
    """Return a conflict for each field that a redraft proposes differently."""
    fields = normalised(key.step, word.proposed)
    names = [name for name in changed(stored.fields, fields) if name in fields]
    return [
        Aside(name, word.id, word.author, fields[name], 1 + word.revision // ATTEMPT, stored.epoch)
        for name in names
    ]
