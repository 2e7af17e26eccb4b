"""One team's workshop in memory: what a store does with what was decided, row by row."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.workshop import steps
from lib.workshop.cascade import Standing, dependants, move
from lib.workshop.effects import carried_out
from lib.workshop.records import ArtifactVersion, Draft, EventRecord, Fields, Snapshot, StepState
from lib.workshop.status import Change, Event, Phase, Status
from lib.workshop.undo import Undo, given_back, last_reopening
from tests.test_criteria import GOOD

BEGIN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TEAM = "team"


def edited(step: str, *path: str | int, value: Any = "Something else") -> Fields:
    """Return a good artifact of *step* with one field changed."""
    fields: Any = copy.deepcopy(GOOD[step])
    inner = fields
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    result: Fields = fields
    return result


#: Drafts of each step to choose from: as it was, with a field changed that others use, and, where
#: there is one, with a field changed that few or none use; and nothing at all.
VARIANTS: Mapping[str, list[Fields]] = {
    "challenge": [
        edited("challenge", "hmw_statement"),
        edited("challenge", "altitude", value="broad"),
    ],
    "stakeholder-mapping": [
        edited("stakeholder-mapping", "stakeholders", 0, "name"),
        edited("stakeholder-mapping", "stakeholders", 0, "notes"),
    ],
    "user-research": [
        edited("user-research", "insights", 0, "finding"),
        edited("user-research", "interview_questions", 0),
    ],
    "sense-making": [
        edited("sense-making", "pains", 0),
        edited("sense-making", "themes", 0, "name"),
    ],
    "persona": [edited("persona", "personas", 0, "name")],
    "journey-mapping": [edited("journey-mapping", "dip_summary")],
    "reframe": [edited("reframe", "insights_applied", 0)],
    "ideation": [edited("ideation", "clusters", 0, "ideas", 0, "description")],
    "concept": [edited("concept", "concepts", 0, "usp")],
    "validate": [edited("validate", "narrative")],
}
VARIANTS = {slug: [GOOD[slug], *others, {}] for slug, others in VARIANTS.items()}


class LivingWorkshop:
    """Ten rows, their artifact versions, the story, and what an undo needs."""

    def __init__(self, finished: int = 0) -> None:
        """Begin a workshop and confirm its first *finished* steps."""
        self.now = BEGIN
        self.states = {
            slug: StepState(slug, Status.NOT_STARTED, Phase.ORIENT) for slug in steps.SLUGS
        }
        self.drafts = {slug: Draft() for slug in steps.SLUGS}
        self.artifacts: dict[str, ArtifactVersion] = {}
        self.story: list[EventRecord] = []
        self.kept: dict[datetime, dict[str, Snapshot]] = {}
        self.edits: list[tuple[datetime, str]] = []
        self.do(steps.SLUGS[0], Event.START)
        for slug in steps.SLUGS[:finished]:
            self.edit(slug, GOOD[slug])
            self.do(slug, Event.CONFIRM)

    @property
    def standing(self) -> Standing:
        fields = {slug: draft.fields for slug, draft in self.drafts.items()}
        return Standing(dict(self.states), fields, dict(self.artifacts))

    @property
    def statuses(self) -> dict[str, Status]:
        return self.standing.statuses

    def at(self, status: Status) -> list[str]:
        """Return the steps of this status."""
        return [slug for slug, each in self.statuses.items() if each is status]

    @property
    def rows(self) -> dict[str, Snapshot]:
        """Everything an undo must give back: all but the epochs."""
        return {
            slug: Snapshot(self.states[slug], replace(self.drafts[slug], epoch=0))
            for slug in steps.SLUGS
        }

    @property
    def epochs(self) -> dict[str, int]:
        """The life each step is in."""
        return {slug: draft.epoch for slug, draft in self.drafts.items()}

    def edit(self, step: str, fields: Fields) -> None:
        """Write the step's draft."""
        self.now += timedelta(minutes=1)
        draft = self.drafts[step]
        self.drafts[step] = replace(draft, fields=fields, revision=draft.revision + 1)
        self.edits.append((self.now, step))

    def do(self, step: str, event: Event, **more: Any) -> tuple[Change, ...]:
        """Decide, and carry out."""
        self.now += timedelta(minutes=1)
        completes = event in (Event.CONFIRM, Event.OVERRIDE)
        artifact = self.drafts[step].fields if completes else None
        changes = move(self.standing, step, event, at=self.now, artifact=artifact, **more)
        self.kept[self.now] = {each.step: self.rows[each.step] for each in changes}
        for change in changes:
            self._carry_out(change)
        self._tell(changes)
        if artifact is not None:
            known = self.artifacts.get(step)
            number = known.version + 1 if known else 1
            self.artifacts[step] = ArtifactVersion(step, number, artifact, "Ada", self.now)
        return changes

    def undo(self, step: str) -> Undo:
        """Take the last revise or reset back."""
        self.now += timedelta(minutes=1)
        act = last_reopening(self.story, TEAM, step, touched_since=False)
        around = {step, *dependants(step)}
        touched = any(at > act.records[0].at and slug in around for at, slug in self.edits)
        last_reopening(self.story, TEAM, step, touched_since=touched)
        undo = given_back(act, self.kept[act.records[0].at], self.statuses)
        for change in undo.changes:
            self._carry_out(change, undo.rows[change.step])
        self._tell(undo.changes)
        return undo

    def _carry_out(self, change: Change, given_back: Snapshot | None = None) -> None:
        before = Snapshot(self.states[change.step], self.drafts[change.step])
        after = carried_out(before, change, self.now, given_back)
        self.states[change.step], self.drafts[change.step] = after.state, after.draft

    def _tell(self, changes: tuple[Change, ...]) -> None:
        for each in changes:
            self.story.append(
                EventRecord(
                    f"e{len(self.story)}",
                    TEAM,
                    each.step,
                    each.event,
                    each.before,
                    each.after,
                    "Ada",
                    changes[0].step,
                    self.now,
                )
            )
