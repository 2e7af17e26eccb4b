"""Use cases of a running workshop: one function per action of facilitators and teams."""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from lib.facilitation import held_steps
from lib.store.errors import Conflict, StoreError
from lib.store.port import Store
from lib.workshop import notes
from lib.workshop.agenda import Agenda
from lib.workshop.clock import utc_now
from lib.workshop.ids import new_id
from lib.workshop.notes import Closing, Kind, Note
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.redaction import Redaction, RedactionRefused, Sought
from lib.workshop.transcript import Message, clean

log = logging.getLogger(__name__)

#: Tries of an agenda change if another facilitator changes it at the same time.
TRIES = 5


def change_agenda(store: Store, workshop_id: str, change: Callable[[Agenda], Agenda]) -> Agenda:
    """
    Apply *change* to the stored agenda and return the result; retry if another facilitator was faster.

    Stores nothing if the agenda stays the same. Starts the steps that teams have waited for, if another
    step is open now. Raises StoreError.
    """
    for attempt in range(TRIES):
        before = store.agenda(workshop_id)
        after = replace(change(before), revision=before.revision + 1)
        if replace(after, revision=before.revision) == before:
            return before
        try:
            store.save_agenda(workshop_id, after)
        except Conflict:
            if attempt == TRIES - 1:
                raise
        else:
            if after.open_until != before.open_until:
                _start_released(store, workshop_id)
            return after
    raise AssertionError("unreachable")


def _start_released(store: Store, workshop_id: str) -> None:
    try:
        held_steps.start_released(store, utc_now(), workshop_id)
    except StoreError as exc:
        # The agenda is stored; the sweeper starts what is left.
        log.warning("Steps that were held start with the next sweep: %s", exc)


def post_message(
    store: Store,
    workshop_id: str,
    id_: str,
    text: str,
    *,
    team_id: str | None,
    author: str,
    at: datetime,
) -> Note:
    """
    Show a message to one team, or to all if *team_id* is None; return the note with id *id_*.

    Idempotent by id. Raises NoteRefused if the text is empty or too long, StoreError if it was not
    stored.
    """
    words = notes.accepted(text)
    if not words:
        raise notes.NoteRefused("Please write a message first.")
    note = Note(id_, Kind.MESSAGE, team_id, author, words, at)
    store.post(workshop_id, note)
    return note


def ask_for_help(store: Store, team: TeamKey, words: str, *, author: str, at: datetime) -> Note:
    """Send the team's help call, with or without words. Raises NoteRefused or StoreError."""
    note = Note(new_id(), Kind.FLAG, team.team_id, author, notes.accepted(words), at)
    store.post(team.workshop_id, note)
    return note


def close_note(store: Store, team: TeamKey, note: Note, *, by: str, at: datetime) -> None:
    """Mark a message as read, or a help call as done. Raises StoreError."""
    store.close_note(team.workshop_id, note.id, Closing(team.team_id, by, at))


def redact(
    store: Store,
    flush: Callable[[TeamKey], object],
    key: StepKey,
    message: Message,
    *,
    by: str,
    reason: str,
    at: datetime,
    keeping: Collection[str] = (),
    author_too: bool = False,
) -> None:
    """
    Replace a message, and its words elsewhere except at the places *keeping*, by a marker.

    *flush* first saves the team's unsaved draft. The event log records who, when and why, once per
    message. Raises RedactionRefused if the reason is empty or repeats the words, StoreError.
    """
    why = " ".join(clean(reason).split())
    if not why:
        raise RedactionRefused(
            "Please give a reason. The event log shows it in place of the message."
        )
    if Sought(message.text).redacted(why, is_entry=True) != why:
        raise RedactionRefused("The reason repeats words of the message. Please rephrase it.")
    flush(key.team)
    made = Redaction(new_id(), key.team_id, key.step, message.id, by, why, at)
    store.redact(key, made, keeping=keeping, author_too=author_too)
