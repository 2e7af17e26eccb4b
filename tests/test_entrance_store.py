"""Ways in, as every store keeps them: links, codes, rights, passes, attempts."""

from datetime import timedelta

import pytest

from lib.store import backdating
from lib.store.errors import NotFound, Unstorable
from lib.store.port import Store
from lib.workshop.ids import new_id, new_link
from lib.workshop.local_guide import LocalGuide
from lib.workshop.records import CODE_REMEMBERED, Code, Team, Workshop
from lib.workshop.roles import Admission, Role
from tests.test_store_contract import AT, opens, store

__all__ = ["opens", "store"]

HOUR = timedelta(hours=1)


@pytest.fixture
def team(store: Store) -> Team:
    return started(store)


def started(store: Store, owner: str = "") -> Team:
    workshop = Workshop(new_id(), "Newcomers", "They leave.", AT, owner=owner)
    team = Team(workshop.id, new_id(), "Ladder crew", new_link(), 1)
    store.create_workshop(workshop, [team])
    return team


def test_a_workshop_keeps_whose_it_is(store: Store) -> None:
    workshop_id = started(store, "ada@x.org").workshop_id

    assert store.workshop(workshop_id).owner == "ada@x.org"


def test_another_link_opens_the_team_and_the_old_one_nothing(store: Store, team: Team) -> None:
    link = new_link()
    store.change_link(team.key, link, revoked=False)

    assert store.team_by_link(link).id == team.id
    with pytest.raises(NotFound):
        store.team_by_link(team.link)


def test_a_revoked_teams_link_opens_nothing_even_if_it_is_known(store: Store, team: Team) -> None:
    link = new_link()
    store.change_link(team.key, link, revoked=True)

    assert store.teams(team.workshop_id)[0].revoked
    with pytest.raises(NotFound):
        store.team_by_link(link)


def test_the_link_of_no_team_cannot_be_changed(store: Store, team: Team) -> None:
    with pytest.raises(NotFound):
        store.change_link(team.key._replace(team_id=new_id()), new_link(), revoked=False)


def test_a_code_opens_its_team_until_it_runs_out(store: Store, team: Team) -> None:
    code = Code("ABC234", AT + HOUR)
    with backdating.dated(AT):
        store.set_code(team.key, code)

        assert store.codes(team.workshop_id) == {team.id: code}
        assert store.team_by_code("ABC234").id == team.id
    with backdating.dated(AT + HOUR):
        assert store.codes(team.workshop_id) == {}
        with pytest.raises(NotFound):
            store.team_by_code("ABC234")


def test_a_team_has_one_code_and_no_other_teams(store: Store, team: Team) -> None:
    other = started(store)
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
        store.set_code(team.key, Code("DEF567", AT + HOUR))
        with pytest.raises(NotFound):
            store.team_by_code("ABC234")
        with pytest.raises(Unstorable):
            store.set_code(other.key, Code("DEF567", AT + HOUR))

        assert store.team_by_code("DEF567").id == team.id


def test_a_code_that_ran_out_can_be_another_teams(store: Store, team: Team) -> None:
    other = started(store)
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
    with backdating.dated(AT + 2 * HOUR):
        store.set_code(other.key, Code("ABC234", AT + 3 * HOUR))

        assert store.team_by_code("ABC234").id == other.id


def test_a_code_that_ran_out_is_known_for_some_days_also_when_another_is_made(
    store: Store, team: Team
) -> None:
    other = started(store)
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
        assert not store.code_has_expired("ABC234")
    with backdating.dated(AT + HOUR):
        assert store.code_has_expired("ABC234")
        # Making codes forgets none of those that ran out lately.
        store.set_code(other.key, Code("DEF567", AT + 2 * HOUR))
        store.set_code(team.key, Code("GHJ234", AT + 2 * HOUR))
        assert store.code_has_expired("ABC234")
        assert not store.code_has_expired("GHJ234")
        assert not store.code_has_expired("XYZ234")
    later = AT + HOUR + CODE_REMEMBERED
    with backdating.dated(later):
        assert not store.code_has_expired("ABC234")
        assert store.code_has_expired("GHJ234")
        store.set_code(team.key, Code("KLM234", later + HOUR))
    with backdating.dated(AT + HOUR):
        # It is gone, and not only passed over.
        assert not store.code_has_expired("ABC234")


def test_a_code_that_was_replaced_has_expired_and_one_whose_link_changed_is_unknown(
    store: Store, team: Team
) -> None:
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
        store.set_code(team.key, Code("DEF567", AT + HOUR))
        assert store.code_has_expired("ABC234")
        assert not store.code_has_expired("DEF567")
        store.change_link(team.key, new_link(), revoked=False)

        assert not store.code_has_expired("ABC234")
        assert not store.code_has_expired("DEF567")


@pytest.mark.parametrize("revoked", [True, False])
def test_a_code_ends_with_the_link(store: Store, team: Team, revoked: bool) -> None:
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
        store.change_link(team.key, new_link(), revoked=revoked)
        with pytest.raises(NotFound):
            store.team_by_code("ABC234")


def test_a_workshop_has_one_observer_link_or_none(store: Store, team: Team) -> None:
    first, second = new_link(), new_link()
    store.set_observer_link(team.workshop_id, first)
    store.set_observer_link(team.workshop_id, second)

    assert store.observer_link(team.workshop_id) == second
    store.set_observer_link(team.workshop_id, "")
    assert store.observer_link(team.workshop_id) == ""


def test_who_is_let_in_is_let_in_there_alone_until_it_is_taken_back(
    store: Store, team: Team
) -> None:
    other = started(store)
    store.grant(team.workshop_id, "ben@x.org", Role.OBSERVER)
    store.grant(team.workshop_id, "ben@x.org", Role.CO_FACILITATOR)
    store.grant(team.workshop_id, "ada@x.org", Role.OBSERVER)

    assert list(store.grants(team.workshop_id).items()) == [
        ("ada@x.org", Role.OBSERVER),
        ("ben@x.org", Role.CO_FACILITATOR),
    ]
    assert store.granted("ben@x.org") == {team.workshop_id: Role.CO_FACILITATOR}
    assert store.grants(other.workshop_id) == {}
    store.grant(team.workshop_id, "ben@x.org", None)
    assert store.granted("ben@x.org") == {}


def test_a_workshop_says_in_one_answer_whom_it_lets_in(store: Store) -> None:
    team, other = started(store, "ada@x.org"), started(store)
    store.grant(team.workshop_id, "ben@x.org", Role.OBSERVER)
    store.grant(team.workshop_id, "cleo@x.org", Role.CO_FACILITATOR)
    link = new_link()
    store.set_observer_link(team.workshop_id, link)

    assert [store.admission(team.workshop_id, each) for each in ("", "ada@x.org", "ben@x.org")] == [
        Admission("ada@x.org", None, link),
        Admission("ada@x.org", None, link),
        Admission("ada@x.org", Role.OBSERVER, link),
    ]
    assert store.admission(other.workshop_id, "ben@x.org") == Admission("")
    with pytest.raises(NotFound):
        store.admission(new_id(), "ada@x.org")


def test_a_machine_has_one_local_guide_or_none(store: Store) -> None:
    first, second = LocalGuide("ollama", "llama3.2"), LocalGuide("lm-studio", "qwen2.5")
    assert store.local_guide("here") is None
    for each in (first, second, second):
        store.choose_local_guide("here", each)

    assert (store.local_guide("here"), store.local_guide("there")) == (second, None)
    for _ in range(2):
        store.choose_local_guide("here", None)
    assert store.local_guide("here") is None


def test_a_pass_is_held_until_it_runs_out_or_is_given_back(store: Store) -> None:
    with backdating.dated(AT):
        for digest in ("one", "two"):
            store.keep_pass(digest, AT + HOUR)
        store.drop_pass("two")

        assert [store.holds_pass(each) for each in ("one", "two", "three")] == [True, False, False]
    with backdating.dated(AT + HOUR):
        assert not store.holds_pass("one")


def test_attempts_are_counted_for_each_and_begin_again_after_their_time(store: Store) -> None:
    def tried(at: timedelta, who: str = "ada", by: int = 1) -> int:
        with backdating.dated(AT + at):
            return store.attempt("code", who, 600, by)

    nothing, minute = timedelta(0), timedelta(minutes=1)

    assert [tried(nothing), tried(minute), tried(minute, "ben")] == [1, 2, 1]
    assert [tried(2 * minute, by=-1), tried(2 * minute, by=-5)] == [1, 0]
    assert [tried(3 * minute), tried(10 * minute), tried(11 * minute)] == [1, 1, 2]


def test_what_was_deleted_leaves_no_way_in(store: Store, team: Team) -> None:
    link = new_link()
    with backdating.dated(AT):
        store.set_code(team.key, Code("ABC234", AT + HOUR))
        store.set_observer_link(team.workshop_id, link)
        store.grant(team.workshop_id, "ada@x.org", Role.OBSERVER)
        store.delete(team.workshop_id, AT)
        store.erase(team.workshop_id, AT)

        assert store.granted("ada@x.org") == {}
        for look in (lambda: store.team_by_code("ABC234"), lambda: store.team_by_link(team.link)):
            with pytest.raises(NotFound):
                look()
        assert store.observer_link(team.workshop_id) == ""
