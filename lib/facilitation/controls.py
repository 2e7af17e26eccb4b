"""What a facilitator and the teams do while a workshop runs: one function for each thing."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from lib.store.errors import Conflict
from lib.store.port import Store
from lib.workshop import notes
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id
from lib.workshop.notes import Closing, Kind, Note
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.redaction import Redaction, RedactionRefused, Sought
from lib.workshop.transcript import Message, clean

#: How often a change of the agenda is made anew where another facilitator was faster.
TRIES = 5


def change_agenda(store: Store, workshop_id: str, change: Callable[[Agenda], Agenda]) -> Agenda:
    """
    Change the agenda as it is now, whoever else changes it; return what it is then.

    A change that leaves it as it was stores nothing. Raises StoreError.
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
            return after
    raise AssertionError("unreachable")


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
    Show a few words on the page of one team, or with None of all; return the note, called *id_*.

    A note is kept once, however often it is told. Raises NoteRefused for no words or too many,
    StoreError where it could not be kept.
    """
    words = notes.accepted(text)
    if not words:
        raise notes.NoteRefused("Please write a message first.")
    note = Note(id_, Kind.MESSAGE, team_id, author, words, at)
    store.post(workshop_id, note)
    return note


def ask_for_help(store: Store, team: TeamKey, words: str, *, author: str, at: datetime) -> Note:
    """Raise the team's flag, with words or without. Raises NoteRefused or StoreError."""
    note = Note(new_id(), Kind.FLAG, team.team_id, author, notes.accepted(words), at)
    store.post(team.workshop_id, note)
    return note


def close_note(store: Store, team: TeamKey, note: Note, *, by: str, at: datetime) -> None:
    """Note that a team is done with a message, or that its flag is lowered. Raises StoreError."""
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
    Put a marker in the place of a message and of its words, but those at the places *keeping*.

    *flush* saves what the team's draft holds unsaved, first. The event log keeps who, when and why, once for each message. Raises RedactionRefused for a reason
    that is empty or repeats the words, StoreError.
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
