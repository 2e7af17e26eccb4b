"""Access: a team's link is its key, and nothing else is."""

import pytest

from lib.access.links import team_by_link
from lib.store.errors import StoreUnavailable
from lib.workshop.ids import new_link
from lib.workshop.records import Team
from lib.workshop.roles import AccessRefused
from tests.fakes import new_step
from tests.memory_store.store import MemoryStore


class UnreachableStore(MemoryStore):
    """A database nobody gets through to."""

    def team_by_link(self, link: str) -> Team:
        raise StoreUnavailable("The database cannot be reached.")


def test_a_link_opens_the_team_it_belongs_to() -> None:
    store = MemoryStore()
    teams = [store.teams(new_step(store).workshop_id)[0] for _ in range(3)]

    assert [team_by_link(store, team.link) for team in teams] == teams


class AwayStore(MemoryStore):
    """A database that can be away."""

    away = False

    def team_by_link(self, link: str) -> Team:
        if self.away:
            raise StoreUnavailable("The database cannot be reached.")
        return super().team_by_link(link)


def test_a_changed_link_opens_nothing_while_the_database_is_away_once_that_was_seen() -> None:
    store = AwayStore()
    key = new_step(store)
    (team,) = store.teams(key.workshop_id)
    assert team_by_link(store, team.link) == team
    store.away = True
    assert team_by_link(store, team.link) == team
    store.away = False
    store.change_link(team.key, new_link(), revoked=False)
    with pytest.raises(AccessRefused):
        team_by_link(store, team.link)
    store.away = True

    with pytest.raises(StoreUnavailable):
        team_by_link(store, team.link)


def refusal(link: str) -> str:
    store = MemoryStore()
    new_step(store)
    with pytest.raises(AccessRefused) as refused:
        team_by_link(store, link)
    return str(refused.value)


@pytest.mark.parametrize(
    "link",
    ["", "x", "x" * 31, "x" * 33, "x" * 31 + "\n", "x" * 32 + "\n", "é" * 32, "٣" * 32, "%" * 32],
)
def test_a_malformed_link_is_refused_like_an_unknown_one(link: str) -> None:
    assert refusal(link) == refusal(new_link())


def test_a_refusal_is_a_sentence_that_gives_nothing_away() -> None:
    link = new_link()

    assert refusal(link).startswith("This link does not open a team.")
    assert link not in refusal(link)


def test_a_malformed_link_never_reaches_the_database() -> None:
    with pytest.raises(AccessRefused):
        team_by_link(UnreachableStore(), "no link")


def test_a_database_that_cannot_say_is_no_refusal() -> None:
    with pytest.raises(StoreUnavailable):
        team_by_link(UnreachableStore(), new_link())


def test_ids_open_nothing() -> None:
    store = MemoryStore()
    key = new_step(store)

    for id_ in (key.workshop_id, key.team_id, key.team_id.replace("-", "")):
        with pytest.raises(AccessRefused):
            team_by_link(store, id_)
