"""Whose a workshop is, whom it lets in, and what each of them finds at the front door."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import demo
from lib.access import facilitators, links
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.store.port import Store
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.roles import REFUSED, AccessRefused, Action, Actor, Role, may
from tests import pages
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore, drawn, running
from tests.review_table import statements

NOW = datetime.now(UTC)
ADA, BEN, CLEO, DAN = (f"{name}@x.org" for name in ("ada", "ben", "cleo", "dan"))

#: Ada and Ben run workshops of their own; the rest of the world does not.
SIGNING_IN = Settings(facilitators=(ADA, BEN), signs_in=True)


def claims(email: str, **more: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email, "email_verified": True, **more}


def start(store: Store, title: str, owner: str = "") -> Workshop:
    workshop = Workshop(new_id(), title, "They leave.", NOW, owner=owner)
    store.create_workshop(workshop, [Team(workshop.id, new_id(), "Crew", new_link(), 1)])
    return workshop


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def house(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0), settings=SIGNING_IN) as process:
        yield process


def opened(page: str, who: str = "", **query: str) -> AppTest:
    return pages.opened(page, claims(who) if who else None, **query)


def shown(app: AppTest) -> str:
    texts = [*app.title, *app.markdown, *app.caption, *app.error, *app.warning, *app.subheader]
    return " ".join(str(each.value) for each in texts)


# Who has signed in


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (claims(ADA), Actor(email=ADA, is_listed=True)),
        (claims(" ADA@X.ORG "), Actor(email=ADA, is_listed=True)),
        (claims(CLEO), Actor(email=CLEO)),
        (claims("eve@company.com"), Actor(email="eve@company.com", is_listed=True)),
        (claims("eve@not.company.com"), Actor(email="eve@not.company.com")),
        (claims("eve@company.com.evil.org"), Actor(email="eve@company.com.evil.org")),
        # A provider that does not say whether it has verified an address has not.
        ({"is_logged_in": True, "email": ADA}, Actor()),
        # Whoever says so is not whom the provider says it is.
        (claims("eve\x00@x.org"), Actor()),
        (claims("eve\ud800@x.org"), Actor()),
        (claims(ADA, email_verified=False), Actor()),
        (claims(ADA, email_verified="false"), Actor()),
        (claims(ADA, email_verified=None), Actor()),
        (claims(ADA, is_logged_in=False), Actor()),
        ({"email": ADA}, Actor()),
        (claims(""), Actor()),
        (claims("@company.com"), Actor()),
        (claims("a b@company.com"), Actor()),
        (claims("ada@x.org\n@company.com"), Actor()),
        ({"is_logged_in": True, "email": [ADA]}, Actor()),
        ({}, Actor()),
    ],
)
def test_who_has_signed_in_is_who_the_provider_says_they_are(
    said: dict[str, Any], expected: Actor
) -> None:
    settings = Settings(facilitators=(ADA, "@company.com"), signs_in=True)

    assert facilitators.actor(MemoryStore(), settings, "", {}, said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"is_logged_in": True, "email": ADA}, Actor(email=ADA, is_listed=True)),
        (claims(ADA), Actor(email=ADA, is_listed=True)),
        # What a provider says it has not verified counts nowhere.
        (claims(ADA, email_verified=False), Actor()),
        ({"email": ADA}, Actor()),
    ],
)
def test_a_setting_waives_that_a_provider_says_an_address_is_verified(
    said: dict[str, Any], expected: Actor
) -> None:
    settings = Settings(facilitators=(ADA,), signs_in=True, email_verified=False)

    assert facilitators.actor(MemoryStore(), settings, "", {}, said) == expected


def test_without_sign_in_nothing_a_browser_claims_counts() -> None:
    settings = Settings(facilitators=(ADA,), passcode="open sesame")

    assert facilitators.actor(MemoryStore(), settings, "", {}, claims(ADA)) == Actor()


def test_where_people_sign_in_sitting_at_the_machine_makes_nobody_a_facilitator() -> None:
    here = {"Host": "localhost:8501"}

    assert facilitators.actor(MemoryStore(), SIGNING_IN, "", here) == Actor()


def test_who_has_signed_in_and_given_the_passcode_is_both() -> None:
    store, both = MemoryStore(), Settings(passcode="open sesame", signs_in=True)
    token = facilitators.enter(store, both, "open sesame", "192.0.2.7", NOW)

    assert facilitators.actor(store, both, token, {}, claims(CLEO)) == Actor(True, CLEO)


# What a workshop makes of them


@pytest.fixture(params=["memory", "sqlite"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    is_memory = request.param == "memory"
    made: Store = MemoryStore() if is_memory else open_store(f"sqlite:///{tmp_path / 'own.db'}")
    yield made
    made.close()


def test_a_workshop_opens_to_its_owner_and_to_whom_it_lets_in_alone(any_store: Store) -> None:
    own, link = start(any_store, "Ours", ADA), new_link()
    any_store.grant(own.id, CLEO, Role.OBSERVER)
    any_store.grant(own.id, DAN, Role.CO_FACILITATOR)
    any_store.set_observer_link(own.id, link)

    def can(actor: Actor, action: Action, observer_link: str = "") -> bool:
        try:
            return may(*_moved(actor, action, own.id, observer_link))
        except AccessRefused:
            return False

    def _moved(actor: Actor, action: Action, workshop_id: str, shown: str) -> Any:
        somebody, scope = links.standing(any_store, actor, workshop_id, shown)
        return somebody, action, scope

    ada, ben = Actor(email=ADA, is_listed=True), Actor(email=BEN, is_listed=True)
    assert [can(ada, each) for each in (Action.DELETE, Action.SEE_TABLE)] == [True, True]
    assert [can(ben, each) for each in (Action.DELETE, Action.SEE_TABLE)] == [False, False]
    cleo, dan = Actor(email=CLEO), Actor(email=DAN)
    assert [can(cleo, each) for each in (Action.SEE_TABLE, Action.SEE_LINKS)] == [True, False]
    assert [can(dan, each) for each in (Action.SEE_LINKS, Action.SHARE)] == [True, False]
    assert [can(Actor(), Action.SEE_TABLE, each) for each in (link, new_link(), "", "é")] == [
        True,
        False,
        False,
        False,
    ]
    assert not can(Actor(), Action.SEE_LINKS, link)
    assert can(ada, Action.DELETE, link)


def test_a_link_to_read_along_opens_no_other_workshop(any_store: Store) -> None:
    own, other, link = start(any_store, "Ours"), start(any_store, "Theirs"), new_link()
    any_store.set_observer_link(own.id, link)
    actor, scope = links.standing(any_store, Actor(), other.id, link)

    assert not may(actor, Action.SEE_TABLE, scope)


def test_a_workshop_that_is_not_there_is_refused_like_somebody_elses(any_store: Store) -> None:
    for actor, link in ((Actor(email=BEN, is_listed=True), ""), (Actor(), new_link())):
        with pytest.raises(AccessRefused) as refused:
            links.standing(any_store, actor, "nowhere", link)

        assert str(refused.value) == REFUSED


def test_who_asks_costs_one_query_and_the_house_none(sqlite_url: str) -> None:
    sql = open_store(sqlite_url)
    own = start(sql, "Ours", ADA)
    for actor, link, cost in (
        (Actor(is_house=True), "", 0),
        (Actor(), "", 0),
        (Actor(email=ADA, is_listed=True), "", 1),
        (Actor(), new_link(), 1),
    ):
        with statements(sql) as asked:
            links.standing(sql, actor, own.id, link)

        assert len(asked) == cost, asked
    sql.close()


# The front door and the list


def test_the_list_has_the_workshops_that_are_theirs_the_houses_or_shared_with_them(
    house: Process, store: WatchedStore
) -> None:
    start(store.inner, "Of Ada", ADA)
    start(store.inner, "Of Ben", BEN)
    start(store.inner, "Of the house")
    shared = start(store.inner, "Of Ben for Ada", BEN)
    house.store.grant(shared.id, ADA, Role.OBSERVER)
    for page in (navigation.FRONT_DOOR, navigation.REVIEW):
        app = drawn(opened(page, ADA))
        titles = [each for each in _titles(app) if each.startswith("Of")]

        assert sorted(titles) == ["Of Ada", "Of Ben for Ada", "Of the house"]


def _titles(app: AppTest) -> list[str]:
    labels = [each.proto.label for each in app.page_link]
    return [each.strip("*") for each in (*labels, *(str(m.value) for m in app.markdown))]


def test_a_guest_finds_what_they_were_let_into_and_starts_nothing(
    house: Process, store: WatchedStore
) -> None:
    shared = start(store.inner, "Of Ben for Cleo", BEN)
    start(store.inner, "Of Ben", BEN)
    house.store.grant(shared.id, CLEO, Role.OBSERVER)
    app = drawn(opened(navigation.FRONT_DOOR, CLEO))

    assert "Of Ben for Cleo" in _titles(app)
    assert "Of Ben" not in _titles(app)
    assert [each.key for each in app.text_input] == ["team-code"]
    assert "open-demo" not in [each.key for each in app.button]


def test_a_workshop_is_whose_who_starts_it(house: Process, store: WatchedStore) -> None:
    app = opened(navigation.FRONT_DOOR, "Ada@X.org")
    app.text_input(key="title").input("Newcomers")
    app.text_area(key="challenge").input("They leave.")
    app.text_area(key="teams").input("Crew")
    next(each for each in app.button if each.label == "Start").click()
    drawn(app.run())
    (made,) = store.inner.workshops()

    assert made.owner == ADA


def test_a_copy_is_whose_who_makes_it_and_lets_in_nobody_else(
    house: Process, store: WatchedStore
) -> None:
    own = start(store.inner, "Of the house")
    house.store.grant(own.id, CLEO, Role.OBSERVER)
    app = opened(navigation.REVIEW, ADA, workshop=own.id)
    drawn(app.button(key="duplicate").click().run())
    copy = next(each for each in store.inner.workshops() if each.id != own.id)

    assert copy.owner == ADA
    assert store.inner.grants(copy.id) == {}


def test_the_demo_is_each_facilitators_own(house: Process, store: WatchedStore) -> None:
    made = [
        demo.open_or_create(house.store, house.drafts, NOW, owner=owner).id
        for owner in (ADA, BEN, ADA)
    ]

    assert made[0] == made[2] != made[1]
    assert {each.id: each.owner for each in store.inner.workshops()} == {
        made[0]: ADA,
        made[1]: BEN,
    }


def test_somebody_elses_workshop_and_none_at_all_look_alike(
    house: Process, store: WatchedStore
) -> None:
    theirs = start(store.inner, "Of Ben", BEN)
    pages = [
        opened(navigation.REVIEW, ADA, workshop=each)
        for each in (theirs.id, new_id(), "\x00", "x" * 5000)
    ]

    assert [drawn(each).error[0].value for each in pages] == [REFUSED] * 4
    assert all("Of Ben" not in shown(each) for each in pages)


def test_a_link_to_read_along_opens_the_table_without_any_sign_in(
    house: Process, store: WatchedStore
) -> None:
    own, link = start(store.inner, "Of Ben", BEN), new_link()
    store.inner.set_observer_link(own.id, link)
    app = drawn(opened(navigation.REVIEW, workshop=own.id, observe=link))

    assert app.title[0].value == "Of Ben"
    store.inner.set_observer_link(own.id, "")
    app = drawn(opened(navigation.REVIEW, workshop=own.id, observe=link))
    assert "Of Ben" not in shown(app)
