"""Transcripts and drafts, in memory: the twin of `lib.store.sql.transcripts` and its neighbours."""

import json
import threading
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.port import longest_lease
from lib.workshop.choices import Choice
from lib.workshop.draft_history import Kept, takes_out, to_drop
from lib.workshop.interviews.interview import StoredInterview
from lib.workshop.records import (
    ArtifactVersion,
    Aside,
    Discarded,
    Draft,
    EarlierDraft,
    Fields,
    Recollection,
    StepKey,
    StepState,
    Unsent,
)
from lib.workshop.redaction import Late
from lib.workshop.status import Phase, Status
from lib.workshop.transcript import Message, MessageStatus, Role, clean, next_attempt, ordered
from lib.workshop.updates import Outcome, Update

Clock = Callable[[], datetime]


@dataclass
class Row:
    """One step of one team with everything in it."""

    state: StepState
    draft: Draft = field(default_factory=Draft)
    messages: dict[str, Message] = field(default_factory=dict)
    leases: dict[str, datetime] = field(default_factory=dict)
    versions: list[ArtifactVersion] = field(default_factory=list)
    asides: dict[tuple[str, str], Aside] = field(default_factory=dict)
    unsent: dict[str, Unsent] = field(default_factory=dict)
    discarded: list[Discarded] = field(default_factory=list)
    #: What replies changed in the draft, by message.
    updates: dict[str, Update] = field(default_factory=dict)
    #: By reply and item.
    choices: dict[tuple[str, str], Choice] = field(default_factory=dict)
    #: By id, in the order they were brought.
    interviews: dict[str, StoredInterview] = field(default_factory=dict)
    #: By era.
    recollections: dict[int, Recollection] = field(default_factory=dict)
    #: Earlier drafts, oldest first.
    history: list[EarlierDraft] = field(default_factory=list)
    touched: datetime | None = None

    def of(self, era: int) -> list[Message]:
        """Return the messages of an era."""
        return [message for message in self.messages.values() if message.era == era]

    @property
    def live(self) -> list[Message]:
        """The messages of the current era."""
        return self.of(self.state.era)

    def keep(self, by: str, at: datetime, after: Fields) -> None:
        """Keep the draft if *after*, which replaces it, lacks something of it."""
        if takes_out(self.draft.fields, after):
            fields = deepcopy(self.draft.fields)
            self.history.append(EarlierDraft(self.draft.epoch, self.draft.revision, fields, by, at))
            kept = [
                Kept(each.epoch, each.revision, each.at, len(json.dumps(each.fields)))
                for each in self.history
            ]
            places = {each[:2] for each in to_drop(kept)}
            self.history = [e for e in self.history if (e.epoch, e.revision) not in places]

    def forget(self, reply: str) -> None:
        """Forget what a reply changed, and what was decided about it."""
        self.updates.pop(reply, None)
        self.choices = {place: each for place, each in self.choices.items() if place[0] != reply}

    def touch(self, at: datetime) -> None:
        """Note that something was written."""
        self.touched = max(self.touched or at, at)


#: The row of an unknown step.
NOTHING = Row(StepState("", Status.NOT_STARTED, Phase.ORIENT))


class MemoryTranscripts:
    """The port's methods for messages and drafts, over the store's dicts."""

    _lock: threading.RLock
    _lease: timedelta
    _clock: Clock
    _rows: dict[StepKey, Row]
    #: What was redacted of a step's team: see `tests.memory_store.redaction`.
    _late: Callable[[StepKey], Late]

    #: Raises where the thread's permit does not allow its write: see `lib.store.permits`.
    _check_right: Callable[[], None]

    def __init__(self) -> None:
        self._placed: dict[tuple[str, str], StepKey] = {}

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        with self._lock:
            if any((key.workshop_id, m.id) not in self._placed for m in [*messages, reply] if m):
                self._check_right()
            row = self._row(key)
            last = max(row.live, key=lambda each: each.position, default=None)
            end, speaker = (last.position, last.role) if last else (0, None)
            new: dict[str, Message] = {}
            is_due = reply is not None and not self._is_written(row)
            for message in [*messages, *([reply] if reply and is_due else [])]:
                is_known = (key.workshop_id, message.id) in self._placed or message.id in new
                overtaken = message is reply and speaker is Role.ASSISTANT and not reply.anew
                if not is_known and not overtaken:
                    place = end + len(new) + 1
                    new[message.id] = replace(message, position=place, era=row.state.era)
                    speaker = message.role
            if not all(_is_storable(row, message) for message in new.values()):
                raise Unstorable("The database refuses what was to be stored.")
            for message in new.values():
                self._placed[key.workshop_id, message.id] = key
                self._write(row, message)
                if message.id == row.state.redraft:
                    row.state = replace(row.state, redraft=None)
            return list(new.values())

    def _is_written(self, row: Row) -> bool:
        """Whether a reply in the step is leased."""
        return any(self._as_read(row, m).status is MessageStatus.STREAMING for m in row.live)

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        refused = []
        with self._lock:
            self._check_base(key, draft)
            for message in messages:
                if not self._save(key, message):
                    refused.append(f"message {message.id!r}")
            if draft is not None and not self._save_draft(key, draft):
                refused.append("draft")
        if refused:
            raise Unstorable(f"The database refuses {', '.join(refused)}.")

    def _save(self, key: StepKey, message: Message) -> bool:
        """Upsert one message; return whether it may be stored at all."""
        row = self._rows.get(key)
        if row is None or not _is_storable(row, message):
            return False
        if self._placed.get((key.workshop_id, message.id), key) != key:
            return False
        known = row.messages.get(message.id)
        if known is None:
            self._placed[key.workshop_id, message.id] = key
        if known is None or _is_newer(message, known):
            # A message's place and author do not change.
            first = known or message
            newer = replace(first, text=message.text, status=message.status)
            newer = replace(newer, suggestions=message.suggestions)
            self._write(row, replace(newer, revision=message.revision))
        return True

    def _save_draft(self, key: StepKey, draft: Draft) -> bool:
        row = self._rows.get(key)
        if row is not None and draft.revision > row.draft.revision:
            if draft.base is not None:
                row.keep(draft.by, self._clock(), draft.fields)
            row.draft = deepcopy(replace(draft.stored(), epoch=row.draft.epoch))
            row.touch(self._clock())
        return row is not None

    def _check_base(self, key: StepKey, draft: Draft | None) -> None:
        """Raise Conflict if a draft's base is not the stored draft."""
        row = self._rows.get(key)
        if row is None or draft is None or draft.base is None or row.draft == draft:
            return
        there = (row.draft.revision, row.draft.epoch)
        if there != (draft.base.revision, draft.base.epoch):
            raise Conflict("Someone else changed this draft at the same time.")

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        with self._lock:
            self._check_right()
            row = self._rows.get(key, NOTHING)
            stored = row.messages.get(message_id)
            if stored not in row.live or stored.status is MessageStatus.COMPLETE:
                return None
            if self._is_written(row):
                return None
            taken = replace(
                stored, status=MessageStatus.STREAMING, revision=next_attempt(stored.revision)
            )
            self._write(row, taken)
            return taken

    def interrupt(self, key: StepKey, message_id: str) -> None:
        with self._lock:
            self._check_right()
            row = self._rows.get(key, NOTHING)
            stored = row.messages.get(message_id)
            if stored in row.live and stored.status is MessageStatus.STREAMING:
                revision = next_attempt(stored.revision)
                ended = replace(stored, status=MessageStatus.INTERRUPTED, revision=revision)
                self._write(row, ended)

    def messages(
        self,
        key: StepKey,
        *,
        last: int | None = None,
        before: int | None = None,
        since: int | None = None,
        era: int | None = None,
    ) -> list[Message]:
        with self._lock:
            row = self._rows.get(key, NOTHING)
            found = [
                self._as_read(row, message)
                for message in ordered(row.of(row.state.era if era is None else era))
                if (before is None or message.position < before)
                and (since is None or message.position >= since)
            ]
            return found if last is None else found[max(0, len(found) - last) :]

    def eras(self, key: StepKey) -> list[int]:
        with self._lock:
            return sorted({each.era for each in self._rows.get(key, NOTHING).messages.values()})

    def _write(self, row: Row, message: Message) -> None:
        row.messages[message.id] = message
        now = self._clock()
        row.touch(now)
        row.leases[message.id] = now + self._lease

    def _as_read(self, row: Row, message: Message) -> Message:
        now = self._clock()
        holds = now <= row.leases[message.id] <= now + longest_lease(self._lease.total_seconds())
        dead = message.status is MessageStatus.STREAMING and not holds
        return replace(message, status=MessageStatus.INTERRUPTED, lapsed=True) if dead else message

    # Replies written again

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        with self._lock:
            row = self._stored(key)
            known = row.messages.get(reply.id)
            if known is None or not _is_newer(reply, known):
                return known is not None and _is_same(reply, known)
            self._check_base(key, outcome.draft)
            if not self._save(key, reply):
                raise Unstorable("The database refuses what was to be stored.")
            if outcome.draft is not None:
                self._save_draft(key, outcome.draft)
            for aside in outcome.asides:
                self.set_aside(key, aside)
            stored = row.messages[reply.id]
            row.messages[reply.id] = replace(stored, read_back=deepcopy(outcome.read_back))
            row.forget(reply.id)
            if outcome.update is not None:
                row.updates[reply.id] = deepcopy(outcome.update)
            return True

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        raise NotImplementedError

    def update_of(self, key: StepKey, message_id: str) -> Update | None:
        with self._lock:
            return deepcopy(self._rows.get(key, NOTHING).updates.get(message_id))

    def choices(self, key: StepKey, replies: Collection[str]) -> list[Choice]:
        with self._lock:
            held = self._rows.get(key, NOTHING).choices.values()
            return [deepcopy(each) for each in held if each.reply in replies]

    def choose(self, key: StepKey, choice: Choice, draft: Draft) -> bool:
        with self._lock:
            self._check_right()
            row = self._row(key)
            known = row.choices.get((choice.reply, choice.item))
            if known is not None and known.id == choice.id:
                return True
            pressed = row.messages.get(choice.reply)
            is_there = pressed in row.live and pressed.status is MessageStatus.COMPLETE
            is_of_it = known is not None and known.of == choice.of
            is_next = choice.revision == (known.revision if is_of_it else 0) + 1
            if not is_next or not is_there or pressed.revision != choice.of:
                return False
            self._check_base(key, draft)
            self._save_draft(key, draft)
            row.choices[choice.reply, choice.item] = deepcopy(choice)
            return True

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        with self._lock:
            self._check_right()
            row = self._row(key)
            row.state = replace(row.state, redraft=row.state.redraft or reply_id)

    def discard(self, key: StepKey, message_id: str, draft: Draft | None = None) -> Message | None:
        with self._lock:
            self._check_right()
            row = self._row(key)
            last = max(row.live, key=lambda each: each.position, default=None)
            if last is None or last.id != message_id or last.role is not Role.ASSISTANT:
                return None
            if last.status is not MessageStatus.COMPLETE:
                return None
            self._check_base(key, draft)
            if draft is not None:
                self._save_draft(key, draft)
            row.forget(last.id)
            row.discarded.append(Discarded(last.id, last.position, last.text, self._clock()))
            begun = replace(last, text="", suggestions=(), read_back=None)
            begun = replace(begun, status=MessageStatus.STREAMING)
            self._write(row, begun := replace(begun, revision=next_attempt(last.revision)))
            return begun

    def discarded(self, key: StepKey) -> list[Discarded]:
        with self._lock:
            return list(self._rows.get(key, NOTHING).discarded)

    # Summaries of older conversations

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        with self._lock:
            return self._rows.get(key, NOTHING).recollections.get(era)

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        with self._lock:
            held = self._stored(key).recollections
            if era < 0 or recollection.upto < 1 or not recollection.text:
                raise Unstorable("The database refuses what was to be stored.")
            if era not in held or held[era].upto < recollection.upto:
                text = self._late(key).redacted(recollection.text)
                held[era] = replace(recollection, text=text)

    def _row(self, key: StepKey) -> Row:
        if key not in self._rows:
            raise NotFound("There is no such step.")
        return self._rows[key]

    def _stored(self, key: StepKey) -> Row:
        if key not in self._rows:
            raise Unstorable("The database refuses what was to be stored.")
        return self._rows[key]


def _is_storable(row: Row, message: Message) -> bool:
    place = message.position
    same_era = row.of(message.era)
    taken = any(each.position == place for each in same_era if each.id != message.id)
    whole = clean(message.text) == message.text and message.created_at.tzinfo is not None
    return bool(message.id) and place >= 1 and message.revision >= 0 and whole and not taken


def _is_same(message: Message, known: Message) -> bool:
    return known.status is message.status and known.revision == message.revision


def _is_newer(message: Message, known: Message) -> bool:
    return known.status is not MessageStatus.COMPLETE and message.revision > known.revision
