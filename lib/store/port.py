"""
The port of the store: every read and write of the app, and their contract.

    StoreError
    +-- StoreUnavailable      the database cannot be reached now: retry later
    +-- NotFound              no such workshop or team
    +-- Conflict              another write came first: read again, decide again
    +-- SchemaRefused         the database is newer than this program
    +-- Unstorable            the database rejects this row, now and later
    +-- Closed                the step or workshop accepts no such change now

Drivers' errors become these at one place in each store, chained to their cause.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from lib.store.errors import StoreError
from lib.store.facilitation_port import FacilitationStore
from lib.workshop import steps
from lib.workshop.cascade import Standing
from lib.workshop.choices import Choice
from lib.workshop.interviews.interview import InterviewTitle, StoredInterview
from lib.workshop.local_guide import LocalGuide
from lib.workshop.records import (
    Activity,
    ArtifactVersion,
    Aside,
    Code,
    Discarded,
    Draft,
    EarlierDraft,
    EventRecord,
    Fields,
    Made,
    Recollection,
    Snapshot,
    StepKey,
    StepOverview,
    StepState,
    Team,
    TeamKey,
    Unsent,
    Workshop,
)
from lib.workshop.redaction import Redaction, Trace
from lib.workshop.rights import Facts, Permit
from lib.workshop.roles import Admission, Role
from lib.workshop.status import Change
from lib.workshop.transcript import Message
from lib.workshop.updates import Outcome, Update
from lib.workshop.usage import Call, TeamUsage

#: Seconds for which the writer of a reply holds the lease without renewing it.
LEASE = 10.0

#: How far the clocks of two servers may differ. A start further in the future than this means that
#: a clock was set back.
AHEAD = timedelta(minutes=1)


def longest_lease(lease: float) -> timedelta:
    """
    Return the longest time that a lease of *lease* seconds may still run.

    A lease that seems to run longer dates from before a clock was set back, and is ignored.
    """
    return timedelta(seconds=2 * max(lease, LEASE))


#: Interviews a step keeps.
MAX_INTERVIEWS = 50

#: Seconds after which a call gives up on the database.
PATIENCE = 5.0


class Closed(StoreError):
    """The step or workshop accepts no such change now. Its text gives the user the reason."""


@dataclass(frozen=True)
class Decision:
    """A decision about a team's steps, which is applied as a whole or not at all."""

    #: The first is the cause of the others.
    changes: Sequence[Change]
    actor: str
    at: datetime
    #: Becomes the next version of the first change's step, with its summary.
    artifact: Fields | None = None
    summary: str = ""
    #: What the decision is based on; None to check the statuses alone.
    basis: Standing | None = None
    #: Whether the rows are kept as they were, so that the decision can be undone.
    undoable: bool = False
    #: The rows that an undo restores, by step.
    rows: Mapping[str, Snapshot] = field(default_factory=dict)
    #: The numbers of people's messages that the decision is based on, by step. See `Store.asked`.
    asked: Mapping[str, int] = field(default_factory=dict)

    @property
    def rests_on(self) -> frozenset[str]:
        """The steps whose drafts must not have changed since the decision."""
        return frozenset({change.step for change in self.changes} | set(self.asked))


class Store(FacilitationStore, Protocol):
    """
    One workshop database.

    Thread safety: every method may be called from any thread at any time.
    Ownership: records are immutable and belong to nobody; nothing passed in is kept or changed.
    Atomicity: each call is one transaction.
    Idempotence: every write may be repeated after an error and takes effect once.
    Rights: a write under a permit (`lib.store.permits`) checks, in its own transaction, that the right
    still stands (`lib.workshop.rights`). It raises AccessRefused if the link, pass or role is gone, Closed
    if the step or workshop accepts no such change, and then writes nothing. A change that ended the
    right and committed first always wins. A repeat of what is already stored is no new write.
    Errors: the family above and nothing else. Text is stored as given: it has been cleaned
    (`lib.workshop.transcript.clean`) where it came in. All times are aware and in UTC, to the microsecond.
    Patience: no call takes longer than `PATIENCE`, even if the database hangs.

    Leases: the writer of a message of status `streaming` holds it for LEASE seconds from each
    write, by the database's clock. A message whose lease has expired is read as `interrupted`,
    because its writer is dead.
    """

    def close(self) -> None:
        """Close every connection. The store is not used afterwards."""
        ...

    def read_clock(self) -> datetime | None:
        """Return the database's clock; None if it has none of its own."""
        ...

    def newest_time(self) -> datetime | None:
        """
        Return the newest time that was stored: of a message, a note, an event or a draft.

        None if nothing is stored, or if the database has a clock of its own.
        """
        ...

    # Workshops and teams

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        """
        Add a workshop with its teams: for each, the first step in progress, the others not started.

        The start of each first step is an event like any other.
        """
        ...

    def workshops(self) -> list[Workshop]:
        """Return all workshops, newest first."""
        ...

    def workshop(self, workshop_id: str) -> Workshop:
        """Return one workshop. Raises NotFound."""
        ...

    def teams(self, workshop_id: str) -> list[Team]:
        """Return a workshop's teams by position; none for an unknown workshop."""
        ...

    def team_by_link(self, link: str) -> Team:
        """Return the team whose link this is. Raises NotFound, also if it is revoked."""
        ...

    def facts(self, permit: Permit) -> Facts | None:
        """Return the stored facts that decide a permit, in one query for a team's; None if there are none."""
        ...

    def fingerprints(self, pages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """
        Return a fingerprint of what each step's page shows, by a team's link and a step.

        Short, and different whenever the page has something else to show: the team's statuses, that
        step's messages, draft and conflicts, how the workshop is run. A link that opens nothing has
        none. One query for any number of pages.
        """
        ...

    # Steps, drafts and artifacts

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each of the ten steps, in order. Raises NotFound."""
        ...

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft; the empty draft if nothing was drafted. Raises NotFound."""
        ...

    def earlier_drafts(self, key: StepKey, last: int) -> list[EarlierDraft]:
        """
        Return the *last* drafts of a step that something was removed from, newest first.

        Of every epoch, also from before a reset. A draft that is replaced by one without something
        that was in it (`lib.workshop.draft_history.takes_out`) is kept in the transaction
        that replaces it, by a save or a decision. How many: see `to_drop` there.
        """
        ...

    def replace_draft(self, key: StepKey, draft: Draft) -> None:
        """
        Store *draft* in place of its base. Raises Conflict if that is not the stored one.

        As `save`, but for a person, whose right it checks.
        """
        ...

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest artifact version of each step that has one."""
        ...

    def standing(self, team: TeamKey) -> Standing:
        """Return everything that decides what an event does to a team's steps. Raises NotFound."""
        ...

    def versions(self, key: StepKey) -> list[ArtifactVersion]:
        """Return every artifact a step has had, oldest first."""
        ...

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """
        Apply a decision in one transaction: see `lib.workshop.effects.carried_out`.

        Each change writes its step's row and one event. Raises Conflict, and changes nothing, if a
        step no longer has the status its change starts from; if, since the decision's standing was
        read, any step of the team has moved or the draft of a step to be moved was edited; or if
        people have written more messages in a step than the decision knows of.
        """
        ...

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's event log, oldest first."""
        ...

    def snapshots(self, workshop_id: str, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return the rows kept with some events, as they were before them, by step."""
        ...

    def asked(self, team: TeamKey) -> dict[str, int]:
        """Return how many messages people have written in each step, in all eras; it never shrinks."""
        ...

    # What is typed

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep an edit that conflicts with the draft; a newer one from the same writer stays."""
        ...

    def asides(self, key: StepKey) -> list[Aside]:
        """Return a step's conflicts, oldest first."""
        ...

    def use_aside(self, key: StepKey, aside: Aside, draft: Draft, replaced: Aside | None) -> bool:
        """
        Store the *draft* that holds an aside's value, forget the aside, keep what it *replaced*.

        Returns False, and changes nothing, if the aside is no longer stored as given. Raises
        Conflict, and changes nothing, if the draft's base is not the stored one.
        """
        ...

    def drop_aside(
        self, key: StepKey, field: str, writer: str, revision: int | None = None
    ) -> None:
        """
        Delete a writer's aside for a field: it was used, or is not wanted.

        With a *revision*, only if it has that one: nobody discards words they have not seen.
        """
        ...

    def keep_unsent(self, key: StepKey, unsent: Unsent) -> Unsent:
        """
        Keep what a tab's chat box holds; the larger revision wins. Return what is stored now.

        Only a caller that knows the writer's id can change its text.
        """
        ...

    def unsent(self, key: StepKey, writer: str) -> Unsent | None:
        """Return what a writer's chat box held when it was last saved; None for an unknown id."""
        ...

    # Interviews

    def add_interview(self, key: StepKey, new: StoredInterview) -> None:
        """
        Keep an interview behind those the step has; one with the same id stays as it is.

        Raises Conflict if the step has MAX_INTERVIEWS, NotFound if there is no such step.
        """
        ...

    def interviews(self, key: StepKey) -> list[InterviewTitle]:
        """Return the titles of a step's interviews, in the order they were brought."""
        ...

    def interview(self, key: StepKey, interview_id: str) -> StoredInterview | None:
        """Return an interview of a step with all its text, or None."""
        ...

    def change_interview(self, key: StepKey, changed: StoredInterview) -> None:
        """
        Store who is called what in an interview, and who asks; the text stays.

        Raises Conflict, and changes nothing, unless its revision is the next after the stored one.
        """
        ...

    # Transcripts

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        """
        Append new messages to a step's transcript, in this order, at adjacent positions.

        Returns those that were new, with their positions. A message whose id is already stored stays
        as it is and is not returned: of two writers with the same id, only the first gets it back.
        A *reply* follows them, but only if a message waits for one: it is left out behind another
        reply, unless it redrafts the step, and while any server writes another reply, because a
        step has one writer at a time. Placing the reply of a redraft (`want_redraft`) ends that
        request. Raises NotFound if there is no such step.
        """
        ...

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """
        Upsert placed messages and the step's draft. A message that is stored with the same or a
        newer revision stays, and a complete one always stays.

        A draft is stored if the stored one is still its base, in the same epoch; one that is stored
        already stays. Raises Conflict if another save came first, and then stores nothing of this
        call: read, merge, save again. A draft without a base is stored if it is newer.

        The cost does not depend on the length of the transcript: one message alone is one statement
        in one round trip. Raises Unstorable if the database rejects a row; the other rows are still
        stored.
        """
        ...

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """
        Lease an unfinished message to the caller for a new attempt, and return it as stored.

        Its status is `streaming` again and its revision that of a next attempt
        (`lib.workshop.transcript.next_attempt`), so that an earlier writer's late saves cannot win.
        Returns None if the message is complete, unknown or leased, and while another one in the step
        is leased.
        """
        ...

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        """
        Store a reply's final text together with its effect on the draft and its read-back; return
        whether it is stored.

        Returns False, and changes nothing, if the reply was stopped, taken over or ended meanwhile.
        Raises Conflict, and changes nothing, if the stored draft is not the outcome's base.
        """
        ...

    def update_of(self, key: StepKey, message_id: str) -> Update | None:
        """Return what a complete reply changed in the draft; None if it changed nothing."""
        ...

    def choices(self, key: StepKey, replies: Collection[str]) -> list[Choice]:
        """Return what was last decided about each item of some replies."""
        ...

    def choose(self, key: StepKey, choice: Choice, draft: Draft) -> bool:
        """
        Store a decision about an item of a reply with the *draft* it leads to; return whether it is
        stored.

        Returns False, and changes nothing, if the choice's revision is not the item's next one, because
        somebody else pressed first, or if the reply is no longer in the transcript as it was pressed.
        Raises Conflict, and changes nothing, if the draft's base is not the stored one.
        """
        ...

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        """
        Request a redraft of the step by a reply of this id, once no other one is being written.

        Does nothing if one is requested already. See `StepState.redraft`.
        """
        ...

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """
        Interrupt a message that any process is writing: it is `interrupted`, and its text stays.

        Its revision is that of a next attempt (`lib.workshop.transcript.next_attempt`), so that its
        writer's later saves cannot win. Does nothing if the message has ended or is unknown.
        """
        ...

    def messages(
        self,
        key: StepKey,
        *,
        last: int | None = None,
        before: int | None = None,
        since: int | None = None,
        era: int | None = None,
    ) -> list[Message]:
        """
        Return a step's messages in order: all, or the *last* n of those at a position under
        *before* and at or over *since*; of the present era, or of an archived one.
        """
        ...

    def eras(self, key: StepKey) -> list[int]:
        """Return the eras of a step's transcript that hold messages, the oldest first."""
        ...

    # Review

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        """
        Return one workshop, its teams by position, and their use of models, in one query.

        Raises NotFound.
        """
        ...

    def overview(self, workshop_id: str) -> list[StepOverview]:
        """
        Return ten cells a team, teams by position and steps in order, in one query that reads no
        message's text.
        """
        ...

    def made_with(self, workshop_id: str, words: Sequence[str], limit: int) -> list[Made]:
        """
        Return the drafts and newest artifacts of a workshop that hold each of *words*, *limit* of
        them at most, teams by position and steps in order.

        *words* are in small letters and hold no white space. The result is
        a superset: a word may also match the name of a field.
        """
        ...

    def activity(self, workshop_id: str, seconds: int) -> list[Activity]:
        """
        Return how many messages, of every era, each team has written in each interval of *seconds*
        since 1970, by time; intervals without any are left out.
        """
        ...

    # Access: a revoked link or code raises NotFound, as an unknown one does

    def change_link(self, team: TeamKey, link: str, *, revoked: bool) -> None:
        """
        Give a team another link, and delete its code. Raises NotFound.

        The link of a *revoked* team opens nothing.
        """
        ...

    def observer_link(self, workshop_id: str) -> str:
        """Return the observers' link; empty if there is none."""
        ...

    def set_observer_link(self, workshop_id: str, link: str) -> None:
        """Make *link* the observers' only link; empty for none."""
        ...

    def grant(self, workshop_id: str, email: str, role: Role | None) -> None:
        """Add a person as co-facilitator or observer; None removes them."""
        ...

    def grants(self, workshop_id: str) -> dict[str, Role]:
        """Return the roles granted in a workshop, by address, in its order."""
        ...

    def granted(self, email: str) -> dict[str, Role]:
        """Return a person's roles, by workshop."""
        ...

    def admission(self, workshop_id: str, email: str) -> Admission:
        """Return what decides a person's access to a workshop, in one query. Raises NotFound."""
        ...

    def set_code(self, team: TeamKey, code: Code) -> None:
        """
        Make *code* the team's only one; the previous one expires now.

        Raises Unstorable if another team has that code, or there is no such team.
        """
        ...

    def codes(self, workshop_id: str) -> dict[str, Code]:
        """Return the unexpired codes of a workshop's teams, by team."""
        ...

    def team_by_code(self, code: str) -> Team:
        """Return the team a code opens now. Raises NotFound."""
        ...

    def code_has_expired(self, code: str) -> bool:
        """
        Whether this was a team's code and has expired or was replaced.

        False for a code that opens a team, and for one whose team has got another link since. Known
        for `lib.workshop.records.CODE_REMEMBERED` after it expired.
        """
        ...

    def keep_pass(self, digest: str, expires_at: datetime) -> None:
        """Store the digest of the pass that a browser got for the facilitators' passcode."""
        ...

    def holds_pass(self, digest: str) -> bool:
        """Whether this is the digest of a stored pass that has not expired."""
        ...

    def drop_pass(self, digest: str) -> None:
        """Delete a pass."""
        ...

    def local_guide(self, machine: str) -> LocalGuide | None:
        """Return the model that guides the workshops of the machine of that name, if one was chosen."""
        ...

    def choose_local_guide(self, machine: str, local: LocalGuide | None) -> None:
        """Store which model guides the workshops of a machine, or with None that none does."""
        ...

    def attempt(self, kind: str, who: str, within: float, by: int = 1) -> int:
        """
        Count *by* more attempts of a kind; return how many there were *within* so many seconds.

        The seconds run from the first attempt; then the count starts again at 0. *by* may be negative.
        """
        ...

    # Replies written again

    def discard(self, key: StepKey, message_id: str, draft: Draft | None = None) -> Message | None:
        """
        Archive the text of a step's last reply, and lease the message to the caller for a new attempt.

        *draft*, without the reply's changes, replaces the stored draft. Raises Conflict, and changes
        nothing, if the draft's base is not the stored one.

        The message is returned empty, with the status `streaming` and the revision of a next
        attempt, so that a late writer of the discarded one cannot win. Returns None, and changes
        nothing, if it is not the guide's, not complete, or no longer the last message.
        """
        ...

    def discarded(self, key: StepKey) -> list[Discarded]:
        """Return the archived texts of replies that were written again, oldest first."""
        ...

    # Redacting

    def traces(self, key: StepKey, message_id: str) -> list[Trace]:
        """
        Return every other place that holds the words of a message, of any era: in all the team's
        data, and in notes to all teams.

        Raises NotFound if there is no such message.
        """
        ...

    def redact(
        self,
        key: StepKey,
        redaction: Redaction,
        *,
        keeping: Collection[str] = (),
        author_too: bool = False,
    ) -> None:
        """
        Put `lib.workshop.redaction.MARKER` in place of a message and its traces, in one transaction.

        Traces at the places *keeping* stay. Late saves cannot bring the words back: the message is
        complete with the revision of a next attempt; the team's replies that are being written are
        interrupted; each begun step gets another draft revision and epoch, so that decisions and
        edits based on an earlier draft conflict; and new asides and summaries are compared with the
        words' digests. Raises NotFound if there is no such message; redacting it again changes
        nothing.
        """
        ...

    def redactions(self, workshop_id: str) -> list[Redaction]:
        """Return what was redacted in a workshop, oldest first."""
        ...

    # Summaries of older conversations

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return the summary of an era of a step's transcript; None if there is none."""
        ...

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """
        Store the summary of the older part of an era's transcript; the one that covers more wins.

        Raises Unstorable if there is no such step, or the summary is empty.
        """
        ...

    # Calls of models

    def record_call(self, call: Call) -> None:
        """
        Store a finished call of a model, once by its id.

        Raises Unstorable if it has no team, or the team has no such step.
        """
        ...

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return each team's totals of model calls, in one query; none for a team without calls."""
        ...


def upstream(store: Store, key: StepKey) -> dict[str, ArtifactVersion]:
    """Return the current artifacts of the upstream steps, by slug."""
    feeds = steps.step(key.step).feeds_from
    versions = store.artifacts(key.team)
    return {step: versions[step] for step in feeds if step in versions}


def upstream_artifacts(store: Store, key: StepKey) -> dict[str, Fields]:
    """Return the fields of the current artifacts of the upstream steps, by slug."""
    return {step: version.fields for step, version in upstream(store, key).items()}
