"""What a workshop is made of: the records that travel between store, replies and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from lib.workshop.status import Event, Phase, StaleMark, Status

#: The languages a workshop can be held in, each by its own name.
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
}

#: The fields of a step's draft or artifact, as JSON: see `lib.workshop.artifacts.models` for their names.
Fields = dict[str, Any]


class TeamKey(NamedTuple):
    """Which team; the workshop leads, as in every key."""

    workshop_id: str
    team_id: str


class StepKey(NamedTuple):
    """Which team's step: what is loaded, saved and written to as one."""

    workshop_id: str
    team_id: str
    step: str

    @property
    def team(self) -> TeamKey:
        """The team whose step this is."""
        return TeamKey(self.workshop_id, self.team_id)


@dataclass(frozen=True)
class Workshop:
    """A run by a facilitator."""

    id: str
    title: str
    #: The challenge in a sentence, as the facilitator put it.
    challenge: str
    created_at: datetime
    #: What the scripted guide asks in, and a model begins in: one of LANGUAGES.
    language: str = "en"
    #: When it was put away, and from when on it may be erased for good. UTC; None where neither.
    archived_at: datetime | None = None
    erase_at: datetime | None = None
    #: Address of the facilitator whose it is, in lower case; empty for the house's.
    owner: str = ""


@dataclass(frozen=True)
class Team:
    """The unit that walks the ten steps, with a link of its own."""

    workshop_id: str
    id: str
    name: str
    #: What the team's address carries; whoever holds it is in the team.
    link: str
    #: Place in the facilitator's list, from 1.
    position: int
    #: Whether its link was taken away; the one it has then was told to nobody.
    revoked: bool = False

    @property
    def key(self) -> TeamKey:
        """The key of this team."""
        return TeamKey(self.workshop_id, self.id)

    def step_key(self, step: str) -> StepKey:
        """Return the key of this team's step *step*."""
        return StepKey(self.workshop_id, self.id, step)


#: How long it is known of a code that it has run out: whoever types it is told so.
CODE_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Code:
    """A short way into a team, to be read out."""

    code: str
    #: From when on it opens nothing. UTC.
    expires_at: datetime


@dataclass(frozen=True)
class Draft:
    """
    A step's structured result before the team confirms it, and the phase that goes with it.

    Revision 0 is the empty draft every step begins with. A draft that was changed knows the stored
    one it was made from: it is stored only where that one still is.
    """

    fields: Fields = field(default_factory=dict)
    phase: Phase = Phase.ORIENT
    revision: int = 0
    #: The life of the step this belongs to: what comes from an earlier one is refused.
    epoch: int = 0
    #: The newest edit of each writer (a tab, a reply) that is in here: a repeat changes nothing.
    seen: Mapping[str, int] = field(default_factory=dict, compare=False)
    #: The stored draft this was made from; None for one as it was read.
    base: "Draft | None" = field(default=None, compare=False, repr=False)
    #: The name of whoever changed it last; empty where nobody said so, and for one as it was read.
    by: str = field(default="", compare=False)

    def stored(self) -> "Draft":
        """Return this draft as it is read back."""
        return replace(self, base=None, by="")


@dataclass(frozen=True)
class EarlierDraft:
    """A step's draft as it was before somebody took something out of it."""

    epoch: int
    revision: int
    fields: Fields
    #: The name of whoever took something out; empty where nobody said so.
    by: str
    #: When that was, by the database's clock. UTC.
    at: datetime


@dataclass(frozen=True)
class Aside:
    """
    What somebody typed into a field that took in something else meanwhile: kept beside the draft.

    One for each writer and field; newer wins. It stays until somebody uses or discards it.
    """

    field: str
    #: Whoever typed it: a tab, with the name of the member in it.
    writer: str
    author: str
    value: Any
    #: Grows with every change by the same writer.
    revision: int
    #: The life of the step it was typed in.
    epoch: int = 0


@dataclass(frozen=True)
class Unsent:
    """The text in a chat box that has not been sent; empty once it was sent."""

    #: A random id that only the browser it is typed in knows: the key to read or change the text.
    writer: str
    text: str
    #: Grows with every change by the same writer; newer wins.
    revision: int


@dataclass(frozen=True)
class Discarded:
    """A whole reply that a team had written anew: for the facilitator, in no transcript."""

    message_id: str
    position: int
    text: str
    #: When it was discarded, UTC.
    at: datetime


@dataclass(frozen=True)
class Recollection:
    """What the older part of a step's conversation came to, as a model summed it up."""

    #: Position of the last message it covers.
    upto: int
    text: str


@dataclass(frozen=True)
class StepState:
    """Where one team stands in one step."""

    step: str
    status: Status
    phase: Phase
    #: When the step was first opened for work, and when it was confirmed. UTC.
    started_at: datetime | None = None
    completed_at: datetime | None = None
    #: Why it needs another look; set exactly while it does.
    stale: StaleMark | None = None
    #: Digests of the inputs its artifact stands on: see `lib.workshop.dependencies`. None where nobody noted them.
    made_from: Mapping[str, str] | None = None
    #: Which era of the transcript is the one people see: a reset begins another.
    era: int = 0
    #: Id of the reply that is to draft the step anew, as soon as no other is being written.
    redraft: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """
    A step's row as it was before an event, kept with the event so that it can be given back.

    The epoch is no part of it: it only grows.
    """

    state: StepState
    draft: Draft
    #: How many messages people had written in each of the team's steps, by slug. None in rows kept
    #: before this was counted: what was written since is not known.
    asked: Mapping[str, int] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ArtifactVersion:
    """What a team confirmed in a step; versions count from 1 and are never changed."""

    step: str
    version: int
    fields: Fields
    confirmed_by: str
    confirmed_at: datetime
    #: What the step came to, from its artifact and its conversation, in a few lines.
    summary: str = ""


@dataclass(frozen=True)
class EventRecord:
    """One line of a workshop's story: who moved which step, when, from where to where, and why."""

    id: str
    team_id: str
    step: str
    event: Event
    before: Status
    after: Status
    actor: str
    #: The step whose event brought this one about; the step itself where it was moved directly.
    cause: str
    at: datetime
    #: Why, in the words of who did it; only an override has any.
    reason: str = ""


@dataclass(frozen=True)
class StepOverview:
    """One cell of the review table, without any message's text."""

    team_id: str
    state: StepState
    messages: int
    #: Of these, how many the guide has left unfinished (`interrupted` or `error`, or `streaming`).
    unfinished: int
    #: When anything in the step was last written; None where nothing was.
    last_activity: datetime | None
    #: Of the unfinished, at how many the guide has failed (`error`).
    errors: int = 0
    #: When the step last moved from one status to another; None where it never did.
    moved_at: datetime | None = None
    #: Whether it is complete because a facilitator has completed it with gaps.
    overridden: bool = False
    #: Since when the team says that it is stuck, in whichever step; None where it does not.
    flagged_at: datetime | None = None
    #: Of the first step: when its first message was written, the guide's greeting of who came in.
    #: It is open from the workshop's beginning, which may be days before its team comes.
    arrived_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    """What a team has made in a step: its newest artifact, or a draft."""

    team_id: str
    step: str
    #: The artifact's version; 0 for a draft.
    version: int
    fields: Fields


@dataclass(frozen=True)
class Activity:
    """How many messages a team has written in a stretch of time."""

    team_id: str
    #: When the stretch begins, UTC.
    at: datetime
    messages: int


#: The artifacts of a team by step, current version each.
Artifacts = Mapping[str, ArtifactVersion]


@dataclass(frozen=True)
class UnsavedReport:
    """A line for the facilitator: what is unsaved, for how long (seconds), and why."""

    key: StepKey
    messages: int
    draft: bool
    #: Seconds since the oldest of these changes was noted.
    age: float
    failures: int
    #: What the last try failed with; empty where none has.
    reason: str


@dataclass(frozen=True)
class Dropped:
    """A line for the facilitator: what could never be saved, and why it was given up."""

    key: StepKey
    messages: int
    draft: bool
    reason: str
