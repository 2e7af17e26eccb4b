"""What every store does with what was decided: each effect of each event, eras, versions, undo."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lib.store.errors import Conflict
from lib.store.port import Decision, Store
from lib.workshop import steps
from lib.workshop.cascade import move
from lib.workshop.effects import EFFECTS, carried_out
from lib.workshop.records import Draft, Snapshot, StepKey, Team
from lib.workshop.status import Event, Phase, Status
from lib.workshop.transcript import MessageStatus
from lib.workshop.undo import acts
from tests.living_workshop import VARIANTS
from tests.servers import Server
from tests.test_criteria import GOOD
from tests.test_store_contract import LATER, Opens, opens, question, reply, started

__all__ = ["opens"]


@pytest.fixture
def store(opens: Opens) -> Store:
    return opens()


@pytest.fixture
def team(store: Store) -> Team:
    return started(store)[1][0]


@pytest.fixture
def server(store: Store, team: Team) -> Server:
    """Return a server of a team whose first five steps are complete, and the sixth begun."""
    server = Server(store, team.step_key("challenge"))
    server.finish(5)
    server.write("journey-mapping", {"persona_name": "Lena"})
    server.save("journey-mapping")
    return server


def row(store: Store, key: StepKey) -> Snapshot:
    return Snapshot(store.steps(key.team)[key.step], store.draft(key))


def decided(store: Store, team: Team, step: str, event: Event, **more: Any) -> Decision:
    basis = store.standing(team.key)
    return Decision(move(basis, step, event, at=LATER, **more), "Cleo", LATER, basis=basis)


def revise(server: Server) -> None:
    """Leave user research revised with something others use changed, so that they are stale."""
    server.do("user-research", Event.REVISE)
    server.write("user-research", VARIANTS["user-research"][1])
    server.do("user-research", Event.CONFIRM)


MOVES: dict[str, tuple[Callable[[Server], None], str, Event, dict[str, Any]]] = {
    "revise": (lambda _: None, "user-research", Event.REVISE, {}),
    "restore": (lambda _: None, "user-research", Event.REVISE, {"draft": {"insights": []}}),
    "reset": (lambda _: None, "user-research", Event.RESET, {}),
    "reset of an open step": (lambda _: None, "journey-mapping", Event.RESET, {}),
    "override": (
        lambda _: None,
        "journey-mapping",
        Event.OVERRIDE,
        {"reason": "Time is up.", "artifact": {"persona_name": "Lena"}},
    ),
    "still valid": (revise, "sense-making", Event.STILL_VALID, {}),
    "regenerate": (revise, "sense-making", Event.REGENERATE, {}),
    "confirm unchanged": (
        lambda server: server.do("user-research", Event.REVISE),
        "user-research",
        Event.CONFIRM,
        {"artifact": GOOD["user-research"]},
    ),
    "confirm changed": (
        lambda server: server.do("user-research", Event.REVISE),
        "user-research",
        Event.CONFIRM,
        {"artifact": VARIANTS["user-research"][1]},
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_every_row_is_what_the_effects_say_and_no_other_moves(
    store: Store, team: Team, server: Server, name: str
) -> None:
    prepare, step, event, more = MOVES[name]
    prepare(server)
    before = {slug: row(store, team.step_key(slug)) for slug in steps.SLUGS}
    told = len(store.events(team.workshop_id))
    decision = decided(store, team, step, event, **more)
    store.apply(team.key, decision)
    expected = before | {
        each.step: carried_out(before[each.step], each, LATER) for each in decision.changes
    }

    for slug in steps.SLUGS:
        after = row(store, team.step_key(slug))
        assert after == expected[slug]
        assert dict(after.draft.seen) == dict(expected[slug].draft.seen)
    story = store.events(team.workshop_id)[told:]
    assert [(e.step, e.event, e.before, e.after, e.cause, e.actor) for e in story] == [
        (c.step, c.event, c.before, c.after, step, "Cleo") for c in decision.changes
    ]


def test_the_moves_tried_here_are_all_there_are() -> None:
    tried = {event for _, _, event, _ in MOVES.values()}
    follow = {Event.STALE, Event.FRESH, Event.CARRY_ON, Event.START}

    assert tried | follow | {Event.UNDO} == set(EFFECTS)


def test_a_stale_mark_is_read_back_as_it_was_decided(
    store: Store, team: Team, server: Server
) -> None:
    server.do("challenge", Event.REVISE)
    state = store.steps(team.key)["persona"]

    assert state.stale is not None
    assert (state.stale.cause, state.stale.was) == ("challenge", Status.COMPLETE)
    assert state.stale.versions == {
        "stakeholder-mapping": 1,
        "user-research": 1,
        "sense-making": 1,
    }
    assert state.stale.made_from == state.made_from
    assert state.completed_at is None


def test_the_standing_says_what_the_single_reads_say(
    store: Store, team: Team, server: Server
) -> None:
    revise(server)
    server.do("persona", Event.RESET)
    standing = store.standing(team.key)
    drafts = {slug: store.draft(team.step_key(slug)) for slug in steps.SLUGS}

    assert standing.states == store.steps(team.key)
    assert standing.artifacts == store.artifacts(team.key)
    assert standing.drafts == {slug: each.fields for slug, each in drafts.items() if each.fields}
    assert standing.revisions == {slug: each.revision for slug, each in drafts.items()}
    assert standing.moves == len(store.events(team.workshop_id))


def test_the_standing_of_one_team_is_no_other_teams(store: Store) -> None:
    _, (one, two) = started(store, 2)
    before = store.standing(two.key)
    Server(store, one.step_key("challenge")).finish(2)

    assert store.standing(two.key) == before


# What a decision rests on


def test_whatever_the_team_moved_since_is_a_conflict(
    store: Store, team: Team, server: Server
) -> None:
    decision = decided(store, team, "persona", Event.REVISE)
    server.do("journey-mapping", Event.OVERRIDE)
    before = [row(store, team.step_key(slug)) for slug in steps.SLUGS]
    with pytest.raises(Conflict):
        store.apply(team.key, decision)

    assert [row(store, team.step_key(slug)) for slug in steps.SLUGS] == before


@pytest.mark.parametrize("step", ["challenge", "journey-mapping"])
def test_an_edit_since_of_a_step_that_is_to_move_is_a_conflict(
    store: Store, team: Team, server: Server, step: str
) -> None:
    server.do("challenge", Event.REVISE)
    decision = decided(store, team, "challenge", Event.CONFIRM, artifact=GOOD["challenge"])
    server.write(step, {"problem_statement": "Something else"})
    server.save(step)
    told = len(store.events(team.workshop_id))
    with pytest.raises(Conflict):
        store.apply(team.key, decision)

    assert len(store.events(team.workshop_id)) == told
    assert len(store.versions(team.step_key("challenge"))) == 1


def test_what_another_team_does_meanwhile_is_no_conflict(store: Store) -> None:
    _, (one, two) = started(store, 2)
    server = Server(store, one.step_key("challenge"))
    server.finish(2)
    decision = decided(store, one, "challenge", Event.REVISE)
    Server(store, two.step_key("challenge")).finish(1)
    store.apply(one.key, decision)

    assert server.statuses["challenge"] is Status.IN_PROGRESS


# What is kept


def test_the_reason_of_an_override_is_in_the_story(
    store: Store, team: Team, server: Server
) -> None:
    server.do("journey-mapping", Event.OVERRIDE, reason=" The bus leaves. ")
    first, following = store.events(team.workshop_id)[-2:]

    assert (first.event, first.reason, first.actor) == (Event.OVERRIDE, "The bus leaves.", "Ada")
    assert (following.event, following.reason) == (Event.START, "")


def test_rows_kept_with_an_event_are_read_back_as_they_were(
    store: Store, team: Team, server: Server
) -> None:
    moved = ["user-research", "sense-making", "persona", "journey-mapping"]
    before = {slug: row(store, team.step_key(slug)) for slug in moved}
    server.do("user-research", Event.RESET)
    ids = [each.id for each in acts(store.events(team.workshop_id), team.id)[-1].records]
    kept = store.snapshots(team.workshop_id, ids)

    assert kept == before
    assert [dict(kept[each].draft.seen) for each in moved] == [
        dict(before[each].draft.seen) for each in moved
    ]
    assert store.snapshots("another", ids) == {}


def test_nothing_is_kept_with_what_cannot_be_undone(
    store: Store, team: Team, server: Server
) -> None:
    server.do("journey-mapping", Event.OVERRIDE)
    ids = [each.id for each in store.events(team.workshop_id)]

    assert store.snapshots(team.workshop_id, ids) == {}


def test_every_version_stays_in_order_with_who_when_and_what_it_came_to(
    store: Store, team: Team, server: Server
) -> None:
    revise(server)
    first, second = store.versions(team.step_key("user-research"))

    assert [each.version for each in (first, second)] == [1, 2]
    assert (first.fields, second.fields) == (
        GOOD["user-research"],
        VARIANTS["user-research"][1],
    )
    assert first.confirmed_at < second.confirmed_at
    assert "Something else" in second.summary
    assert "Something else" not in first.summary
    assert store.artifacts(team.key)["user-research"] == second
    assert store.versions(team.step_key("validate")) == []


# Eras


@pytest.fixture
def key(store: Store, team: Team, server: Server) -> StepKey:
    """Return the step that was reset with four messages in it, one of them unfinished."""
    key = team.step_key("user-research")
    half = reply("half", status=MessageStatus.INTERRUPTED)
    store.append(key, [question("1"), half, question("3"), reply("growing")])
    server.do("user-research", Event.RESET)
    return key


def test_a_reset_step_begins_a_new_era_that_is_empty(store: Store, key: StepKey) -> None:
    era = store.steps(key.team)[key.step].era
    [first] = store.append(key, [question("anew")])

    assert era == store.draft(key).epoch
    assert (first.position, first.era) == (1, era)
    assert store.messages(key) == [first]


def test_the_archived_era_is_still_readable_and_pages_as_before(store: Store, key: StepKey) -> None:
    store.append(key, [question("anew")])

    assert [m.text for m in store.messages(key, era=0)] == ["1", "half", "3", "growing"]
    assert [m.text for m in store.messages(key, era=0, last=1, before=4)] == ["3"]
    assert [m.text for m in store.messages(key, era=0, since=2, before=3)] == ["half"]
    assert store.messages(key, era=99) == []


def test_a_late_save_goes_to_the_archive_and_never_into_the_live_transcript(
    store: Store, key: StepKey
) -> None:
    growing = store.messages(key, era=0)[-1]
    late = growing.revised("grown up", MessageStatus.COMPLETE)
    unknown = question("never stored", position=5)
    store.save(key, [late, unknown])

    assert store.messages(key) == []
    assert [m.text for m in store.messages(key, era=0)][3:] == ["grown up", "never stored"]


def test_a_late_save_takes_no_place_of_the_new_era(store: Store, key: StepKey) -> None:
    growing = store.messages(key, era=0)[-1]
    placed = store.append(key, [question(f"{n}") for n in range(4)])
    store.save(key, [growing.revised("grown up", MessageStatus.COMPLETE)])

    assert store.messages(key) == placed


def test_nobody_takes_an_archived_message_over_or_ends_it(store: Store, key: StepKey) -> None:
    before = store.messages(key, era=0)
    for message in before:
        assert store.take_over(key, message.id) is None
        store.interrupt(key, message.id)

    assert store.messages(key, era=0) == before


def test_the_overview_counts_the_live_era_alone(store: Store, key: StepKey) -> None:
    def cell() -> tuple[int, int]:
        cells = {each.state.step: each for each in store.overview(key.workshop_id)}
        return cells[key.step].messages, cells[key.step].unfinished

    empty = cell()
    store.append(key, [question("anew")])

    assert (empty, cell()) == ((0, 0), (1, 0))


def test_what_people_have_written_is_counted_over_all_eras(store: Store, key: StepKey) -> None:
    before = store.asked(key.team)
    store.append(key, [reply("not a question"), question("anew", created_at=LATER - timedelta(9))])

    assert (before, store.asked(key.team)) == ({key.step: 2}, {key.step: 3})


def test_the_eras_that_hold_messages_are_known(store: Store, key: StepKey) -> None:
    before = store.eras(key)
    store.append(key, [question("anew")])

    assert (before, store.eras(key)) == ([0], [0, store.steps(key.team)[key.step].era])
    assert store.eras(key._replace(step="validate")) == []


def test_undo_of_a_reset_gives_the_transcript_back_as_it_was(
    store: Store, key: StepKey, server: Server
) -> None:
    archived = store.messages(key, era=0)
    greeting = reply("Welcome", status=MessageStatus.COMPLETE)
    store.append(key, [greeting])
    era = store.steps(key.team)[key.step].era
    server.do(key.step, Event.UNDO)

    assert store.messages(key) == archived
    assert [m.id for m in store.messages(key, era=era)] == [greeting.id]
    server.do(key.step, Event.RESET)
    assert store.messages(key) == []
    assert store.steps(key.team)[key.step].era > era


def test_undo_gives_the_draft_back_with_its_writers_and_only_the_epoch_grows(
    store: Store, team: Team, server: Server
) -> None:
    key = team.step_key("user-research")
    before = row(store, key)
    server.do("user-research", Event.RESET)
    emptied = store.draft(key)
    server.do("user-research", Event.UNDO)
    after = row(store, key)

    assert emptied == Draft({}, Phase.ORIENT, before.draft.revision + 1, before.draft.epoch + 1)
    assert after == replace(before, draft=replace(before.draft, epoch=before.draft.epoch + 2))
    assert dict(after.draft.seen) == dict(before.draft.seen)


def test_a_draft_of_a_life_that_is_over_is_a_conflict(
    store: Store, team: Team, server: Server
) -> None:
    key = team.step_key("user-research")
    base = store.draft(key)
    late = replace(base, fields={"insights": []}, revision=base.revision + 1, base=base)
    for event in (Event.REVISE, Event.UNDO, Event.RESET, Event.UNDO):
        server.do("user-research", event)
        stored = store.draft(key)
        with pytest.raises(Conflict):
            store.save(key, draft=late)

        assert store.draft(key) == stored
