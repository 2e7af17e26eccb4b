"""
What the app may ask of persistence.

    StoreError
    +-- StoreUnavailable      the database cannot be reached, or not now: try again later
    +-- NotFound              no such workshop or team
    +-- Conflict              somebody else was faster: read again, decide again
    +-- SchemaRefused         the database is newer than this program
    +-- Unstorable            the database refuses this very row, now and later
    +-- Closed                the step or workshop accepts no such change now

Drivers' errors become these at one place in each store, chained to their cause.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from lib.store.errors import StoreError
from lib.store.facilitation_port import RoomStore
from lib.workshop import steps
from lib.workshop.cascade import Standing
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

#: Seconds for which the writer of a reply may write without renewing its right to.
LEASE = 10.0

#: How far the clocks of two servers may be apart: what seems to have begun later than that from now
#: was begun before a clock was set back.
AHEAD = timedelta(minutes=1)


def longest_lease(lease: float) -> timedelta:
    """
    Return the longest time a lease of *lease* seconds may still run.

    One that seems to run longer was given before a clock was set back: it holds nobody up.
    """
    return timedelta(seconds=2 * max(lease, LEASE))


#: Seconds after which a call gives up on the database.
PATIENCE = 5.0


class Closed(StoreError):
    """The step or workshop accepts no such change now. Its text says why, to whoever asked."""


@dataclass(frozen=True)
class Decision:
    """What was decided about a team's steps, to be carried out as one."""

    #: The first is the cause of the others.
    changes: Sequence[Change]
    actor: str
    at: datetime
    #: Becomes the next version of the first change's step, with its summary.
    artifact: Fields | None = None
    summary: str = ""
    #: What it was decided on; None to go by the statuses alone.
    basis: Standing | None = None
    #: Whether the rows are kept as they were, so that it can be undone.
    undoable: bool = False
    #: The rows an undo gives back, by step.
    rows: Mapping[str, Snapshot] = field(default_factory=dict)
    #: Where it rests on what people have written: how many messages, by step. See `Store.asked`.
    asked: Mapping[str, int] = field(default_factory=dict)

    @property
    def rests_on(self) -> frozenset[str]:
        """The steps whose drafts must still be as they were when it was decided."""
        return frozenset({change.step for change in self.changes} | set(self.asked))


class Store(RoomStore, Protocol):
    """
    One workshop database.

    Thread safety: every method may be called from any thread at any time.
    Ownership: records are immutable and belong to nobody; nothing passed in is kept or changed.
    Atomicity: each call is one transaction, wholly there or not at all.
    Repetition: every write may be repeated after an error and then has happened once.
    Rights: a write under a permit (`lib.store.permits`) checks, in its own transaction, that the right
    still stands (`lib.workshop.rights`). It raises AccessRefused where the link, pass or role is gone, Closed
    where the step or workshop accepts no such change, and then nothing was written. What ended the
    right and committed first always wins. A repeat of what is already stored is no new write.
    Errors: the family above and nothing else. Text is stored as given: it has been cleaned
    (`lib.workshop.transcript.clean`) where it came in. All times are aware and in UTC, to the microsecond.
    Patience: no call takes longer than `PATIENCE`, however the database behaves.

    Leases: whoever writes a message of status `streaming` holds it for LEASE seconds from each
    write, by the database's clock. A message whose lease ran out is read as `interrupted`: its
    writer is dead, whatever the row says.
    """

    def close(self) -> None:
        """Let go of every connection. The store is not used afterwards."""
        ...

    def read_clock(self) -> datetime | None:
        """Return the database's clock; None where it has no other than this server's."""
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
        """Return the team whose link this is. Raises NotFound, also where it is revoked."""
        ...

    def facts(self, permit: Permit) -> Facts | None:
        """Return what is stored of all a permit rests on, in one query for a team's; None for nothing."""
        ...

    def fingerprints(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """
        Return a fingerprint of what each step's page shows, by a team's link and a step.

        Short, and another one whenever the page has something else to show: where the team stands,
        what is said, drafted and set aside in that step, how the workshop is run. None for a link
        that opens nothing. One query, however many are asked for.
        """
        ...

    # Steps, drafts and artifacts

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each of the ten steps, in order. Raises NotFound."""
        ...

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft; the empty draft where nothing was drafted. Raises NotFound."""
        ...

    def earlier_drafts(self, key: StepKey, last: int) -> list[EarlierDraft]:
        """
        Return the *last* drafts of a step that something was taken out of, newest first.

        Of every epoch, also from before the step was started over. A draft that is replaced by one
        without something that was in it (`lib.workshop.draft_history.takes_out`) is kept in the transaction
        that replaces it, whoever does: a save, or a decision. How many: see `to_drop` there.
        """
        ...

    def replace_draft(self, key: StepKey, draft: Draft) -> None:
        """
        Store *draft* in place of its base. Raises Conflict where that is not the stored one.

        What `save` does for the process itself, this does for a person, whose right it checks.
        """
        ...

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest artifact version of each step that has one."""
        ...

    def standing(self, team: TeamKey) -> Standing:
        """Return all that decides what an event does to a team's steps. Raises NotFound."""
        ...

    def versions(self, key: StepKey) -> list[ArtifactVersion]:
        """Return every artifact a step has had, oldest first."""
        ...

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """
        Carry out what was decided, in one transaction: see `lib.workshop.effects.carried_out`.

        Each change writes its step's row and one event. Raises Conflict, and changes nothing, where
        a step no longer has the status its change starts from, or where, since the standing the
        decision rests on was read, any step of the team has moved or the draft of one that is to be
        moved was edited; or where people have written in a step more than the decision knows of.
        """
        ...

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's story, oldest first."""
        ...

    def snapshots(self, workshop_id: str, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return the rows kept with some events, as they were before them, by step."""
        ...

    def asked(self, team: TeamKey) -> dict[str, int]:
        """Return how many messages people have written in each step, in all eras; only ever more."""
        ...

    # What is typed

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep what could not go into the draft; what is there from the same writer and newer stays."""
        ...

    def asides(self, key: StepKey) -> list[Aside]:
        """Return what was set aside in a step, oldest first."""
        ...

    def use_aside(self, key: StepKey, aside: Aside, draft: Draft, replaced: Aside | None) -> bool:
        """
        Store the *draft* that holds an aside's value, forget the aside, keep what it *replaced*.

        Returns False, and changes nothing, where the aside is not there any more as it is given.
        Raises Conflict, and changes nothing, where the draft's base is not the stored one.
        """
        ...

    def drop_aside(
        self, key: StepKey, field: str, writer: str, revision: int | None = None
    ) -> None:
        """
        Forget what a writer's aside for a field holds: it was used, or is not wanted.

        With a *revision* only what has that one: nobody discards words they have not seen.
        """
        ...

    def keep_unsent(self, key: StepKey, unsent: Unsent) -> Unsent:
        """
        Keep what a tab's chat box holds; the larger revision wins. Return what is stored now.

        Only who knows the writer's id can change its text.
        """
        ...

    def unsent(self, key: StepKey, writer: str) -> Unsent | None:
        """Return what a writer's chat box held when it was last saved; None for an unknown id."""
        ...

    # Transcripts

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        """
        Put new messages at the end of a step's transcript, in this order, side by side.

        Returns those that were new, with the positions they got. A message whose id is already
        stored is left as it is and left out of the answer, so two writers with the same id make one
        message and only the first of them is told it was theirs. A *reply* goes behind
        them, but only where somebody waits for one: behind another reply it is left out too, unless
        it drafts the step anew. While another reply is being written, by whichever server, it is
        left out in any case: a step has one writer at a time. A redraft that was wanted
        (`want_redraft`) is wanted no more once its reply is placed.
        Raises NotFound where there is no such step.
        """
        ...

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """
        Upsert placed messages and the step's draft; a message that is stored with the same or a
        newer revision stays, and a complete one stays whatever comes.

        A draft is stored where the stored one still is the one it was made from, in the same epoch;
        one that is there already stays. Raises Conflict where somebody else was faster, and then
        nothing of this call is stored: read, put both together, save again. A draft that knows no
        base is stored where it is newer.

        Costs what is given, whatever the length of the transcript: one message alone is one
        statement in one round trip. Raises Unstorable where the database refuses a row; everything
        else that was given is stored all the same.
        """
        ...

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """
        Lease an unfinished message to the caller for a new attempt, and return it as stored.

        Its status is `streaming` again and its revision that of a next attempt
        (`lib.workshop.transcript.next_attempt`), so that nothing an earlier writer still saves can win.
        Returns None where the message is complete, unknown, or held by somebody alive, and while
        somebody alive writes another one in the step.
        """
        ...

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        """
        Store a reply's last word together with what it does to the draft; return whether it is there.

        Returns False, and changes nothing, where the reply was stopped, taken over or ended
        meanwhile: what is stored is as new, or complete. Raises Conflict, and changes nothing, where
        the stored draft is not the one the outcome's was made from.
        """
        ...

    def update_of(self, key: StepKey, message_id: str) -> Update | None:
        """Return what a whole reply changed in the draft; None where it changed nothing."""
        ...

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        """
        Have a reply of this id draft the step anew once no other one is being written.

        Does nothing where one is wanted already. See `StepState.redraft`.
        """
        ...

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """
        End a message that is being written, whoever writes it: it is `interrupted`, its text stays.

        Its revision is that of a next attempt (`lib.workshop.transcript.next_attempt`), so that nothing its
        writer still saves can win. Does nothing where the message has ended or is unknown.
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
        Return one workshop, its teams by position, and what their models were asked, in one query.

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

        *words* are in small letters and hold no white space. What is returned is narrowed, not
        proven: a word may stand in the name of a field.
        """
        ...

    def activity(self, workshop_id: str, seconds: int) -> list[Activity]:
        """
        Return how many messages, of every era, each team has written in each stretch of *seconds*
        since 1970, by time; stretches without any are left out.
        """
        ...

    # Ways in: for what opens nothing any more, NotFound as for what never did

    def change_link(self, team: TeamKey, link: str, *, revoked: bool) -> None:
        """
        Give a team another link, and forget its code. Raises NotFound.

        A *revoked* team's link opens nothing, whoever knows it.
        """
        ...

    def observer_link(self, workshop_id: str) -> str:
        """Return the link that lets anybody read along; empty where there is none."""
        ...

    def set_observer_link(self, workshop_id: str, link: str) -> None:
        """Make *link* the only one that lets anybody read along; empty for none."""
        ...

    def workshop_by_observer_link(self, link: str) -> Workshop:
        """Return the workshop this link lets anybody read along in. Raises NotFound."""
        ...

    def grant(self, workshop_id: str, email: str, role: Role | None) -> None:
        """Let somebody in as co-facilitator or observer; with None, no more."""
        ...

    def grants(self, workshop_id: str) -> dict[str, Role]:
        """Return who was let into a workshop, by address, in its order."""
        ...

    def granted(self, email: str) -> dict[str, Role]:
        """Return the workshops somebody was let into, by id."""
        ...

    def admission(self, workshop_id: str, email: str) -> Admission:
        """Return whom a workshop lets in, in one query. Raises NotFound."""
        ...

    def set_code(self, team: TeamKey, code: Code) -> None:
        """
        Make *code* the team's only one; the one before has expired from now on.

        Raises Unstorable where another team has that code, or there is no such team.
        """
        ...

    def codes(self, workshop_id: str) -> dict[str, Code]:
        """Return the codes of a workshop's teams that have not run out, by team."""
        ...

    def team_by_code(self, code: str) -> Team:
        """Return the team a code opens now. Raises NotFound."""
        ...

    def code_has_expired(self, code: str) -> bool:
        """
        Whether this was a team's code and is no more, because it ran out or was replaced.

        False for one that opens a team, and for one whose team has another link since. Known for
        `lib.workshop.records.CODE_REMEMBERED` after it ran out.
        """
        ...

    def keep_pass(self, digest: str, expires_at: datetime) -> None:
        """Remember what a browser holds that gave the house's passcode, as a digest."""
        ...

    def holds_pass(self, digest: str) -> bool:
        """Whether this is the digest of a pass that was kept and has not run out."""
        ...

    def drop_pass(self, digest: str) -> None:
        """Forget a pass."""
        ...

    def attempt(self, kind: str, who: str, within: float, by: int = 1) -> int:
        """
        Count *by* more attempts of a kind; return how many there were *within* so many seconds.

        The seconds run from the first attempt; after them it begins at 0. *by* may take some back.
        """
        ...

    # Replies written anew

    def discard(self, key: StepKey, message_id: str, draft: Draft | None = None) -> Message | None:
        """
        Archive what the last reply of a step said, and lease it to the caller for a new attempt.

        With it goes what it did: *draft*, without that, is stored in its place. Raises Conflict,
        and changes nothing, where the draft's base is not the stored one.

        It is handed out empty, with the status `streaming` and the revision of a next attempt, so
        that a late writer of the discarded one cannot win. Returns None, and changes nothing, where
        it is not the guide's, not complete, or not the last message any more.
        """
        ...

    def discarded(self, key: StepKey) -> list[Discarded]:
        """Return the replies of a step that were written anew, oldest first; no transcript has them."""
        ...

    # Redacting

    def traces(self, key: StepKey, message_id: str) -> list[Trace]:
        """
        Return where the words of one of a step's messages, of any era, stand besides itself: in
        whatever is kept of the team, and in what is written to all teams.

        Raises NotFound where there is no such message.
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
        Put `lib.workshop.redaction.MARKER` in the place of a message and of its traces, in one transaction.

        Traces at the places *keeping* stay. Nothing that is saved late brings the words back: the
        message is complete with the revision of a next attempt, replies of the team that are being
        written are interrupted, each begun step has another draft revision and epoch, so that what
        was decided on or typed into an earlier draft is a conflict, and what is then set aside or
        remembered is compared with the words' digests. Raises NotFound where there is no such
        message; redacting it again changes nothing.
        """
        ...

    def redactions(self, workshop_id: str) -> list[Redaction]:
        """Return what was redacted in a workshop, oldest first."""
        ...

    # What older conversations came to

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return what is remembered of an era of a step's transcript; None where nothing is."""
        ...

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """
        Keep what the older part of a transcript came to, one a step and era: who covers more wins.

        Raises Unstorable where there is no such step, or nothing in it.
        """
        ...

    # Calls of models

    def record_call(self, call: Call) -> None:
        """
        Keep a call of a model that is over, once by its id.

        Raises Unstorable where it has no team, or the team has no such step.
        """
        ...

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return what the calls of each team come to, in one query; none for a team without any."""
        ...


def upstream(store: Store, key: StepKey) -> dict[str, ArtifactVersion]:
    """Return the present artifacts of the steps this one is made from, by slug."""
    feeds = steps.step(key.step).feeds_from
    versions = store.artifacts(key.team)
    return {step: versions[step] for step in feeds if step in versions}


def upstream_artifacts(store: Store, key: StepKey) -> dict[str, Fields]:
    """Return the fields of the present artifacts of the steps this one is made from, by slug."""
    return {step: version.fields for step, version in upstream(store, key).items()}
