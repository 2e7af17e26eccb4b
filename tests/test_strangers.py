"""What is another workshop's, tried in every parameter a browser can send: nothing of it is shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.guide.scripted import ScriptedGuide
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.rights import NO_TEAM
from lib.workshop.roles import REFUSED
from lib.workshop.status import Status
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.pages import WatchedStore, drawn, running
from tests.test_owners import ADA, BEN, NOW, SIGNING_IN, opened

SECRET = "What the other team has said"


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def house(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0), settings=SIGNING_IN) as process:
        yield process


def started(store: WatchedStore, owner: str, title: str) -> Team:
    workshop = Workshop(new_id(), title, "They leave.", NOW, owner=owner)
    team = Team(workshop.id, new_id(), f"Team of {title}", new_link(), 1)
    store.inner.create_workshop(workshop, [team])
    said = Message(new_id(), Role.USER, "Ben", SECRET, NOW, MessageStatus.COMPLETE)
    if owner == BEN:
        store.inner.append(team.step_key("challenge"), [said])
        store.inner.set_observer_link(workshop.id, new_link())
    return team


@pytest.fixture
def own(house: Process, store: WatchedStore) -> Team:
    return started(store, ADA, "Ours")


@pytest.fixture
def theirs(house: Process, store: WatchedStore) -> Team:
    return started(store, BEN, "Theirs")


def sent(app: AppTest) -> str:
    """Return all that is sent to the browser: texts, HTML, and what components are given."""
    return "".join(str(each.proto) for part in (app.main, app.sidebar) for each in every(part))


def every(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from every(child)
        elif getattr(child, "proto", None) is not None:
            yield child


def hides(app: AppTest, team: Team) -> bool:
    """Whether a page sends nothing of a team of somebody else's workshop."""
    shown = sent(drawn(app))
    return not any(each in shown for each in (SECRET, "Theirs", team.link))


def test_what_is_looked_for_here_is_there_for_whom_it_is_open_to(theirs: Team) -> None:
    shown = {"workshop": theirs.workshop_id, "at": theirs.id, "step": "challenge"}
    page = sent(opened(navigation.REVIEW, BEN, **shown))
    links = sent(opened(navigation.REVIEW, BEN, workshop=theirs.workshop_id, show="people"))

    assert SECRET in page
    assert "Team of Theirs" in page
    assert theirs.link in links


@pytest.mark.parametrize("show", ["", "people", "qr"])
def test_another_workshops_id_is_refused_whatever_is_to_be_shown(
    own: Team, theirs: Team, show: str
) -> None:
    for more in ({}, {"at": theirs.id, "step": "challenge"}, {"of": theirs.id}):
        app = opened(navigation.REVIEW, ADA, workshop=theirs.workshop_id, show=show, **more)

        assert [each.value for each in app.error] == [REFUSED]
        assert hides(app, theirs)


@pytest.mark.parametrize("name", ["at", "of", "step", "shown", "observe", "show"])
def test_another_workshops_team_in_ones_own_shows_nothing_of_it(
    store: WatchedStore, own: Team, theirs: Team, name: str
) -> None:
    link = store.inner.observer_link(theirs.workshop_id)
    for value in (theirs.id, theirs.workshop_id, theirs.link, link):
        for show in ("", "people", "qr"):
            query = {"show": show, "at": own.id, "step": "challenge"} | {name: value}
            app = opened(navigation.REVIEW, ADA, workshop=own.workshop_id, **query)

            assert hides(app, theirs)


@pytest.mark.parametrize("file", [navigation.FRONT_DOOR, *navigation.STEP_PAGES.values()])
def test_what_is_no_link_of_a_team_opens_no_step(own: Team, theirs: Team, file: str) -> None:
    for value in (theirs.id, theirs.workshop_id, new_link(), "' OR 1=1 --", "x" * 5000):
        app = opened(file, "", team=value, workshop=theirs.workshop_id, at=theirs.id)

        assert [each.value for each in app.error] == [NO_TEAM]
        assert hides(app, theirs)


def test_a_teams_link_opens_neither_the_table_nor_another_team(
    store: WatchedStore, own: Team, theirs: Team
) -> None:
    app = opened(
        navigation.REVIEW, "", workshop=theirs.workshop_id, team=theirs.link, observe=theirs.link
    )
    assert hides(app, theirs)
    app = opened(navigation.STEP_PAGES["challenge"], "", team=own.link, at=theirs.id)
    assert hides(app, theirs)
    states = store.inner.steps(theirs.key)
    assert [each.status for each in states.values()].count(Status.IN_PROGRESS) == 1
