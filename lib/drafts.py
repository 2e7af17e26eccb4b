"""
A step's draft while it is worked on: the one place where it changes, by hand or by the guide.

Both may happen at once. A hand edit changes one field of whatever the draft is by then; a guide's
proposal is merged field by field, and where both changed the same field, the hand wins.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from lib.artifacts import is_blank, normalised
from lib.autosave import Autosave, QueueFull
from lib.status import Phase, Status
from lib.store.port import Store, StoreUnavailable
from lib.transcript import Message
from lib.workshop import Draft, Fields, StepKey


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
    for name in [*proposed, *(name for name in base if name not in proposed)]:
        if proposed.get(name) != base.get(name) and current.get(name) == base.get(name):
            result = with_field(result, name, proposed.get(name))
    return result


#: The phases in the order a step goes through them.
_ORDER = tuple(Phase)


class Drafts:
    """The drafts of this process: read through what is unsaved, changed one after the other."""

    def __init__(self, store: Store, autosave: Autosave) -> None:
        self._store = store
        self._autosave = autosave
        self._known: dict[StepKey, Draft] = {}
        # One a step: a slow database under one team's edit keeps no other team waiting.
        self._locks: defaultdict[StepKey, threading.Lock] = defaultdict(threading.Lock)

    def current(self, key: StepKey) -> Draft:
        """
        Return the newest draft: the unsaved one, else the stored one.

        While the database cannot be reached, the last one this process knew of serves; raises
        StoreUnavailable where it knew none.
        """
        draft = self._autosave.pending(key).draft
        if draft is None:
            try:
                draft = self._store.draft(key)
            except StoreUnavailable:
                if key not in self._known:
                    raise
                return self._known[key]
        return self._remember(key, draft)

    def stored(self, key: StepKey) -> Draft:
        """
        Return the draft as it is in the database, once what was unsaved is there too.

        A reply that goes on growing meanwhile is no obstacle. Raises StoreError.
        """
        self._autosave.flush(key)
        if self._autosave.pending(key).draft is not None:
            raise StoreUnavailable("The latest changes could not be saved yet.")
        return self._store.draft(key)

    def edit(self, key: StepKey, name: str, value: object) -> Draft:
        """Set one field by hand; saved like everything else. Raises StoreError."""
        with self._locks[key]:
            current = self.current(key)
            fields = with_field(current.fields, name, value)
            return self._note(key, current, _revised(current, fields, current.phase))

    def settle(
        self, key: StepKey, message: Message, base: Draft, proposed: Fields, phase: Phase
    ) -> None:
        """
        Note a whole reply together with what becomes of its proposal: one save for both.

        *base* is the draft the guide was given. The phase never goes back. Where the team has
        confirmed the step meanwhile, the draft stays what was confirmed.
        """
        with self._locks[key]:
            current = self.current(key)
            if self._is_confirmed(key):
                self._note(key, current, current, [message])
                return
            fields = merged(base.fields, _tidied(key.step, base.fields, proposed), current.fields)
            furthest = max(current.phase, phase, key=_ORDER.index)
            self._note(key, current, _revised(current, fields, furthest), [message])

    def _is_confirmed(self, key: StepKey) -> bool:
        """Whether the step is complete; while the database cannot say, it is not."""
        try:
            return self._store.steps(key.team)[key.step].status is Status.COMPLETE
        except StoreUnavailable:
            return False

    def _note(
        self, key: StepKey, current: Draft, revised: Draft, messages: Sequence[Message] = ()
    ) -> Draft:
        changed = revised is not current
        if changed or messages:
            try:
                self._autosave.note(key, messages, revised if changed else None)
            except QueueFull as exc:
                raise StoreUnavailable(str(exc)) from exc
        return self._remember(key, revised)

    def _remember(self, key: StepKey, draft: Draft) -> Draft:
        """Keep *draft* for when the database is away, unless a newer one is known; return it."""
        # A slow reader may come with what it read before the last edit: a draft made from that
        # would have the revision of one that is stored, and be ignored.
        known = self._known.get(key)
        if known is None or draft.revision >= known.revision:
            self._known[key] = draft
        return draft


def _tidied(step: str, base: Fields, proposed: Fields) -> Fields:
    """
    Return *proposed* in shape, with the fields the guide only tidied as they were.

    A guide may hand back what it was given with its numbers clamped and its lists cut. The sixth
    pain a team typed is not the guide's to take: that there is one too many is said at confirming.
    """
    shaped, tidy = normalised(step, proposed), normalised(step, base)
    kept = {name: base[name] for name in tidy if shaped.get(name) == tidy[name]}
    return shaped | kept


def _revised(draft: Draft, fields: Fields, phase: Phase) -> Draft:
    if fields == draft.fields and phase is draft.phase:
        return draft
    return replace(draft, fields=fields, phase=phase, revision=draft.revision + 1)
