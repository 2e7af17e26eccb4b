"""What every store promises of fingerprints: another one whenever a step's page has more to show."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.store.port import Store
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.notes import Closing, Kind, Note
from lib.workshop.records import Aside, Draft, Team, Unsent
from lib.workshop.status import Event
from lib.workshop.transcript import MessageStatus
from tests.test_store_contract import (
    AT,
    LATER,
    SHORT,
    Opens,
    confirm,
    move,
    opens,
    question,
    reply,
    started,
    store,
    whole,
)

__all__ = ["opens", "store"]

STEP = "challenge"

Does = Callable[[Store, Team], object]


@pytest.fixture
def two(store: Store) -> list[Team]:
    """Return two teams of a workshop, the first with a conversation in which a reply grows."""
    _, teams = started(store, teams=2)
    key = teams[0].step_key(STEP)
    store.append(key, [question(), reply("It", status=MessageStatus.COMPLETE)])
    store.append(key, [question("And?"), reply("Then")])
    store.set_aside(key, Aside("problem", new_id(), "Ada", "They leave.", 1, 0))
    store.post(teams[0].workshop_id, note(None))
    return teams


def note(team: Team | None, kind: Kind = Kind.MESSAGE) -> Note:
    return Note(new_id(), kind, team.id if team else None, "Ada", "Five more minutes", AT)


def of(store: Store, team: Team, step: str = STEP) -> str:
    (found,) = store.fingerprints([(team.link, step)]).values()
    return found


def grows(store: Store, team: Team) -> None:
    last = store.messages(team.step_key(STEP))[-1]
    store.save(team.step_key(STEP), [last.revised("Then they", MessageStatus.STREAMING)])


def ends(store: Store, team: Team) -> None:
    last = store.messages(team.step_key(STEP))[-1]
    store.save(team.step_key(STEP), [last.revised("Then they leave.", MessageStatus.COMPLETE)])


def says(store: Store, team: Team) -> None:
    store.append(team.step_key(STEP), [question("Well?")])


def drafts(store: Store, team: Team) -> None:
    store.save(team.step_key(STEP), (), Draft({"target_user": "x"}, revision=1))


def closes_a_note(store: Store, team: Team) -> None:
    (record,) = store.desk(team.workshop_id).records
    store.close_note(team.workshop_id, record.note.id, Closing(team.id, "Ada", LATER))


def sets_aside(store: Store, team: Team) -> None:
    store.set_aside(team.step_key(STEP), Aside("problem", new_id(), "Ben", "They go.", 1, 0))


def forgets_an_aside(store: Store, team: Team) -> None:
    (aside,) = store.asides(team.step_key(STEP))
    store.drop_aside(team.step_key(STEP), aside.field, aside.writer)


def writes_an_aside_anew(store: Store, team: Team) -> None:
    (aside,) = store.asides(team.step_key(STEP))
    store.set_aside(team.step_key(STEP), replace(aside, value="They run.", revision=2))


def stops_the_reply(store: Store, team: Team) -> None:
    store.interrupt(team.step_key(STEP), store.messages(team.step_key(STEP))[-1].id)


def completes_and_resets(store: Store, team: Team) -> None:
    confirm(store, team, STEP)
    move(store, team, STEP, Event.RESET, LATER)


OF_A_STEP: list[Does] = [
    says,
    grows,
    ends,
    stops_the_reply,
    drafts,
    sets_aside,
    forgets_an_aside,
    writes_an_aside_anew,
    completes_and_resets,
    closes_a_note,
    lambda store, team: confirm(store, team, STEP),
    lambda store, team: store.post(team.workshop_id, note(team)),
    lambda store, team: store.post(team.workshop_id, note(team, Kind.FLAG)),
]

OF_A_WORKSHOP: list[Does] = [
    lambda store, team: store.post(team.workshop_id, note(None)),
    lambda store, team: store.save_agenda(team.workshop_id, Agenda(open_until=STEP, revision=1)),
    lambda store, team: store.archive(team.workshop_id, LATER),
    lambda store, team: store.delete(team.workshop_id, LATER),
]


@pytest.mark.parametrize("does", [*OF_A_STEP, *OF_A_WORKSHOP])
def test_whatever_a_page_shows_changes_its_fingerprint(
    store: Store, two: list[Team], does: Does
) -> None:
    team = two[0]
    before = of(store, team)
    assert of(store, team) == before

    does(store, team)
    after = of(store, team)

    assert after != before
    assert of(store, team) == after


@pytest.mark.parametrize("does", OF_A_STEP)
def test_what_another_team_does_does_not(store: Store, two: list[Team], does: Does) -> None:
    before = of(store, two[1])
    does(store, two[0])

    assert of(store, two[1]) == before


def test_what_is_said_in_another_step_and_what_is_typed_and_not_sent_does_not(
    store: Store, two: list[Team]
) -> None:
    team = two[0]
    before = of(store, team)
    store.append(team.step_key("persona"), [question()])
    store.keep_unsent(team.step_key(STEP), Unsent(new_id(), "Perhaps", 1))

    assert of(store, team) == before


def test_a_reply_that_was_written_anew_meanwhile_changes_it(store: Store, two: list[Team]) -> None:
    team = two[1]
    key = team.step_key(STEP)
    message = whole(store, key)
    before = of(store, team)
    begun = store.discard(key, message.id)
    assert begun is not None
    while_growing = of(store, team)
    store.save(key, [begun.revised(message.text, MessageStatus.COMPLETE)])

    assert len({before, while_growing, of(store, team)}) == 3


def test_that_a_writer_died_changes_it_though_nothing_is_written(opens: Opens) -> None:
    store = opens()
    _, (team,) = started(store)
    short = opens(lease=SHORT)
    before = of(store, team)
    short.append(team.step_key(STEP), [question(), reply("Then")])
    dead = of(store, team)
    while store.messages(team.step_key(STEP))[-1].status is MessageStatus.STREAMING:
        pass
    living = opens(lease=60.0)
    taken = living.take_over(team.step_key(STEP), store.messages(team.step_key(STEP))[-1].id)

    assert taken is not None
    assert before != of(store, team)
    assert of(store, team) != dead


def test_many_are_asked_for_at_once(store: Store) -> None:
    _, teams = started(store, teams=12)
    store.append(teams[3].step_key("persona"), [question()])
    asked = [(team.link, step) for team in teams for step in (STEP, "persona", "ideation")] * 20

    found = store.fingerprints(asked)

    assert found == {
        (team.link, step): of(store, team, step)
        for team in teams
        for step in (STEP, "persona", "ideation")
    }
    assert found[teams[3].link, "persona"] != found[teams[2].link, "persona"]


def test_a_link_that_opens_nothing_has_none(store: Store, two: list[Team]) -> None:
    renewed, revoked = new_link(), new_link()
    before = two[0].link, two[1].link
    store.change_link(two[0].key, renewed, revoked=False)
    store.change_link(two[1].key, revoked, revoked=True)
    asked = [(link, STEP) for link in (*before, renewed, revoked, new_link(), "'; --")]

    assert list(store.fingerprints([*asked, (renewed, "no-step")])) == [(renewed, STEP)]
    assert store.fingerprints([]) == {}
