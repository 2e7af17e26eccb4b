"""Ways in beside a team's link: codes, QR codes, links to read along, people who sign in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segno import make
from streamlit.testing.v1 import AppTest

from lib.access import codes as ways
from lib.access import links
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store.port import Store
from lib.team.process import Process
from lib.ui import navigation
from lib.ui.review import qr_page
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Code, Team, Workshop
from lib.workshop.roles import AccessRefused, Role
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore, drawn, moved, opened, running

NOW = datetime.now(UTC)

ADA = "ada@x.org"


def started(store: MemoryStore, *names: str) -> list[Team]:
    workshop = Workshop(new_id(), "Newcomers", "They leave.", NOW)
    teams = [Team(workshop.id, new_id(), name, new_link(), n) for n, name in enumerate(names, 1)]
    store.create_workshop(workshop, teams)
    return teams


# Codes


def test_a_code_has_letters_nobody_takes_for_others_and_runs_out_in_the_evening() -> None:
    codes = [ways.new_code(NOW) for _ in range(500)]

    assert len({each.code for each in codes}) == 500
    assert {letter for each in codes for letter in each.code} == set(ways.ALPHABET)
    assert not set("01OIL") & set(ways.ALPHABET)
    assert {each.expires_at for each in codes} == {NOW + timedelta(hours=12)}


@given(
    st.text(alphabet=ways.ALPHABET, min_size=8, max_size=8), st.sampled_from([" ", "-", "", "–"])
)
def test_a_code_is_read_however_it_is_typed(code: str, between: str) -> None:
    assert ways.read(ways.spelled(code).lower().replace("-", between)) == code
    assert ways.read(f" {ways.spelled(code)}\n") == code


@pytest.mark.parametrize("typed", ["", "K7WM-PX2", "K7WM-PX2QQ", "K7WM-PX20", "ö" * 8, "\x00" * 8])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert ways.read(typed) == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ada@Example.ORG ", "ada@example.org"),
        ("ada@mail.example.org", "ada@mail.example.org"),
        ("ada", ""),
        ("ada@example", ""),
        ("ada@@example.org", ""),
        ("a b@example.org", ""),
        ("ada@.org", ""),
        ("a" * 250 + "@x.org", ""),
        ("ada\x00@x.org", ""),
        ("ada\udc00@x.org", ""),
    ],
)
def test_an_address_is_read_in_lower_case(typed: str, expected: str) -> None:
    assert ways.email(typed) == expected


def test_whatever_is_wrong_with_a_code_gets_the_same_sentence() -> None:
    store = MemoryStore()
    team, taken = started(store, "Crew", "Gone")
    right, gone = (ways.new_code(NOW) for _ in range(2))
    store.set_code(team.key, right)
    store.set_code(taken.key, gone)
    store.change_link(taken.key, new_link(), revoked=True)
    said = {refusal(store, typed) for typed in ("", "nonsense", ways.new_code(NOW).code, gone.code)}

    assert said == {links.NO_CODE}
    assert links.team_by_code(store, ways.spelled(right.code).lower(), "192.0.2.7") == team


def refusal(store: Store, typed: str, who: str = "192.0.2.7") -> str:
    with pytest.raises(AccessRefused) as refused:
        links.team_by_code(store, typed, who)
    return str(refused.value)


def test_a_whole_room_behind_one_address_may_type_right_codes() -> None:
    store = MemoryStore()
    (team,) = started(store, "Crew")
    code = ways.new_code(NOW)
    store.set_code(team.key, code)

    assert {links.team_by_code(store, code.code, "192.0.2.7") for _ in range(200)} == {team}


def test_a_right_code_opens_its_team_whatever_was_typed_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    (team,) = started(store, "Crew")
    code = ways.new_code(NOW).code
    store.set_code(team.key, Code(code, NOW + timedelta(days=1)))
    said = [refusal(store, "K7WM-PX2") for _ in range(links.ATTEMPTS_FROM + 20)]

    assert said == [links.NO_CODE] * links.ATTEMPTS_FROM + [links.MANY_WRONG_CODES] * 20
    assert links.team_by_code(store, code, "192.0.2.7") == team
    # Nobody elsewhere is told anything of it; the log names the address once.
    assert refusal(store, "K7WM-PX2", "192.0.2.8") == links.NO_CODE
    assert [each.args for each in caplog.records] == [(links.ATTEMPTS_FROM, "192.0.2.7")]


def test_a_code_that_ran_out_says_so_and_counts_as_no_attempt() -> None:
    store = MemoryStore()
    (team,) = started(store, "Crew")
    code = ways.new_code(NOW).code
    store.set_code(team.key, Code(code, NOW - timedelta(seconds=1)))
    said = {refusal(store, ways.spelled(code)) for _ in range(2 * links.ATTEMPTS_FROM)}

    assert said == {links.EXPIRED_CODE}
    assert refusal(store, "nonsense") == links.NO_CODE


# The pages


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def process(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0)) as assembled:
        yield assembled


@pytest.fixture
def signing_in(store: WatchedStore) -> Iterator[Process]:
    settings = Settings(facilitators=(ADA,), signs_in=True)
    with running(store, ScriptedGuide(pace=0), settings=settings) as assembled:
        yield assembled


@pytest.fixture
def teams(store: WatchedStore) -> list[Team]:
    return started(store.inner, "Ladder crew", "Hose crew")


def people(teams: list[Team], who: str = "") -> AppTest:
    """Open the page of people and links, as somebody who has signed in where *who* says so."""
    claims = {"is_logged_in": True, "email": who, "email_verified": True} if who else None
    query = {"workshop": teams[0].workshop_id, "show": "people"}
    return drawn(opened(navigation.REVIEW, claims, **query))


def texts(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.error]
    return " ".join(str(each.value) for each in shown)


def addresses(app: AppTest) -> list[str]:
    return [each.value for each in app.code]


def pressed(app: AppTest, key: str) -> AppTest:
    return drawn(app.button(key=key).click().run())


def test_each_team_has_its_link_and_no_code_until_one_is_made(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    app = people(teams)

    assert [team.link in each for team, each in zip(teams, addresses(app), strict=True)] == [
        True
    ] * 2
    assert store.inner.codes(teams[0].workshop_id) == {}
    app = pressed(app, f"code/{teams[1].id}")
    code = store.inner.codes(teams[0].workshop_id)[teams[1].id]
    assert ways.spelled(code.code) in texts(app)
    assert "Hose crew has a new code" in texts(app)


def test_a_changed_link_is_another_and_opens_nothing_that_was_open(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    app = pressed(people(teams), f"change/{teams[0].id}")
    now = store.inner.teams(teams[0].workshop_id)[0]

    assert now.link != teams[0].link
    assert any(now.link in each for each in addresses(app))
    with pytest.raises(AccessRefused):
        links.team_by_link(store.inner, teams[0].link)


def test_a_link_that_was_taken_away_can_be_given_anew(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    app = pressed(people(teams), f"revoke/{teams[0].id}")

    assert store.inner.teams(teams[0].workshop_id)[0].revoked
    assert "Its link was revoked" in texts(app)
    assert len(addresses(app)) == 1
    app = pressed(app, f"renew/{teams[0].id}")
    now = store.inner.teams(teams[0].workshop_id)[0]
    assert not now.revoked
    assert links.team_by_link(store.inner, now.link) == now


def test_a_link_to_read_along_is_made_changed_and_taken_away(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    workshop_id = teams[0].workshop_id
    app = pressed(people(teams), "observe")
    first = store.inner.observer_link(workshop_id)
    assert addresses(app)[-1].endswith(f"/review?workshop={workshop_id}&observe={first}")
    app = pressed(app, "observe")
    assert store.inner.observer_link(workshop_id) not in ("", first)
    pressed(app, "observe-not")
    assert store.inner.observer_link(workshop_id) == ""


def let_in(app: AppTest, email: str) -> AppTest:
    app.text_input(key="share-email").input(email)
    next(each for each in app.button if each.label == "Add").click()
    return drawn(app.run())


def test_somebody_is_let_in_by_address_and_no_more(
    signing_in: Process, store: WatchedStore, teams: list[Team]
) -> None:
    workshop_id = teams[0].workshop_id
    app = let_in(people(teams, ADA), "Ben@Example.org")
    assert store.inner.grants(workshop_id) == {"ben@example.org": Role.CO_FACILITATOR}
    pressed(app, "drop/ben@example.org")
    assert store.inner.grants(workshop_id) == {}


def test_what_is_no_address_is_said_and_stays_in_its_box(
    signing_in: Process, store: WatchedStore, teams: list[Team]
) -> None:
    app = let_in(people(teams, ADA), "ben at home")

    assert "not an e-mail address" in app.error[0].value
    assert app.text_input(key="share-email").value == "ben at home"
    assert store.inner.grants(teams[0].workshop_id) == {}


def test_without_sign_in_no_address_is_asked_for(process: Process, teams: list[Team]) -> None:
    app = people(teams)

    assert "share-email" not in {each.key for each in app.text_input}
    assert "connect this server to a sign-in provider" in texts(app)


def test_a_code_leads_to_the_team_and_a_wrong_one_stays_in_its_box(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    code = ways.new_code(NOW)
    store.inner.set_code(teams[0].key, code)
    app = joined(opened(navigation.FRONT_DOOR), "K7WM-PX2Q")
    assert app.error[0].value == links.NO_CODE
    assert app.text_input(key="team-code").value == "K7WM-PX2Q"

    app = joined(app, ways.spelled(code.code).lower())
    assert app.title[0].value == "Welcome, Ladder crew"


def joined(app: AppTest, code: str) -> AppTest:
    app.text_input(key="team-code").input(code)
    next(each for each in app.button if each.label == "Join").click()
    return drawn(app.run())


def test_a_code_needs_no_passcode(store: WatchedStore, teams: list[Team]) -> None:
    code = ways.new_code(NOW)
    store.inner.set_code(teams[0].key, code)
    settings = Settings(passcode="open sesame")
    with running(store, ScriptedGuide(pace=0), settings=settings):
        app = joined(opened(navigation.FRONT_DOOR), code.code)

        assert app.title[0].value == "Welcome, Ladder crew"


def test_a_code_that_cannot_be_looked_at_stays_in_its_box(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    app = opened(navigation.FRONT_DOOR)
    store.away = True
    app.text_input(key="team-code").input("K7WM-PX2Q")
    next(each for each in app.button if each.label == "Join").click()
    app.run()

    assert any("still in the box" in each.value for each in app.warning)
    assert app.text_input(key="team-code").value == "K7WM-PX2Q"


@pytest.mark.parametrize(("of", "shown"), [("", 2), ("first", 1), ("unknown", 2)])
def test_qr_codes_are_those_of_the_teams_links(
    process: Process, teams: list[Team], of: str, shown: int
) -> None:
    team = teams[0].id if of == "first" else of
    app = drawn(opened(navigation.REVIEW, workshop=teams[0].workshop_id, show="qr", of=team))
    pictures = [each.proto.body for each in app.get("html") if 'class="qr"' in each.proto.body]
    expected = [qr_page.picture(navigation.address(each.link)) for each in teams[:shown]]

    assert len(pictures) == shown
    assert all(one in picture for one, picture in zip(expected, pictures, strict=True))


def test_a_qr_code_is_of_its_address_alone_and_has_its_white_edge() -> None:
    one, other = (f"https://workshops.example.org/?team={new_link()}" for _ in range(2))
    expected = make(one, error="m", micro=False)

    assert qr_page.picture(one) != qr_page.picture(other)
    plain = {"dark": "#000", "light": "#fff", "omitsize": True}
    assert qr_page.picture(one) == expected.svg_data_uri(border=4, **plain)


def test_a_name_is_shown_as_it_was_typed_where_the_page_says_what_was_done(
    process: Process, store: WatchedStore
) -> None:
    (team,) = started(store.inner, "*Ladder* [crew](https://elsewhere.example)")
    app = pressed(people([team]), f"code/{team.id}")

    assert r"\*Ladder\* \[crew\]" in next(each.value for each in app.info)


def test_a_team_without_a_link_has_no_qr_code(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    for team in teams:
        store.inner.change_link(team.key, new_link(), revoked=True)
    app = drawn(opened(navigation.REVIEW, workshop=teams[0].workshop_id, show="qr"))

    assert "No team has a link" in texts(app)


def test_an_observers_link_grants_reading_only_also_where_nothing_guards_the_house(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    workshop_id, link = teams[0].workshop_id, new_link()
    store.inner.set_observer_link(workshop_id, link)
    query = {"workshop": workshop_id, "observe": link}
    for show in ("", "people", "qr"):
        app = drawn(opened(navigation.REVIEW, **query, show=show))

        assert app.title[0].value == "Newcomers"
        assert {each.key for each in app.button} <= {"refresh"}
        assert teams[0].link not in str(app.main)
    # The tab stays an observer's, wherever it goes from there.
    for page in (navigation.FRONT_DOOR, navigation.REVIEW):
        app = moved(app, page)
        assert "start-workshop" not in {each.key for each in app.button}
        assert "opened with an observer link" in app.error[0].value
    assert "Delete …" not in {each.label for each in moved(app, navigation.REVIEW, **query).button}
    app = drawn(opened(navigation.FRONT_DOOR))
    assert "start-workshop" in {each.key for each in app.button}


@pytest.mark.parametrize("link", ["x", "A" * 32])
def test_an_observers_link_that_opens_nothing_makes_nobody_a_facilitator(
    process: Process, teams: list[Team], link: str
) -> None:
    app = drawn(opened(navigation.REVIEW, workshop=teams[0].workshop_id, observe=link))

    assert "Newcomers" not in texts(app)
    assert [each.key for each in app.button] == []


def test_who_reads_along_sees_neither_links_nor_codes_nor_buttons(
    process: Process, store: WatchedStore, teams: list[Team]
) -> None:
    workshop_id, link = teams[0].workshop_id, new_link()
    store.inner.set_observer_link(workshop_id, link)
    settings = Settings(passcode="open sesame")
    process.close(within=1)
    with running(store, ScriptedGuide(pace=0), settings=settings):
        for show in ("", "people", "qr"):
            query = {"workshop": workshop_id, "observe": link, "show": show}
            app = drawn(opened(navigation.REVIEW, **query))
            keys = [each.key for each in app.button]

            assert app.title[0].value == "Newcomers"
            assert addresses(app) == []
            assert not {"timer-start", "nudge", "archive", "duplicate", "delete"} & set(keys)
            assert teams[0].link not in str(app.main)
