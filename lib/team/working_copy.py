"""
A working copy: one tab's view of one team, which may be ahead of the store.

A cache that may vanish at any moment (F5, a new server, another replica): the truth is the database
and the URL. Every step page shares the chat history kept here.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from lib.store import permits
from lib.store.errors import NotFound, StoreUnavailable
from lib.store.port import upstream_artifacts
from lib.team import held_step
from lib.team.process import Process
from lib.workshop import roles, steps
from lib.workshop.clock import utc_now
from lib.workshop.records import (
    ArtifactVersion,
    Aside,
    Draft,
    Fields,
    StepKey,
    StepState,
    Team,
    Workshop,
)
from lib.workshop.rights import NO_TEAM, TeamPermit
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import current_step, is_locked, is_read_only
from lib.workshop.transcript import Message, MessageStatus, Role, ordered
from lib.workshop.updates import LastWord, Update
from lib.workshop.views import Briefing

#: How many messages a page shows at first, and how many more at each "Show earlier".
WINDOW = 50


@dataclass(frozen=True)
class ReopenQuestion:
    """A question the page asks before a step is reopened."""

    what: Literal["revise", "reset", "restore"]
    #: The version to restore.
    version: ArtifactVersion | None = None


@dataclass
class WorkingCopy:
    """Where one team stands, what was said, what is drafted, as one tab knows it."""

    team: Team
    workshop: Workshop
    states: dict[str, StepState] = field(default_factory=dict)
    #: How the workshop is run: its pace, what the facilitator has written, whether it is put away.
    briefing: Briefing = field(default_factory=Briefing)
    #: The chat history of each step that was opened, in order: its last messages, or more.
    transcripts: dict[str, list[Message]] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    upstream: dict[str, dict[str, Fields]] = field(default_factory=dict)
    #: The fingerprint of each step as it was when that was last read.
    seen: dict[str, str] = field(default_factory=dict)
    #: Steps over which unsaved changes were laid: what is stored is read anew.
    laid_over: set[str] = field(default_factory=set)
    #: What the page asks about the step it shows, if anything.
    reopen_question: ReopenQuestion | None = None
    #: The step this tab shows; None before the first.
    open_step: str | None = None
    #: Ids of messages the chat box need not send again, by step.
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    #: Messages that went back into the box, each with the sentence that says why, by id.
    refused: dict[str, str] = field(default_factory=dict)
    #: Whether this tab's last messages wait because the team sends too fast.
    is_over_rate: bool = False
    #: Long messages this tab shows in full, by id.
    unfolded: set[str] = field(default_factory=set)
    #: The newest edit of each writer that came with a rerun and was taken in, by step.
    received: dict[str, dict[str, int]] = field(default_factory=dict)
    #: What was set aside beside the draft of a step.
    conflicts: dict[str, list[Aside]] = field(default_factory=dict)
    #: What the last reply of a step changed in its draft, and which revision of it that was.
    updates: dict[str, Update | None] = field(default_factory=dict)
    update_read_for: dict[str, tuple[str, int]] = field(default_factory=dict)

    def key(self, step: str) -> StepKey:
        """Return the key of one of this team's steps."""
        return self.team.step_key(step)

    def ask(self, action: Action, key: StepKey | None = None) -> None:
        """Let this tab's team do something, in its own steps alone. Raises AccessRefused."""
        roles.as_team(self.team.key, action, key.team if key else None)

    def permit(self, action: Action, step: str = "") -> TeamPermit:
        """Return what this tab shows for something it wants to do, in *step* or in no single one."""
        return TeamPermit(action, self.team.key, self.team.link, step)

    @contextmanager
    def acting(self, process: Process, action: Action, step: str = "") -> Iterator[None]:
        """
        Do something as this tab's team: every write within is accepted only while the right stands.

        The store is asked before anything is done, and again by each write, in its own transaction.
        Raises AccessRefused where the link opens this team no more, Closed where the step or
        workshop takes no such change, StoreError.
        """
        permit = self.permit(action, step)
        permits.check(permit, process.store.facts(permit))
        with permits.held(permit):
            yield

    @property
    def current_step(self) -> str:
        """The step the team should be at."""
        return current_step({step: state.status for step, state in self.states.items()})

    @property
    def landing_step(self) -> str:
        """The step a team is sent to: the current one, or, while that is held, the one before."""
        current = self.current_step
        before = steps.before(current)
        is_held = is_locked(self.states[current].status) and before is not None
        return before.slug if is_held and before else current

    def closed_because(self, step: str) -> str:
        """Return why the facilitator lets nothing be changed in *step*; empty where they do."""
        return self.briefing.closed_because(step)

    def is_read_only(self, step: str) -> bool:
        """Whether *step* takes neither messages nor edits, for whatever reason."""
        return is_read_only(self.states[step].status) or bool(self.closed_because(step))

    def refresh(self, process: Process, step: str) -> None:
        """
        Read what changed, if anything: statuses, new messages, the draft, what was set aside.

        Raises AccessRefused where the team's link was changed or taken away meanwhile.

        While the database cannot be reached, what this tab already holds stays. Raises
        StoreUnavailable where it holds nothing yet.
        """
        key = self.key(step)
        unsaved = process.autosave.pending(key)
        try:
            # Before all else is read: what changes meanwhile is found at the next look.
            found = process.store.fingerprints([(self.team.link, step)])
            if not found:
                raise AccessRefused(NO_TEAM)
            (fingerprint,) = found.values()
            is_known = self.seen.get(step) == fingerprint and step in self.upstream
            if unsaved or step in self.laid_over or not is_known:
                self._read(process, key)
                self.seen[step] = fingerprint
                self.laid_over.discard(step)
        except StoreUnavailable:
            if step not in self.seen:
                raise
        if unsaved:
            self.laid_over.add(step)
            self._lay_over(unsaved.messages.values(), step)
            self.drafts[step] = process.drafts.current(key)

    def show_earlier(self, process: Process, step: str) -> None:
        """Take WINDOW more messages from before those held."""
        held = self.transcripts[step]
        earlier = process.store.messages(self.key(step), last=WINDOW, before=held[0].position)
        self.transcripts[step] = [*earlier, *held]

    def has_earlier(self, step: str) -> bool:
        """Whether the transcript began before the first message held."""
        held = self.transcripts[step]
        return bool(held) and held[0].position > 1

    def _read(self, process: Process, key: StepKey) -> None:
        try:
            states = process.store.steps(key.team)
        except NotFound as exc:
            raise AccessRefused(NO_TEAM) from exc
        told = process.store.briefing(key.team)
        if held_step.start_when_released(
            process.store, self.permit(Action.OPEN_STEP), states, told, utc_now()
        ):
            states = process.store.steps(key.team)
        self.briefing = told
        draft, known = process.drafts.current(key), self.drafts.get(key.step)
        # With another epoch all is read again: a redaction changes what was complete long ago.
        is_anew = known is None or known.epoch != draft.epoch
        if states != self.states or is_anew:
            self.upstream.clear()
        if key.step not in self.upstream:
            self.upstream[key.step] = upstream_artifacts(process.store, key)
        before = self.states.get(key.step)
        if before is not None and before.era != states[key.step].era:
            # Somebody started the step over, or took that back: another conversation is shown.
            self.transcripts.pop(key.step, None)
        self.states = states
        held = self.transcripts.get(key.step)
        if held is None:
            self.transcripts[key.step] = process.store.messages(key, last=WINDOW)
        else:
            since = held[0].position if is_anew and held else _first_open(held)
            self._lay_over(process.store.messages(key, since=since), key.step)
        self.drafts[key.step] = draft
        self.conflicts[key.step] = process.store.asides(key)
        self._read_update(process, key)

    def _read_update(self, process: Process, key: StepKey) -> None:
        """Read what the last message changed in the draft; once, because that stays as it is."""
        for last in self.transcripts[key.step][-1:]:
            known = (last.id, last.revision)
            is_stored = last.status is MessageStatus.COMPLETE and not isinstance(last, LastWord)
            if is_stored and self.update_read_for.get(key.step) != known:
                is_reply = last.role is Role.ASSISTANT
                self.updates[key.step] = process.store.update_of(key, last.id) if is_reply else None
                self.update_read_for[key.step] = known

    def _lay_over(self, newer: Iterable[Message], step: str) -> None:
        """
        Put *newer* messages into the history: by id, and only where they are not older.

        A reply whose writer died reads as interrupted with the revision it had.
        """
        held = {message.id: message for message in self.transcripts[step]}
        for message in (each for each in newer if each.era == self.states[step].era):
            known = held.get(message.id)
            if known is None or message.revision >= known.revision:
                held[message.id] = message
        self.transcripts[step] = ordered(held.values())


def _first_open(held: list[Message]) -> int:
    """Return the position from which messages may be new or may have changed."""
    for message in held:
        if message.status is not MessageStatus.COMPLETE:
            return message.position
    # The last reply may be written anew, though it was whole.
    return held[-1].position if held else 1
