"""What a workshop is made of: the records that travel between store, replies and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from lib.status import Event, Phase, StaleMark, Status

#: The fields of a step's draft or artifact, as JSON: see `lib.artifacts` for their names.
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

    @property
    def key(self) -> TeamKey:
        """The key of this team."""
        return TeamKey(self.workshop_id, self.id)

    def step_key(self, step: str) -> StepKey:
        """Return the key of this team's step *step*."""
        return StepKey(self.workshop_id, self.id, step)


@dataclass(frozen=True)
class Draft:
    """
    A step's structured result before the team confirms it, and the phase that goes with it.

    Revision 0 is the empty draft every step begins with; newer wins.
    """

    fields: Fields = field(default_factory=dict)
    phase: Phase = Phase.ORIENT
    revision: int = 0


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
    #: Digests of the inputs its artifact stands on: see `lib.inputs`. None where nobody noted them.
    made_from: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Snapshot:
    """
    A step's row as it was before an event, kept with the event so that it can be given back.

    The epoch is no part of it: it only grows.
    """

    state: StepState
    draft: Draft


@dataclass(frozen=True)
class ArtifactVersion:
    """What a team confirmed in a step; versions count from 1 and are never changed."""

    step: str
    version: int
    fields: Fields
    confirmed_by: str
    confirmed_at: datetime


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


#: The artifacts of a team by step, current version each.
Artifacts = Mapping[str, ArtifactVersion]
