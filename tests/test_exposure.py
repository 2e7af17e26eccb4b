"""What a browser receives, by role and page: no key of a team whose links it may not see."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from lib import demo
from lib.access import codes as ways
from lib.access import links
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store.port import Store
from lib.team import process
from lib.team.process import Process
from lib.ui import navigation
from lib.ui.review import qr_page
from lib.workshop import roles
from lib.workshop.ids import new_link
from lib.workshop.records import Team
from lib.workshop.roles import AccessRefused, Role
from tests.pages import ROOT, WatchedStore, running
from tests.test_owners import ADA, BEN, CLEO, DAN, opened, start

NOW = datetime.now(UTC)

#: Listed, and let into Ada's workshops to read along.
EVE = "eve@x.org"

SETTINGS = Settings(facilitators=(ADA, BEN, EVE), signs_in=True)

#: Every page there is, so that a new one is covered without a change here.
PAGES = [navigation.FRONT_DOOR, *sorted(f"pages/{file.name}" for file in ROOT.glob("pages/*.py"))]

WHO = {
    "owner": ADA,
    "co-facilitator": CLEO,
    "observer": DAN,
    "facilitator who reads along": EVE,
    "facilitator of other workshops": BEN,
    "observer by link": "",
    "member": "",
    "nobody": "",
}

#: Roles that may see every link of these workshops.
SEEING = {"owner", "co-facilitator"}

Query = dict[str, str]


@dataclass
class House:
    """The demo, an archived and a deleted workshop of Ada's, with codes, guests and links."""

    store: Store
    demo: str
    away: list[str]
    observing: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id_ in (self.demo, *self.away):
            self.observing[id_] = new_link()
            self.store.set_observer_link(id_, self.observing[id_])
            self.store.grant(id_, CLEO, Role.CO_FACILITATOR)
            self.store.grant(id_, DAN, Role.OBSERVER)
            self.store.grant(id_, EVE, Role.OBSERVER)
            for team in self.store.teams(id_):
                self.store.set_code(team.key, ways.new_code(NOW))
        self.store.archive(self.away[0], NOW)
        self.store.delete(self.away[1], NOW + timedelta(days=7))

    @property
    def member(self) -> Team:
        """The team whose link the member holds."""
        return self.store.teams(self.demo)[0]

    def keys(self, who: str) -> dict[str, str]:
        """Return what must not reach somebody, by what it is: links and codes in every form."""
        found: dict[str, str] = {}
        for id_ in (self.demo, *self.away):
            codes = self.store.codes(id_)
            for team in self.store.teams(id_):
                if who == "member" and team == self.member:
                    continue
                code = codes[team.id].code
                found[f"link of {team.name}"] = team.link
                found[f"code of {team.name}"] = code
                found[f"code of {team.name}, spelled"] = ways.spelled(code)
                found[f"QR code of {team.name}"] = qr_page.picture(navigation.address(team.link))
        return found

    def addresses(self, who: str) -> Iterator[tuple[str, Query]]:
        """Yield each page somebody may ask for, in each of its states."""
        for page in PAGES:
            for query in self._queries(page, who):
                yield page, query

    def _queries(self, page: str, who: str) -> Iterator[Query]:
        own: Query = {navigation.TEAM: self.member.link} if who == "member" else {}
        if who == "observer by link":
            own = {navigation.OBSERVE: self.observing[self.demo]}
        read = {"at": self.member.id, "step": "challenge"}
        if page in navigation.STEP_PAGES.values():
            yield own | self._in(self.demo, who) | read
            return
        yield own
        for id_ in (self.demo, *self.away):
            yield own | self._in(id_, who)
        for more in ({"show": "people"}, {"show": "qr"}, read):
            yield own | self._in(self.demo, who) | more

    def _in(self, workshop_id: str, who: str) -> Query:
        observe = {navigation.OBSERVE: self.observing[workshop_id]}
        return {navigation.WORKSHOP: workshop_id} | (observe if who == "observer by link" else {})


def _house(store: WatchedStore, drafts: Any) -> House:
    away = [start(store.inner, title, ADA).id for title in ("Archived", "Deleted")]
    return House(store.inner, demo.open_or_create(store.inner, drafts, NOW, owner=ADA).id, away)


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Process, House]]:
    store = WatchedStore()
    with running(store, ScriptedGuide(pace=0), settings=SETTINGS) as assembled:
        yield assembled, _house(store, assembled.drafts)


@pytest.fixture
def house(made: tuple[Process, House]) -> House:
    # Another test of this module may have had a process of its own in its place.
    process.use(made[0])
    return made[1]


@dataclass
class Browser:
    """All that a page sends: every message of its runs whole, and the files behind its buttons."""

    messages: list[Any] = field(default_factory=list)
    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def received(self) -> bytes:
        """Return it as one text; a file somebody may not have is none."""
        parts = [each.SerializeToString() for each in self.messages]
        for make in self.files.values():
            try:
                parts += _unpacked(make())
            except AccessRefused:
                continue
        return b"\n".join(parts)


def _unpacked(content: bytes) -> list[bytes]:
    if not content.startswith(b"PK"):
        return [content]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return [packed.read(name) for name in packed.namelist()]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Browser:
    made = Browser()
    forward, button = LocalScriptRunner.forward_msgs, streamlit.download_button

    def kept(runner: LocalScriptRunner) -> list[Any]:
        found = forward(runner)
        made.messages += found
        return found

    def noted(label: str, data: Any, **options: Any) -> Any:
        made.files[options["key"]] = data
        return button(label, data, **options)

    monkeypatch.setattr(LocalScriptRunner, "forward_msgs", kept)
    monkeypatch.setattr(streamlit, "download_button", noted)
    return made


def seen(house: House, sent: Browser, who: str) -> set[tuple[str, str]]:
    """Return the keys somebody receives, each with the page that sends it."""
    found = set()
    for page, query in house.addresses(who):
        sent.messages.clear()
        sent.files.clear()
        app = opened(page, WHO[who], **query)
        if page == navigation.REVIEW and "at" in query and app.get("download_button"):
            app = unfolded(app)
        assert not app.exception
        received = sent.received()
        found |= {(page, name) for name, key in house.keys(who).items() if key.encode() in received}
    return found


def unfolded(app: AppTest) -> AppTest:
    """Return the review page with all that is drawn only once it is asked for."""
    for name in ("events", "pulse", "pulse-as-table"):
        app.session_state[name] = True
    app.text_input(key="search").input("the")
    return app.run()


@pytest.mark.parametrize("who", [each for each in WHO if each not in SEEING])
def test_no_page_sends_a_teams_link_or_code_to(who: str, house: House, sent: Browser) -> None:
    assert seen(house, sent, who) == set()


@pytest.mark.parametrize("settings", [Settings(), Settings(passcode="open sesame")], ids=str)
def test_no_page_sends_them_to_an_observer_on_a_server_of_another_kind(
    settings: Settings, made: tuple[Process, House], sent: Browser
) -> None:
    """Without anything that guards it, and with a passcode."""
    parts, house = made
    process.use(process.assemble(settings, parts.store, ScriptedGuide(pace=0)))

    assert seen(house, sent, "observer by link") == set()


@pytest.mark.parametrize("who", sorted(SEEING))
def test_whoever_may_see_links_receives_all(who: str, house: House, sent: Browser) -> None:
    """The search finds what is there, in each form."""
    assert {name for _, name in seen(house, sent, who)} >= {
        name
        for name in house.keys(who)
        if "Crew" not in name and (not name.startswith("code") or name.endswith("spelled"))
    }


def test_the_files_of_the_review_page_are_searched_too(house: House, sent: Browser) -> None:
    query = {"workshop": house.demo, "at": house.member.id, "step": "challenge"}
    app = opened(navigation.REVIEW, DAN, **query)

    assert {"status-csv", "status-xlsx", "messages-csv", "messages-xlsx"} <= sent.files.keys()
    before = set(sent.files)
    unfolded(app)
    assert len(sent.files.keys() - before) >= 4
    assert all(_unpacked(make()) for make in sent.files.values())


# Buttons


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the actions that are refused from now on."""
    told: list[str] = []
    authorize = roles.authorize

    def noted(actor: Any, action: Any, scope: Any) -> None:
        try:
            authorize(actor, action, scope)
        except AccessRefused:
            told.append(action.name)
            raise

    monkeypatch.setattr(roles, "authorize", noted)
    return told


def _buttons(app: AppTest) -> list[str]:
    # Signing in and out is the provider's, and a code opens nothing here.
    return [
        str(each.key) for each in app.button if each.key not in ("sign-in", "sign-out") and each.key
    ]


@pytest.mark.parametrize("who", [each for each in WHO if each not in ("owner", "member")])
def test_no_button_anybody_sees_is_refused(who: str, refusals: list[str]) -> None:
    store = WatchedStore()
    with running(store, ScriptedGuide(pace=0), settings=SETTINGS) as own:
        house = _house(store, own.drafts)
        pressed = set()
        for page, query in house.addresses(who):
            if page in navigation.STEP_PAGES.values():
                continue
            for key in _buttons(opened(page, WHO[who], **query)):
                if (page, key) in pressed:
                    continue
                pressed.add((page, key))
                refusals.clear()
                app = opened(page, WHO[who], **query)
                closed = set(refusals)
                app.button(key=key).click().run()

                assert not app.exception
                # The page itself may be closed to them; the press is refused nothing more.
                assert set(refusals) <= closed, key
                assert [each.value for each in app.toast] == [], key


def test_nobody_else_than_the_owner_takes_an_archiving_back(house: House) -> None:
    for who in (CLEO, DAN, EVE):
        keys = {
            str(each.key)
            for page in (navigation.FRONT_DOOR, navigation.REVIEW)
            for each in opened(page, who).button
        }

        assert not [key for key in keys if key.startswith(("unarchive", "undo-delete"))]
    keys = {str(each.key) for each in opened(navigation.FRONT_DOOR, ADA).button}
    assert {f"unarchive/{house.away[0]}", f"undo-delete/{house.away[1]}"} <= keys


def test_the_list_of_workshops_says_what_may_be_done_in_each(house: House) -> None:
    """Rights in a list come with it: no query for each of its workshops."""
    actor = roles.Actor(email=DAN)
    listed = links.workshops_of(house.store, actor)

    assert {each.id for each, _ in listed} == {house.demo, *house.away}
    assert {roles.role(actor, scope) for _, scope in listed} == {Role.OBSERVER}
