"""A workshop that lives: what reopening a step does to others, how they come back, and undo."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lib.store.snapshots import mark_fields, mark_of, snapshot_fields, snapshot_of
from lib.workshop import steps
from lib.workshop.cascade import dependants, made_stale, move, why_stale
from lib.workshop.dependencies import fingerprint
from lib.workshop.status import Event, Phase, Status, TransitionRefused
from lib.workshop.undo import acts
from tests.living_workshop import TEAM, VARIANTS, LivingWorkshop, edited
from tests.test_criteria import GOOD

LATER_STEPS = [
    "sense-making",
    "persona",
    "journey-mapping",
    "reframe",
    "ideation",
    "concept",
    "validate",
]

slugs = st.sampled_from(steps.SLUGS)
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def finished() -> LivingWorkshop:
    return LivingWorkshop(finished=10)


# The graph


@pytest.mark.parametrize("step", steps.SLUGS)
def test_dependants_are_those_a_path_of_the_graph_leads_to(step: str) -> None:
    def reaches(slug: str) -> bool:
        feeds = steps.step(slug).feeds_from
        return step in feeds or any(reaches(each) for each in feeds)

    assert list(dependants(step)) == [slug for slug in steps.SLUGS if reaches(slug)]


def test_a_step_comes_after_everything_it_is_made_from() -> None:
    seen: set[str] = set()
    for step in steps.STEPS:
        assert seen.issuperset(step.feeds_from)
        seen.add(step.slug)


# Reopening


def test_revising_user_research_of_a_finished_workshop_makes_exactly_its_dependants_stale(
    finished: LivingWorkshop,
) -> None:
    artifacts = dict(finished.artifacts)
    finished.do("user-research", Event.REVISE)

    assert finished.at(Status.IN_PROGRESS) == ["user-research"]
    assert finished.at(Status.NEEDS_REGENERATION) == LATER_STEPS
    assert finished.at(Status.COMPLETE) == ["challenge", "stakeholder-mapping"]
    marks = [finished.states[slug].stale for slug in LATER_STEPS]
    assert [mark.cause for mark in marks if mark] == ["user-research"] * len(LATER_STEPS)
    assert finished.artifacts == artifacts


def test_the_dialog_names_the_steps_before_anything_happens(finished: LivingWorkshop) -> None:
    assert list(made_stale(finished.standing, "user-research")) == LATER_STEPS


def test_a_stale_step_knows_since_when_and_what_it_was_made_from(finished: LivingWorkshop) -> None:
    made_from = finished.states["persona"].made_from
    finished.do("user-research", Event.REVISE)
    state = finished.states["persona"]
    mark = state.stale

    assert mark is not None
    assert (mark.since, mark.was, mark.made_from) == (finished.now, Status.COMPLETE, made_from)
    assert mark.versions == {"stakeholder-mapping": 1, "user-research": 1, "sense-making": 1}
    assert state.completed_at is None
    assert state.started_at is not None


def test_a_step_nobody_started_stays_locked() -> None:
    workshop = LivingWorkshop(finished=4)
    workshop.do("challenge", Event.REVISE)

    assert workshop.at(Status.NOT_STARTED) == list(steps.SLUGS[5:])


def test_an_open_step_with_an_empty_draft_has_nothing_to_put_in_doubt() -> None:
    workshop = LivingWorkshop(finished=4)
    workshop.do("user-research", Event.REVISE)

    assert workshop.statuses["persona"] is Status.IN_PROGRESS
    assert workshop.at(Status.NEEDS_REGENERATION) == ["sense-making"]


def test_an_open_step_with_a_draft_is_marked_and_goes_on_when_nothing_has_changed() -> None:
    workshop = LivingWorkshop(finished=4)
    workshop.edit("persona", GOOD["persona"])
    workshop.do("user-research", Event.REVISE)
    mark = workshop.states["persona"].stale

    assert workshop.statuses["persona"] is Status.NEEDS_REGENERATION
    assert mark is not None
    assert mark.was is Status.IN_PROGRESS

    workshop.do("user-research", Event.CONFIRM)

    assert workshop.statuses["sense-making"] is Status.COMPLETE
    assert workshop.statuses["persona"] is Status.IN_PROGRESS
    assert workshop.drafts["persona"].fields == GOOD["persona"]


def test_a_second_revise_leaves_the_first_cause(finished: LivingWorkshop) -> None:
    finished.do("sense-making", Event.REVISE)
    mark = finished.states["persona"].stale
    finished.do("challenge", Event.REVISE)

    assert finished.states["persona"].stale == mark
    stale = finished.states["sense-making"].stale
    assert stale is not None
    assert (stale.cause, stale.was) == ("challenge", Status.IN_PROGRESS)


def test_a_reset_empties_the_draft_and_marks_like_a_revise(finished: LivingWorkshop) -> None:
    epoch = finished.epochs["persona"]
    finished.do("persona", Event.RESET)

    assert finished.drafts["persona"].fields == {}
    assert finished.states["persona"].phase is Phase.ORIENT
    assert finished.epochs["persona"] == epoch + 1
    assert finished.at(Status.NEEDS_REGENERATION) == LATER_STEPS[2:]


def test_becoming_stale_refuses_nobodys_typing(finished: LivingWorkshop) -> None:
    epochs = dict(finished.epochs)
    finished.do("challenge", Event.REVISE)

    assert {slug for slug in steps.SLUGS if finished.epochs[slug] != epochs[slug]} == {"challenge"}


def test_restoring_a_version_is_a_revise_that_begins_with_its_fields(
    finished: LivingWorkshop,
) -> None:
    old = edited("persona", "personas", 0, "name")
    finished.do("persona", Event.REVISE, draft=old)

    assert finished.drafts["persona"].fields == old
    assert finished.statuses["persona"] is Status.IN_PROGRESS


# Coming back


def test_a_note_put_right_costs_nobody_anything(finished: LivingWorkshop) -> None:
    finished.do("stakeholder-mapping", Event.REVISE)
    finished.edit("stakeholder-mapping", edited("stakeholder-mapping", "stakeholders", 0, "notes"))
    changes = finished.do("stakeholder-mapping", Event.CONFIRM)

    assert [change.event for change in changes] == [Event.CONFIRM] + [Event.FRESH] * 8
    assert finished.at(Status.COMPLETE) == list(steps.SLUGS)


def test_what_uses_a_changed_field_stays_stale_and_what_waits_for_it_too(
    finished: LivingWorkshop,
) -> None:
    finished.do("user-research", Event.REVISE)
    finished.edit("user-research", edited("user-research", "interview_questions", 0))
    finished.do("user-research", Event.CONFIRM)

    # Neither the empathy map nor the personas use the questions; the journey may, and the rest
    # is made from the journey.
    assert finished.at(Status.NEEDS_REGENERATION) == LATER_STEPS[2:]
    why = why_stale(finished.standing, "journey-mapping")
    assert why is not None
    assert (why.mark.cause, why.waits_for, why.changed) == ("user-research", (), ("user-research",))
    why = why_stale(finished.standing, "ideation")
    assert why is not None
    assert (why.waits_for, why.changed) == (("journey-mapping", "reframe"), ())


def test_still_valid_brings_back_what_was_only_waiting(finished: LivingWorkshop) -> None:
    finished.do("user-research", Event.REVISE)
    finished.edit("user-research", edited("user-research", "interview_questions", 0))
    finished.do("user-research", Event.CONFIRM)
    changes = finished.do("journey-mapping", Event.STILL_VALID)

    # Ideas and the reframed question use the journey alone, and that is what it was.
    assert [change.step for change in changes] == ["journey-mapping", "reframe", "ideation"]
    assert finished.at(Status.NEEDS_REGENERATION) == ["concept", "validate"]


def test_regenerating_two_and_keeping_the_rest_completes_the_workshop(
    finished: LivingWorkshop,
) -> None:
    finished.do("user-research", Event.REVISE)
    finished.edit("user-research", edited("user-research", "insights", 0, "finding"))
    finished.do("user-research", Event.CONFIRM)
    for slug in ("sense-making", "persona"):
        finished.do(slug, Event.REGENERATE)

        assert finished.states[slug].phase is Phase.SYNTHESIZE

        finished.edit(slug, VARIANTS[slug][1])
        finished.do(slug, Event.CONFIRM)
    while stale := finished.at(Status.NEEDS_REGENERATION):
        finished.do(stale[0], Event.STILL_VALID)

    assert finished.at(Status.COMPLETE) == list(steps.SLUGS)
    assert finished.artifacts["persona"].version == 2
    assert all(state.stale is None for state in finished.states.values())


def test_what_was_kept_as_still_valid_stands_on_the_new_inputs(finished: LivingWorkshop) -> None:
    finished.do("challenge", Event.REVISE)
    finished.edit("challenge", edited("challenge", "hmw_statement"))
    finished.do("challenge", Event.CONFIRM)
    finished.do("stakeholder-mapping", Event.STILL_VALID)
    finished.do("challenge", Event.REVISE)
    finished.do("challenge", Event.CONFIRM)

    assert finished.statuses["stakeholder-mapping"] is Status.COMPLETE


def test_what_was_edited_meanwhile_is_not_confirmed_behind_anybodys_back(
    finished: LivingWorkshop,
) -> None:
    finished.do("concept", Event.REVISE)
    finished.edit("validate", edited("validate", "narrative"))
    finished.do("concept", Event.CONFIRM)

    assert finished.statuses["validate"] is Status.IN_PROGRESS
    assert finished.drafts["validate"].fields == edited("validate", "narrative")


def test_still_valid_does_not_pass_over_an_edit(finished: LivingWorkshop) -> None:
    finished.do("concept", Event.REVISE)
    finished.edit("concept", edited("concept", "concepts", 0, "usp"))
    finished.do("concept", Event.CONFIRM)
    finished.edit("validate", edited("validate", "narrative"))

    with pytest.raises(TransitionRefused, match="confirm the draft instead"):
        finished.do("validate", Event.STILL_VALID)


def test_still_valid_on_a_draft_nobody_confirmed_means_it_goes_on() -> None:
    workshop = LivingWorkshop(finished=4)
    workshop.edit("persona", GOOD["persona"])
    workshop.do("sense-making", Event.REVISE)
    workshop.edit("sense-making", edited("sense-making", "pains", 0))
    workshop.do("sense-making", Event.CONFIRM)

    assert workshop.statuses["persona"] is Status.NEEDS_REGENERATION

    [change] = workshop.do("persona", Event.STILL_VALID)

    assert (change.event, change.after) == (Event.CARRY_ON, Status.IN_PROGRESS)


def test_a_draft_reopened_before_its_inputs_were_settled_is_marked_when_they_change(
    finished: LivingWorkshop,
) -> None:
    finished.do("sense-making", Event.REVISE)
    finished.do("persona", Event.REVISE)
    finished.edit("sense-making", edited("sense-making", "pains", 0))
    changes = finished.do("sense-making", Event.CONFIRM)

    assert ("persona", Event.STALE) in [(each.step, each.event) for each in changes]
    mark = finished.states["persona"].stale
    assert mark is not None
    assert (mark.cause, mark.was) == ("sense-making", Status.IN_PROGRESS)


def test_a_facilitator_says_why_a_step_is_completed_with_its_gaps() -> None:
    workshop = LivingWorkshop(finished=4)
    with pytest.raises(TransitionRefused, match="please give a reason"):
        workshop.do("persona", Event.OVERRIDE, reason=" ")
    first, following = workshop.do("persona", Event.OVERRIDE, reason=" Time is up. ")

    assert (first.after, first.reason) == (Status.COMPLETE, "Time is up.")
    assert (following.step, following.event) == ("journey-mapping", Event.START)


def test_a_workshop_from_before_fingerprints_comes_back_the_same_way(
    finished: LivingWorkshop,
) -> None:
    finished.states = {
        slug: replace(state, made_from=None) for slug, state in finished.states.items()
    }
    finished.do("user-research", Event.REVISE)
    finished.do("user-research", Event.CONFIRM)

    assert finished.at(Status.COMPLETE) == list(steps.SLUGS)


@relaxed
@given(st.integers(1, 10), st.lists(slugs, min_size=1, max_size=4))
def test_confirming_what_was_reopened_unchanged_brings_everything_back(
    count: int, reopened: list[str]
) -> None:
    workshop = LivingWorkshop(finished=count)
    if count < len(steps.SLUGS):
        workshop.edit(steps.SLUGS[count], GOOD[steps.SLUGS[count]])
    before = workshop.statuses
    for slug in reopened:
        with contextlib.suppress(TransitionRefused):
            workshop.do(slug, Event.REVISE)
    for slug in steps.SLUGS[:count]:
        if workshop.statuses[slug] is Status.IN_PROGRESS:
            workshop.do(slug, Event.CONFIRM)

    assert workshop.statuses == before
    assert all(state.stale is None for state in workshop.states.values())


# Undo


@pytest.mark.parametrize("event", [Event.REVISE, Event.RESET])
@pytest.mark.parametrize("step", steps.SLUGS)
def test_undo_gives_back_every_row_as_it_was(
    finished: LivingWorkshop, step: str, event: Event
) -> None:
    before, epoch = finished.rows, finished.epochs[step]
    finished.do(step, event)
    finished.undo(step)

    assert finished.rows == before
    assert finished.epochs[step] == epoch + 2


def test_undo_of_an_undone_step_finds_nothing(finished: LivingWorkshop) -> None:
    finished.do("persona", Event.REVISE)
    finished.undo("persona")

    with pytest.raises(TransitionRefused, match="no revise or reset to undo"):
        finished.undo("persona")


def test_two_revises_are_taken_back_one_after_the_other(finished: LivingWorkshop) -> None:
    before = finished.rows
    finished.do("persona", Event.REVISE)
    finished.do("challenge", Event.REVISE)
    with pytest.raises(TransitionRefused, match="Challenge has changed since"):
        finished.undo("persona")
    finished.undo("challenge")
    finished.undo("persona")

    assert finished.rows == before


@pytest.mark.parametrize("edited_step", ["persona", "validate"])
def test_undo_is_over_once_somebody_worked_on_it(
    finished: LivingWorkshop, edited_step: str
) -> None:
    finished.do("persona", Event.REVISE)
    finished.edit(edited_step, {})

    with pytest.raises(TransitionRefused, match="has been edited since"):
        finished.undo("persona")


def test_undo_is_over_once_the_step_was_confirmed(finished: LivingWorkshop) -> None:
    finished.do("persona", Event.REVISE)
    finished.do("persona", Event.CONFIRM)

    with pytest.raises(TransitionRefused, match="no revise or reset to undo"):
        finished.undo("persona")


def test_undo_is_over_once_what_the_step_is_made_from_was_changed(
    finished: LivingWorkshop,
) -> None:
    finished.do("concept", Event.RESET)
    finished.do("ideation", Event.REVISE)
    finished.do("ideation", Event.CONFIRM)

    with pytest.raises(TransitionRefused, match="Ideation has changed since"):
        finished.undo("concept")


def test_another_teams_story_is_none_of_ours(finished: LivingWorkshop) -> None:
    finished.do("persona", Event.REVISE)
    other = [replace(each, team_id="other", step="concept") for each in finished.story[-2:]]
    told = acts([*finished.story[:-2], *other, *finished.story[-2:]], TEAM)

    assert told == acts(finished.story, TEAM)
    assert (told[-1].step, len(told[-1].records)) == ("persona", 6)


def test_marks_and_snapshots_survive_being_stored(finished: LivingWorkshop) -> None:
    finished.do("challenge", Event.REVISE)
    for row in finished.rows.values():
        assert snapshot_of(snapshot_fields(row)) == row
        mark = row.state.stale
        assert mark is None or mark_of(mark_fields(mark)) == mark


# Whatever happens


class Living(RuleBasedStateMachine):
    """Any events on any steps, allowed or not, with drafts edited in between."""

    workshop: LivingWorkshop

    @initialize(finished=st.integers(0, 10))
    def begin(self, finished: int) -> None:
        self.workshop = LivingWorkshop(finished)

    @rule(step=slugs, variant=st.integers(0, 3))
    def edit(self, step: str, variant: int) -> None:
        if self.workshop.statuses[step] in (Status.IN_PROGRESS, Status.NEEDS_REGENERATION):
            self.workshop.edit(step, VARIANTS[step][variant % len(VARIANTS[step])])

    @rule(step=slugs, event=st.sampled_from(Event))
    def any_event(self, step: str, event: Event) -> None:
        if event in (Event.STALE, Event.FRESH, Event.CARRY_ON):
            return  # these only follow from others
        self._do(step, event)

    @rule(step=slugs, variant=st.integers(0, 2))
    def revise_and_confirm(self, step: str, variant: int) -> None:
        if self.workshop.statuses[step] is Status.COMPLETE:
            self._do(step, Event.REVISE)
            self.workshop.edit(step, VARIANTS[step][variant % len(VARIANTS[step])])
            self._do(step, Event.CONFIRM)

    @rule(
        event=st.sampled_from(
            [Event.CONFIRM, Event.OVERRIDE, Event.STILL_VALID, Event.STILL_VALID, Event.REGENERATE]
        )
    )
    def take_up_the_current_step(self, event: Event) -> None:
        unfinished = [
            s for s, each in self.workshop.statuses.items() if each is not Status.COMPLETE
        ]
        if unfinished:
            self._do(unfinished[0], event)

    def _do(self, step: str, event: Event) -> None:
        before, told = self.workshop.rows, len(self.workshop.story)
        more: dict[str, Any] = {"reason": "Time is up."} if event is Event.OVERRIDE else {}
        following = steps.after(step)
        allowed = {step, *dependants(step), *([following.slug] if following else [])}
        try:
            changes = self.workshop.do(step, event, **more)
        except TransitionRefused as exc:
            sentence = str(exc)

            assert sentence.endswith(".")
            assert self.workshop.rows == before
            assert len(self.workshop.story) == told
            return

        assert changes[0].step == step
        assert {change.step for change in changes} <= allowed
        assert len({change.step for change in changes}) == len(changes)
        started = [change.step for change in changes if change.event is Event.START]
        assert started in ([], [step], [following.slug] if following else [])

    @rule(step=slugs, event=st.sampled_from([Event.REVISE, Event.RESET]))
    def there_and_back(self, step: str, event: Event) -> None:
        before, epochs = self.workshop.rows, dict(self.workshop.epochs)
        try:
            self.workshop.do(step, event)
        except TransitionRefused:
            return
        self.workshop.undo(step)

        assert self.workshop.rows == before
        assert all(self.workshop.epochs[slug] >= epochs[slug] for slug in steps.SLUGS)

    @rule(step=slugs)
    def undo(self, step: str) -> None:
        before = self.workshop.rows
        try:
            self.workshop.undo(step)
        except TransitionRefused:
            assert self.workshop.rows == before

    @invariant()
    def a_complete_step_stands_on_complete_ones(self) -> None:
        statuses = self.workshop.statuses
        for slug in self.workshop.at(Status.COMPLETE):
            feeds = steps.step(slug).feeds_from

            assert {statuses[each] for each in feeds} <= {Status.COMPLETE}
            assert slug in self.workshop.artifacts

    @invariant()
    def a_complete_step_is_what_its_inputs_say(self) -> None:
        standing = self.workshop.standing
        for slug in self.workshop.at(Status.COMPLETE):
            made_from = self.workshop.states[slug].made_from
            now = fingerprint(slug, standing.fields)

            assert made_from == now
            assert not standing.is_edited(slug)

    @invariant()
    def a_stale_step_says_why_and_no_other_does(self) -> None:
        for slug, state in self.workshop.states.items():
            is_stale = state.status is Status.NEEDS_REGENERATION

            assert (state.stale is not None) == is_stale
            if state.stale is not None:
                assert slug in dependants(state.stale.cause)
                assert state.stale.since <= self.workshop.now

    @invariant()
    def times_fit_the_status(self) -> None:
        for state in self.workshop.states.values():
            assert (state.started_at is None) == (state.status is Status.NOT_STARTED)
            assert (state.completed_at is not None) == (state.status is Status.COMPLETE)

    @invariant()
    def what_nobody_started_is_at_the_end_and_empty(self) -> None:
        locked = self.workshop.at(Status.NOT_STARTED)

        assert locked == list(steps.SLUGS[len(steps.SLUGS) - len(locked) :])
        assert not any(self.workshop.drafts[slug].fields for slug in locked)

    @invariant()
    def there_is_a_way_on(self) -> None:
        open_ = [s for s, each in self.workshop.statuses.items() if each is not Status.COMPLETE]
        if open_:
            standing = self.workshop.standing
            reason = {"reason": "Time is up."}

            assert move(standing, open_[0], Event.OVERRIDE, at=self.workshop.now, **reason)


def test_no_sequence_of_events_leaves_the_model() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Living,
        settings=settings(
            max_examples=150,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_refusal_says_what_to_do_instead(finished: LivingWorkshop) -> None:
    finished.do("concept", Event.REVISE)
    finished.edit("concept", edited("concept", "concepts", 0, "usp"))
    finished.do("concept", Event.CONFIRM)
    finished.edit("validate", edited("validate", "narrative"))
    with pytest.raises(TransitionRefused) as edited_since:
        finished.do("validate", Event.STILL_VALID)
    with pytest.raises(TransitionRefused) as no_reason:
        LivingWorkshop(finished=4).do("persona", Event.OVERRIDE, reason=" ")

    assert [str(each.value) for each in (edited_since, no_reason)] == [
        "Validate has been edited since it was confirmed: confirm the draft instead.",
        "Persona Development: please give a reason for completing it as it is.",
    ]


def test_a_step_that_is_not_stale_is_up_to_date_however_it_was_edited() -> None:
    workshop = LivingWorkshop(finished=4)
    workshop.edit("persona", GOOD["persona"])

    with pytest.raises(TransitionRefused, match="is up to date"):
        workshop.do("persona", Event.STILL_VALID)
