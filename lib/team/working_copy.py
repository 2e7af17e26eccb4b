"""
A working copy: one tab's view of one team, which may be ahead of the store.

A cache that may vanish at any moment (F5, a new server, another replica). The database and the URL
hold the truth.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from lib.store import permits
from lib.store.errors import NotFound, StoreUnavailable
from lib.store.port import upstream_artifacts
from lib.team import read_backs
from lib.team.process import Process
from lib.workshop import roles, steps
from lib.workshop.choices import Choice
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
from lib.workshop.updates import LastWord
from lib.workshop.views import Briefing

#: Replies of which a page shows what they took.
RECENT = 5

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
    """The statuses, transcripts and drafts of one team, as one tab knows them."""

    team: Team
    workshop: Workshop
    states: dict[str, StepState] = field(default_factory=dict)
    #: The agenda, the facilitator's messages, and whether the workshop is archived.
    briefing: Briefing = field(default_factory=Briefing)
    #: The last messages, or more, of each opened step, in order.
    transcripts: dict[str, list[Message]] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    upstream: dict[str, dict[str, Fields]] = field(default_factory=dict)
    #: The fingerprint of each step when it was last read.
    seen: dict[str, str] = field(default_factory=dict)
    #: Steps that show unsaved changes: their stored state must be read again.
    laid_over: set[str] = field(default_factory=set)
    #: The question the page shows before reopening its step, if any.
    reopen_question: ReopenQuestion | None = None
    #: The step this tab shows; None before the first.
    open_step: str | None = None
    #: Ids of messages the chat box need not send again, by step.
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    #: Why a message went back into the box, by message id.
    refused: dict[str, str] = field(default_factory=dict)
    #: Whether this tab's last messages exceeded the team's rate limit.
    is_over_rate: bool = False
    #: Long messages this tab shows in full, by id.
    unfolded: set[str] = field(default_factory=set)
    #: The newest revision received from each writer, by step.
    received: dict[str, dict[str, int]] = field(default_factory=dict)
    #: The conflicts kept beside the draft of each step.
    conflicts: dict[str, list[Aside]] = field(default_factory=dict)
    #: The last replies of each step with what they took, oldest first, and what was decided about it.
    replies: dict[str, list[Message]] = field(default_factory=dict)
    choices: dict[str, list[Choice]] = field(default_factory=dict)
    #: What they were read for: they change with the draft or the replies alone.
    choices_read_for: dict[str, object] = field(default_factory=dict)
    #: All of that as the page shows it, and the draft and choices it was made for.
    reply_lines: dict[str, tuple[object, list[dict[str, Any]]]] = field(default_factory=dict)
    #: Ids of presses on them that this tab has carried out, by step.
    pressed: dict[str, set[str]] = field(default_factory=dict)

    def key(self, step: str) -> StepKey:
        """Return the key of one of this team's steps."""
        return self.team.step_key(step)

    def ask(self, action: Action, key: StepKey | None = None) -> None:
        """Check that this tab's team may act, in its own steps only. Raises AccessRefused."""
        roles.as_team(self.team.key, action, key.team if key else None)

    def permit(self, action: Action, step: str = "") -> TeamPermit:
        """Return the permit for an action in *step*, or in the team as a whole."""
        return TeamPermit(action, self.team.key, self.team.link, step)

    @contextmanager
    def acting(self, process: Process, action: Action, step: str = "") -> Iterator[None]:
        """
        Run writes as this tab's team, each accepted only while its right stands.

        The right is checked first, and again by each write in its own transaction. Raises
        AccessRefused if the link no longer opens this team, Closed if the step or workshop does not
        accept the change, StoreError.
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
        """Return why the facilitator allows no changes in *step*; empty if they do."""
        return self.briefing.closed_because(step)

    def is_read_only(self, step: str) -> bool:
        """Whether *step* accepts neither messages nor edits."""
        return is_read_only(self.states[step].status) or bool(self.closed_because(step))

    def refresh(self, process: Process, step: str) -> None:
        """
        Read what changed: statuses, new messages, the draft, conflicts.

        While the database is away, this tab keeps what it holds. Raises StoreUnavailable if it holds
        nothing yet, AccessRefused if the team's link was replaced or revoked.
        """
        key = self.key(step)
        unsaved = process.autosave.pending(key)
        try:
            # Read the fingerprint first: the next poll then finds what changes meanwhile.
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
        """Load WINDOW more messages from before those held."""
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
        briefing = process.store.briefing(key.team)
        self.briefing = briefing
        draft, known = process.drafts.current(key), self.drafts.get(key.step)
        # Read everything again in a new epoch: a redaction changes old, complete messages.
        is_new_epoch = known is None or known.epoch != draft.epoch
        if states != self.states or is_new_epoch:
            self.upstream.clear()
        if key.step not in self.upstream:
            self.upstream[key.step] = upstream_artifacts(process.store, key)
        before = self.states.get(key.step)
        if before is not None and before.era != states[key.step].era:
            # The step was reset, or a reset undone: show the other conversation.
            self.transcripts.pop(key.step, None)
        self.states = states
        held = self.transcripts.get(key.step)
        if held is None:
            self.transcripts[key.step] = process.store.messages(key, last=WINDOW)
        else:
            since = held[0].position if is_new_epoch and held else _first_open(held)
            self._lay_over(process.store.messages(key, since=since), key.step)
        self.drafts[key.step] = draft
        self.conflicts[key.step] = process.store.asides(key)
        self._read_choices(process, key)

    def _read_choices(self, process: Process, key: StepKey) -> None:
        """Read what the last replies took and what was decided about it, if that may have changed."""
        whole = [each for each in self.transcripts[key.step] if _is_whole_reply(each)][-RECENT:]
        draft = self.drafts[key.step]
        read_for = draft.epoch, draft.revision, [(each.id, each.revision) for each in whole]
        if self.choices_read_for.get(key.step) == read_for:
            return
        # An earlier release stores no lines: they are made for the last reply alone.
        last = [read_backs.with_lines(process.store, key, each) for each in whole[-1:]]
        replies = [each for each in (*whole[:-1], *last) if each.read_back is not None]
        ids = [each.id for each in replies]
        self.choices[key.step] = process.store.choices(key, ids)
        self.replies[key.step] = replies
        self.choices_read_for[key.step] = read_for

    def _lay_over(self, newer: Iterable[Message], step: str) -> None:
        """
        Merge *newer* messages into the history by id; an equal or higher revision wins.

        A reply whose writer died reads as interrupted with an unchanged revision.
        """
        held = {message.id: message for message in self.transcripts[step]}
        for message in (each for each in newer if each.era == self.states[step].era):
            known = held.get(message.id)
            if known is None or message.revision >= known.revision:
                held[message.id] = message
        self.transcripts[step] = ordered(held.values())


def _is_whole_reply(message: Message) -> bool:
    is_whole = message.status is MessageStatus.COMPLETE and not isinstance(message, LastWord)
    return is_whole and message.role is Role.ASSISTANT


def _first_open(held: list[Message]) -> int:
    """Return the position from which messages may be new or may have changed."""
    for message in held:
        # What a reply took is decided when it is stored.
        if message.status is not MessageStatus.COMPLETE or isinstance(message, LastWord):
            return message.position
    # A complete last reply may still be rewritten.
    return held[-1].position if held else 1
