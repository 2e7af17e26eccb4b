"""Statuses: every transition there is, every refusal, and where a team stands."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.workshop import steps
from lib.workshop.effects import EFFECTS
from lib.workshop.status import (
    TRANSITIONS,
    Change,
    Event,
    Phase,
    Status,
    TransitionRefused,
    current_step,
    decide,
    is_locked,
    is_read_only,
)

_LOCKED, _OPEN, _DONE, _STALE = Status

ALLOWED = {
    (_LOCKED, Event.START): _OPEN,
    (_OPEN, Event.CONFIRM): _DONE,
    (_OPEN, Event.OVERRIDE): _DONE,
    (_OPEN, Event.RESET): _OPEN,
    (_OPEN, Event.STALE): _STALE,
    (_DONE, Event.REVISE): _OPEN,
    (_DONE, Event.RESET): _OPEN,
    (_DONE, Event.STALE): _STALE,
    (_STALE, Event.CONFIRM): _DONE,
    (_STALE, Event.OVERRIDE): _DONE,
    (_STALE, Event.STILL_VALID): _DONE,
    (_STALE, Event.FRESH): _DONE,
    (_STALE, Event.CARRY_ON): _OPEN,
    (_STALE, Event.REVISE): _OPEN,
    (_STALE, Event.REGENERATE): _OPEN,
    (_STALE, Event.RESET): _OPEN,
}
REFUSED = [pair for pair in product(Status, Event) if pair not in ALLOWED]

statuses_of_a_team = st.fixed_dictionaries(
    {slug: st.sampled_from(list(Status)) for slug in steps.SLUGS}
)


def all_at(status: Status, **others: Status) -> dict[str, Status]:
    named = {slug.replace("_", "-"): other for slug, other in others.items()}
    return {slug: named.get(slug, status) for slug in steps.SLUGS}


def test_there_are_four_statuses_by_these_names() -> None:
    expected = ["not_started", "in_progress", "complete", "needs_regeneration"]

    assert [status.value for status in Status] == expected


def test_the_table_holds_every_allowed_transition_and_no_other() -> None:
    assert dict(TRANSITIONS) == ALLOWED


@pytest.mark.parametrize(("status", "event"), ALLOWED)
@pytest.mark.parametrize("step", steps.SLUGS)
def test_an_allowed_event_moves_the_step_as_the_table_says(
    step: str, status: Status, event: Event
) -> None:
    first, *_ = decide(all_at(Status.COMPLETE) | {step: status}, step, event)

    assert first == Change(step, event, status, ALLOWED[status, event])


@pytest.mark.parametrize(("status", "event"), REFUSED)
@pytest.mark.parametrize("step", steps.SLUGS)
def test_any_other_event_is_refused_with_a_sentence_that_names_the_step(
    step: str, status: Status, event: Event
) -> None:
    with pytest.raises(TransitionRefused) as refused:
        decide(all_at(Status.IN_PROGRESS) | {step: status}, step, event)
    sentence = str(refused.value)

    assert sentence.startswith(steps.step(step).name)
    assert sentence.endswith(".")
    assert "{" not in sentence


@pytest.mark.parametrize(
    "event",
    [
        Event.CONFIRM,
        Event.OVERRIDE,
        Event.STILL_VALID,
        Event.REGENERATE,
        Event.FRESH,
        Event.CARRY_ON,
    ],
)
@pytest.mark.parametrize("unfinished", [_OPEN, _STALE])
def test_a_step_is_not_finished_before_what_it_is_made_from(
    event: Event, unfinished: Status
) -> None:
    before = all_at(_DONE, user_research=unfinished, persona=_STALE)
    with pytest.raises(TransitionRefused) as refused:
        decide(before, "persona", event)

    assert str(refused.value) == (
        "Persona Development builds on User Research. Finish User Research first."
    )


def test_a_step_does_not_open_before_what_it_is_made_from_is_complete() -> None:
    before = all_at(_LOCKED, challenge=_OPEN)
    with pytest.raises(TransitionRefused, match="Finish Challenge first"):
        decide(before, "stakeholder-mapping", Event.START)


@pytest.mark.parametrize("event", [Event.REVISE, Event.RESET])
def test_a_step_may_be_reopened_while_another_is_open(event: Event) -> None:
    before = all_at(_DONE, user_research=_OPEN)

    assert decide(before, "persona", event) == (Change("persona", event, _DONE, _OPEN),)


def test_every_event_says_what_it_does_besides() -> None:
    assert set(EFFECTS) == set(Event)


def test_completed_at_is_set_exactly_by_the_events_that_complete() -> None:
    completing = {event for event, effects in EFFECTS.items() if effects.completes}

    assert completing == {event for (_, event), after in TRANSITIONS.items() if after is _DONE}


def test_a_step_is_started_by_its_start_alone() -> None:
    assert [event for event, effects in EFFECTS.items() if effects.starts] == [Event.START]


def test_typing_goes_on_while_a_step_becomes_stale_goes_on_or_is_drafted_anew() -> None:
    untouched = {event for event, effects in EFFECTS.items() if not effects.ends_epoch}

    assert untouched == {Event.START, Event.STALE, Event.CARRY_ON, Event.REGENERATE}


def test_only_a_reset_archives() -> None:
    assert [event for event, effects in EFFECTS.items() if effects.archives] == [Event.RESET]


def test_the_conversation_stands_where_the_event_puts_it() -> None:
    phases = {event: effects.phase for event, effects in EFFECTS.items() if effects.phase}

    assert phases == {
        Event.START: Phase.ORIENT,
        Event.CONFIRM: Phase.COMPLETE,
        Event.OVERRIDE: Phase.COMPLETE,
        Event.STILL_VALID: Phase.COMPLETE,
        Event.FRESH: Phase.COMPLETE,
        Event.REVISE: Phase.REFINE,
        Event.RESET: Phase.ORIENT,
        Event.REGENERATE: Phase.SYNTHESIZE,
    }


def test_confirming_a_step_opens_the_next_one() -> None:
    before = all_at(Status.NOT_STARTED, challenge=Status.IN_PROGRESS)
    expected = (
        Change("challenge", Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE),
        Change("stakeholder-mapping", Event.START, Status.NOT_STARTED, Status.IN_PROGRESS),
    )

    assert decide(before, "challenge", Event.CONFIRM) == expected


@pytest.mark.parametrize("following", [each for each in Status if each is not Status.NOT_STARTED])
def test_confirming_leaves_a_next_step_alone_where_somebody_has_been(following: Status) -> None:
    before = all_at(Status.NOT_STARTED, challenge=Status.NEEDS_REGENERATION)
    before["stakeholder-mapping"] = following

    assert len(decide(before, "challenge", Event.CONFIRM)) == 1


def test_confirming_the_last_step_opens_nothing() -> None:
    before = all_at(Status.COMPLETE, validate=Status.IN_PROGRESS)

    assert len(decide(before, "validate", Event.CONFIRM)) == 1


def test_confirming_every_step_in_order_completes_the_workshop() -> None:
    statuses = all_at(Status.NOT_STARTED, challenge=Status.IN_PROGRESS)
    walked = []
    while any(status is not Status.COMPLETE for status in statuses.values()):
        walked.append(current_step(statuses))
        changes = decide(statuses, walked[-1], Event.CONFIRM)
        statuses |= {change.step: change.after for change in changes}

    assert walked == list(steps.SLUGS)


@settings(deadline=None)  # a busy machine is not a bug
@given(statuses_of_a_team, st.sampled_from(steps.SLUGS), st.sampled_from(list(Event)))
def test_whatever_happens_changes_fit_what_was_and_nothing_is_changed_in_place(
    statuses: dict[str, Status], step: str, event: Event
) -> None:
    before = dict(statuses)
    try:
        changes = decide(statuses, step, event)
    except TransitionRefused:
        changes = ()

    assert statuses == before
    assert all(
        change.before is before[change.step]
        and change.after is TRANSITIONS[change.before, change.event]
        for change in changes
    )
    assert [change.step for change in changes[:1]] == [step][: len(changes)]
    assert len({change.step for change in changes}) == len(changes) <= 2


@settings(deadline=None)  # a busy machine is not a bug
@given(statuses_of_a_team)
def test_the_current_step_is_the_first_that_is_not_complete(statuses: dict[str, Status]) -> None:
    current = current_step(statuses)
    before = steps.SLUGS[: steps.SLUGS.index(current)]

    assert all(statuses[slug] is Status.COMPLETE for slug in before)
    assert statuses[current] is not Status.COMPLETE or current == steps.SLUGS[-1]


def test_a_stale_step_is_where_a_team_goes_on() -> None:
    statuses = all_at(Status.COMPLETE, persona=Status.NEEDS_REGENERATION)

    assert current_step(statuses) == "persona"


def test_only_a_step_nobody_started_is_locked() -> None:
    assert [status for status in Status if is_locked(status)] == [Status.NOT_STARTED]


def test_locked_and_complete_steps_are_read_only() -> None:
    read_only = [status for status in Status if is_read_only(status)]

    assert read_only == [Status.NOT_STARTED, Status.COMPLETE]
