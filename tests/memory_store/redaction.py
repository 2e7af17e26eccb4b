"""Redacting one message and its traces, in memory: the twin of `lib.store.sql.redaction`."""

import threading
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any

from lib.store.errors import NotFound
from lib.workshop import steps as steps_
from lib.workshop.choices import Choice
from lib.workshop.notes import NoteRecord
from lib.workshop.records import Aside, EventRecord, Snapshot, StepKey, TeamKey, Unsent
from lib.workshop.redaction import MARKER, NOBODY, Late, Redaction, Sought, Trace, new_salt
from lib.workshop.status import Status
from lib.workshop.transcript import Message, MessageStatus, next_attempt
from tests.memory_store.transcripts import Row

#: What of a record is no text of a team's: the twin of `lib.store.sql.redaction._NAMES`.
_NAMES = frozenset(
    "id team_id step author actor cause confirmed_by by member writer field message_id state seen "
    "role status phase base event before_status path change item how".split()
)

#: Takes a place and a text, and whether it is an entry of a draft; returns the text to be kept.
_Change = Callable[[str, str, bool], str]


class MemoryRedactions:
    """The port's methods for redactions, over the dicts of the store they are part of."""

    _lock: threading.RLock
    _rows: dict[StepKey, Row]
    _notes: dict[str, dict[str, NoteRecord]]
    _events: dict[str, list[EventRecord]]
    _kept: dict[str, Snapshot]
    #: Raises where the thread's permit does not allow its write: see `lib.store.permits`.
    _check_right: Callable[[], None]

    def __init__(self) -> None:
        self._redactions: dict[str, list[Redaction]] = {}
        self._digests: dict[TeamKey, list[tuple[str, list[str]]]] = {}

    def traces(self, key: StepKey, message_id: str) -> list[Trace]:
        found: dict[str, Trace] = {}
        with self._lock:
            sought = Sought(self._message(key, message_id).text)

            def look(place: str, text: str, is_entry: bool) -> str:
                if excerpt := sought.excerpt(text, is_entry=is_entry):
                    step, _, what = place.partition("/")
                    label = what.split("/")[0].replace("_", " ")
                    where = f"{steps_.step(step).name}: {label}" if step else label
                    found.setdefault(place, Trace(place, step, where, excerpt))
                return text

            self._visit(key.team, message_id, look)
        return list(found.values())

    def redact(
        self,
        key: StepKey,
        redaction: Redaction,
        *,
        keeping: Collection[str] = (),
        author_too: bool = False,
    ) -> None:
        with self._lock:
            self._check_right()
            done = self._redactions.setdefault(key.workshop_id, [])
            message = self._message(key, redaction.message_id)
            if message.text == MARKER:
                return
            removed = Sought(message.text)

            def change(place: str, text: str, is_entry: bool) -> str:
                return text if place in keeping else removed.redacted(text, is_entry=is_entry)

            self._end_replies(key.team)
            self._lines_gone(key.team, redaction.message_id)
            self._visit(key.team, redaction.message_id, change)
            self._rows[key].messages[message.id] = _gone(message, author_too=author_too)
            self._new_epoch(key.team)
            salt = new_salt()
            self._digests.setdefault(key.team, []).append((salt, removed.digests(salt)))
            done.append(redaction)

    def redactions(self, workshop_id: str) -> list[Redaction]:
        with self._lock:
            found = self._redactions.get(workshop_id, ())
            return sorted(found, key=lambda each: (each.at, each.id))

    def _late(self, key: StepKey) -> Late:
        """Return what was redacted of a team, for what is saved late."""
        return Late(self._digests.get(key.team, ()))

    def _message(self, key: StepKey, message_id: str) -> Message:
        row = self._rows.get(key)
        if row is None or message_id not in row.messages:
            raise NotFound("There is no such message.")
        return row.messages[message_id]

    def _end_replies(self, team: TeamKey) -> None:
        for slug in steps_.SLUGS:
            held = self._rows[StepKey(*team, slug)].messages
            for each in list(held.values()):
                if each.status is not MessageStatus.COMPLETE:
                    is_streaming = each.status is MessageStatus.STREAMING
                    status = MessageStatus.INTERRUPTED if is_streaming else each.status
                    revision = next_attempt(each.revision) + 1
                    held[each.id] = replace(each, status=status, revision=revision)

    def _lines_gone(self, team: TeamKey, message_id: str) -> None:
        for slug in steps_.SLUGS:
            held = self._rows[StepKey(*team, slug)].messages
            for each in list(held.values()):
                if each.read_back and any(t.message == message_id for t in each.read_back.taken):
                    held[each.id] = replace(each, read_back=None)

    def _new_epoch(self, team: TeamKey) -> None:
        for slug in steps_.SLUGS:
            row = self._rows[StepKey(*team, slug)]
            if row.state.status is not Status.NOT_STARTED:
                draft = row.draft
                row.draft = replace(draft, epoch=draft.epoch + 1, revision=draft.revision + 1)
        for event in self._events.get(team.workshop_id, ()):
            kept = self._kept.get(event.id)
            if (
                event.team_id == team.team_id
                and kept
                and kept.state.status is not Status.NOT_STARTED
            ):
                draft = replace(kept.draft, revision=kept.draft.revision + 1)
                self._kept[event.id] = replace(kept, draft=draft)

    def _visit(self, team: TeamKey, message_id: str, change: _Change) -> None:
        """Change each text of a team's, except the message's own."""
        for slug in steps_.SLUGS:
            self._visit_row(self._rows[StepKey(*team, slug)], slug, message_id, change)
        notes = self._notes.get(team.workshop_id, {})
        for id_, record in notes.items():
            if record.note.team_id in (None, team.team_id):
                place = f"/a_message_between_facilitator_and_team/{id_}"
                notes[id_] = replace(record, note=_changed(record.note, place, change))
        self._visit_events(team, change)

    def _visit_row(self, row: Row, slug: str, message_id: str, change: _Change) -> None:
        own = row.messages.get(message_id)
        for each in fields(row):
            if each.name not in ("state", "leases", "touched"):
                held = _changed(getattr(row, each.name), f"{slug}/{each.name}", change, own=own)
                setattr(row, each.name, held)

    def _visit_events(self, team: TeamKey, change: _Change) -> None:
        story = self._events.get(team.workshop_id, [])
        for at, event in enumerate(story):
            if event.team_id == team.team_id:
                place = f"{event.step}/event/{event.id}"
                story[at] = replace(event, reason=change(place, event.reason, False))
                if event.id in self._kept:
                    self._kept[event.id] = _changed(self._kept[event.id], place, change)


def _gone(message: Message, *, author_too: bool) -> Message:
    return replace(
        message,
        text=MARKER,
        suggestions=(),
        read_back=None,
        author=NOBODY if author_too else message.author,
        status=MessageStatus.COMPLETE,
        revision=next_attempt(message.revision),
    )


def _changed(
    value: Any, place: str, change: _Change, *, is_entry: bool = False, own: Any = None
) -> Any:
    """Return *value* with each text in it changed, but in *own*: see `_record`."""
    if type(value) is str:
        return change(place, value, is_entry)
    if isinstance(value, dict):
        return {
            name: _changed(each, f"{place}/{name}", change, is_entry=True, own=own)
            for name, each in value.items()
        }
    if type(value) in (list, tuple):
        parts = enumerate(value)
        return type(value)(
            _changed(each, f"{place}/{at}", change, is_entry=True, own=own) for at, each in parts
        )
    if is_dataclass(value) and value is not own:
        return _record(value, place, change)
    return value


def _record(value: Any, place: str, change: _Change) -> Any:
    """Return a record with its texts changed; one of which pages hold copies counts as newer."""
    changes = {}
    for each in fields(value):
        before = getattr(value, each.name)
        if each.name not in _NAMES:
            after = _changed(before, f"{place}/{each.name}", change)
            if after != before:
                changes[each.name] = after
    if changes and isinstance(value, Message):
        changes |= {"revision": next_attempt(value.revision), "read_back": None}
    elif changes and isinstance(value, Aside | Unsent | Choice):
        changes["revision"] = value.revision + 1
    return replace(value, **changes) if changes else value
