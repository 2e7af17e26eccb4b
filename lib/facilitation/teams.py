"""The progress of each team of a workshop, and filters over it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from lib.facilitation.words import latest, seconds_since
from lib.workshop import steps
from lib.workshop.records import StepOverview, Team, Workshop
from lib.workshop.status import Status, current_step
from lib.workshop.usage import TeamUsage
from lib.workshop.views import Desk


@dataclass(frozen=True)
class TeamSummary:
    """One row of the review table."""

    team: Team
    cells: Mapping[str, StepOverview]

    @cached_property
    def statuses(self) -> dict[str, Status]:
        """The status of each step."""
        return {step: cell.state.status for step, cell in self.cells.items()}

    @cached_property
    def complete(self) -> int:
        """How many steps are complete."""
        return sum(status is Status.COMPLETE for status in self.statuses.values())

    @cached_property
    def current_step(self) -> str:
        """The step the team should be at."""
        return current_step(self.statuses)

    @property
    def messages(self) -> int:
        """How many messages there are in all steps."""
        return sum(cell.messages for cell in self.cells.values())

    @property
    def unfinished(self) -> int:
        """How many replies are unfinished: interrupted, failed or still being written."""
        return sum(cell.unfinished for cell in self.cells.values())

    @property
    def errors(self) -> int:
        """How many replies failed and were not retried."""
        return sum(cell.errors for cell in self.cells.values())

    @property
    def overrides(self) -> int:
        """How many steps a facilitator completed with gaps."""
        return sum(cell.overridden for cell in self.cells.values())

    def in_step(self, now: datetime) -> float | None:
        """
        Return the seconds since the current step was opened or reopened.

        None if all steps are complete or the team has not arrived.
        """
        cell = self.cells[self.current_step]
        if cell.state.status is Status.COMPLETE or not self.has_come:
            return None
        return seconds_since(latest([cell.moved_at, cell.arrived_at]), now)

    @property
    def has_come(self) -> bool:
        """Whether anybody of the team has opened its first step."""
        first = self.cells[steps.SLUGS[0]]
        return first.arrived_at is not None or self.current_step != first.state.step

    @property
    def flagged_at(self) -> datetime | None:
        """When the team sent its open help call; None if there is none."""
        return next(iter(self.cells.values())).flagged_at

    @property
    def last_activity(self) -> datetime | None:
        """The time of the team's last change."""
        return latest(cell.last_activity for cell in self.cells.values())


@dataclass(frozen=True)
class WorkshopOverview:
    """A workshop with its teams and the state of each step of each team."""

    workshop: Workshop
    teams: Sequence[Team]
    cells: Sequence[StepOverview]
    #: The agenda and the notes.
    desk: Desk = field(default_factory=Desk)
    #: Model usage per team.
    usage: Sequence[TeamUsage] = ()

    @property
    def names(self) -> dict[str, str]:
        """The teams' names by id."""
        return {team.id: team.name for team in self.teams}

    @property
    def labels(self) -> dict[str, str]:
        """The teams' names by id, with their position if two teams share a name."""
        times = Counter(team.name for team in self.teams)
        return {
            team.id: f"{team.name} ({team.position})" if times[team.name] > 1 else team.name
            for team in self.teams
        }

    def cell(self, team_id: str, step: str) -> StepOverview:
        """Return the state of a team's step."""
        return next(c for c in self.cells if (c.team_id, c.state.step) == (team_id, step))

    @cached_property
    def rows(self) -> list[TeamSummary]:
        """A row for each team, in the facilitator's order."""
        by_team: dict[str, dict[str, StepOverview]] = {team.id: {} for team in self.teams}
        for cell in self.cells:
            by_team.get(cell.team_id, {})[cell.state.step] = cell
        return [TeamSummary(team, by_team[team.id]) for team in self.teams if by_team[team.id]]


@dataclass(frozen=True)
class Filters:
    """
    Which rows to show; an empty filter matches all.

    A step alone matches teams whose current step it is, a status alone those with any such step, and
    both those whose step has that status.
    """

    name: str = ""
    status: Status | None = None
    step: str | None = None
    unfinished: bool = False

    def keep(self, row: TeamSummary) -> bool:
        """Whether *row* matches."""
        return (
            self.name.strip().casefold() in row.team.name.casefold()
            and self._keeps_status(row)
            and (row.unfinished > 0 or not self.unfinished)
        )

    def _keeps_status(self, row: TeamSummary) -> bool:
        if self.step is None:
            return self.status is None or self.status in row.statuses.values()
        if self.status is None:
            return row.current_step == self.step
        return row.statuses[self.step] is self.status
