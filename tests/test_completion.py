"""Completing a step: one function that flushes, judges, and stores all of it or nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import Unsaved
from lib.store.errors import Conflict, StoreUnavailable
from lib.store.port import Decision
from lib.team.confirm import NotReady, confirm
from lib.team.drafts import Drafts
from lib.workshop import steps
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.status import Event, Status, TransitionRefused
from tests.fakes import new_step
from tests.memory_store.store import MemoryStore
from tests.test_criteria import GOOD
from tests.test_debouncer import FakeClock

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


class RacingStore(MemoryStore):
    """A store in which somebody else confirms the same step a moment earlier."""

    faster = False

    def apply(self, team: TeamKey, decision: Decision) -> None:
        if self.faster:
            self.faster = False
            super().apply(team, replace(decision, actor="Bob"))
        super().apply(team, decision)


class Desk:
    """A team at its first step, and what its process holds."""

    def __init__(self) -> None:
        self.store = RacingStore()
        self.down = False
        self.autosave = Autosave(self.save, clock=FakeClock())
        self.drafts = Drafts(self.store, self.autosave)
        self.key = new_step(self.store)

    def save(self, key: StepKey, unsaved: Unsaved) -> None:
        if self.down:
            raise StoreUnavailable("The database cannot be reached.")
        self.drafts.save(key, unsaved)

    def fill(self, step: str) -> None:
        for name, value in GOOD[step].items():
            self.drafts.edit(self.key._replace(step=step), name, value)

    def confirm(self, step: str) -> None:
        key = self.key._replace(step=step)
        confirm(self.store, self.drafts, key, actor="Ada", at=AT)

    def statuses(self) -> dict[str, Status]:
        return {slug: state.status for slug, state in self.store.steps(self.key.team).items()}

    def everything(self) -> tuple[object, ...]:
        """All that completing a step may change."""
        return (
            self.store.steps(self.key.team),
            self.store.artifacts(self.key.team),
            self.store.events(self.key.workshop_id),
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_confirming_completes_the_step_and_opens_the_next(desk: Desk) -> None:
    desk.fill("challenge")
    desk.confirm("challenge")
    opened = [slug for slug, status in desk.statuses().items() if status is Status.IN_PROGRESS]

    assert desk.statuses()["challenge"] is Status.COMPLETE
    assert opened == ["stakeholder-mapping"]


def test_what_was_still_unsaved_is_in_the_artifact(desk: Desk) -> None:
    desk.fill("challenge")
    desk.autosave.flush(desk.key)
    desk.drafts.edit(desk.key, "target_user", "People on the list, and their children")
    desk.confirm("challenge")
    artifact = desk.store.artifacts(desk.key.team)["challenge"]

    assert artifact.fields["target_user"] == "People on the list, and their children"
    assert not desk.autosave.pending(desk.key)


def test_one_version_and_one_event_a_step_are_stored(desk: Desk) -> None:
    desk.fill("challenge")
    desk.confirm("challenge")
    artifact = desk.store.artifacts(desk.key.team)["challenge"]
    story = [
        (each.step, each.event, each.before, each.after, each.actor, each.cause)
        for each in desk.store.events(desk.key.workshop_id)[1:]
    ]
    confirmed = (Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE, "Ada", "challenge")
    started = (Event.START, Status.NOT_STARTED, Status.IN_PROGRESS, "Ada", "challenge")

    assert (artifact.version, artifact.confirmed_by, artifact.confirmed_at) == (1, "Ada", AT)
    assert story == [("challenge", *confirmed), ("stakeholder-mapping", *started)]


def test_a_draft_that_is_not_ready_is_refused_with_all_that_is_missing(desk: Desk) -> None:
    desk.drafts.edit(desk.key, "problem_statement", GOOD["challenge"]["problem_statement"])
    with pytest.raises(NotReady) as refused:
        desk.confirm("challenge")
    titles = [sentence.split(":")[0] for sentence in refused.value.missing]

    assert titles == ["Who has it", "Desired outcome", "How might we"]


def test_a_refusal_changes_nothing(desk: Desk) -> None:
    before = desk.everything()
    with pytest.raises(NotReady):
        desk.confirm("challenge")

    assert desk.everything() == before


def test_a_second_press_is_refused_and_stores_nothing_more(desk: Desk) -> None:
    desk.fill("challenge")
    desk.confirm("challenge")
    before = desk.everything()
    with pytest.raises(TransitionRefused, match=r"^Challenge is already complete\.$"):
        desk.confirm("challenge")

    assert desk.everything() == before


def test_a_step_nobody_started_cannot_be_confirmed(desk: Desk) -> None:
    desk.fill("stakeholder-mapping")
    with pytest.raises(TransitionRefused, match="has not been started"):
        desk.confirm("stakeholder-mapping")

    assert desk.store.artifacts(desk.key.team) == {}


def test_where_somebody_else_was_faster_it_is_a_conflict_and_theirs_stays(desk: Desk) -> None:
    desk.fill("challenge")
    desk.store.faster = True
    with pytest.raises(Conflict):
        desk.confirm("challenge")
    artifact = desk.store.artifacts(desk.key.team)["challenge"]

    assert (artifact.version, artifact.confirmed_by) == (1, "Bob")
    assert len(desk.store.events(desk.key.workshop_id)) == 3


def test_what_could_not_be_saved_cannot_be_confirmed_and_is_not_lost(desk: Desk) -> None:
    desk.fill("challenge")
    desk.down = True
    before = desk.everything()
    with pytest.raises(StoreUnavailable):
        desk.confirm("challenge")
    unchanged = desk.everything() == before
    desk.down = False
    desk.confirm("challenge")

    assert unchanged
    assert desk.statuses()["challenge"] is Status.COMPLETE


def test_blank_rows_are_not_in_the_artifact(desk: Desk) -> None:
    for step in ("challenge", "stakeholder-mapping"):
        desk.fill(step)
    rows = [*GOOD["stakeholder-mapping"]["stakeholders"], {"name": " "}]
    desk.drafts.edit(desk.key._replace(step="stakeholder-mapping"), "stakeholders", rows)
    desk.confirm("challenge")
    desk.confirm("stakeholder-mapping")
    artifact = desk.store.artifacts(desk.key.team)["stakeholder-mapping"]

    assert artifact.fields == GOOD["stakeholder-mapping"]


def test_ten_confirmations_complete_the_workshop(desk: Desk) -> None:
    for step in steps.SLUGS:
        desk.fill(step)
        desk.confirm(step)

    assert set(desk.statuses().values()) == {Status.COMPLETE}
    assert set(desk.store.artifacts(desk.key.team)) == set(steps.SLUGS)
    assert len(desk.store.events(desk.key.workshop_id)) == 20
