"""A right that ends while a browser goes on sending: over Streamlit's websocket and every route."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lib.server import endpoints
from lib.store import open_store
from lib.store.port import Store
from lib.ui import navigation
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team
from lib.workshop.transcript import Role
from tests.fakes import PATIENCE
from tests.quick_server import QuickServer, serving
from tests.scene import new_team
from tests.servers import Server
from tests.test_criteria import GOOD
from tests.test_store_contract import question
from tests.wire import Wire

#: One worker starts the server.
pytestmark = pytest.mark.xdist_group("revoked")

LONG_AGO, FAR_AHEAD = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
FIRST = "challenge"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickServer]:
    with serving(tmp_path_factory.mktemp("revoked"), pace=0) as server:
        yield server


@pytest.fixture
def store(server: QuickServer) -> Iterator[Store]:
    with closing(open_store(server.database_url)) as store:
        yield store


@pytest.fixture
def team(server: QuickServer) -> Team:
    return new_team(server.database_url, greeted=True)


def _completed(store: Store, team: Team) -> None:
    teammate = Server(store, team.step_key(FIRST))
    teammate.write(FIRST, GOOD[FIRST])
    teammate.finish(1)


def _erased(store: Store, team: Team) -> None:
    store.delete(team.workshop_id, LONG_AGO)
    store.erase(team.workshop_id, datetime.now(UTC) + timedelta(seconds=1))


End = Callable[[Store, Team], object]

#: How people end what a tab may do.
ENDS: dict[str, End] = {
    "link replaced": lambda store, team: store.change_link(team.key, new_link(), revoked=False),
    "link revoked": lambda store, team: store.change_link(team.key, new_link(), revoked=True),
    "completed elsewhere": _completed,
    "held": lambda store, team: store.save_agenda(
        team.workshop_id, Agenda(open_until=FIRST, revision=1)
    ),
    "archived": lambda store, team: store.archive(team.workshop_id, LONG_AGO),
    "deleted": lambda store, team: store.delete(team.workshop_id, FAR_AHEAD),
    "erased": _erased,
}
#: The first step is never held.
OF_FIRST = [end for end in ENDS if end != "held"]


def said(store: Store, team: Team) -> list[str]:
    """Return what people have said in the first step."""
    return [m.text for m in store.messages(team.step_key(FIRST)) if m.role is Role.USER]


class Browser:
    """A browser that goes on sending what its box holds, whatever it is told."""

    def __init__(self, port: int, team: Team) -> None:
        self._wire, self._team = Wire(port), team
        self._hashes: dict[str, str] = {}
        #: The widget id of the box for messages.
        self.box = ""

    def ask(self, page: str, **states: str) -> None:
        """Have a page run with these states of its parts, to its end; "" is the front door."""
        message = BackMsg()
        run = message.rerun_script
        run.query_string = urlencode(navigation.query(self._team.link, "Eve")) if page else ""
        run.page_script_hash = self._hashes.get(page, "")
        run.page_name = "" if run.page_script_hash else page
        for id_, value in states.items():
            run.widget_states.widgets.add(id=id_, json_value=value)
        self._wire.send(message)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if (answer := self._wire.receive(timeout=1)) and self._is_over(answer):
                return
        pytest.fail("The page did not come to its end.")

    def _is_over(self, answer: ForwardMsg) -> bool:
        kind = answer.WhichOneof("type")
        if kind == "navigation":
            pages = answer.navigation.app_pages
            self._hashes = {each.url_pathname: each.page_script_hash for each in pages}
        component = answer.delta.new_element.bidi_component
        if component.component_name.endswith("throughline_chat_box"):
            self.box = component.id
        return kind == "script_finished" and answer.script_finished == answer.FINISHED_SUCCESSFULLY

    def close(self) -> None:
        self._wire.close()


@pytest.mark.parametrize("end", [*OF_FIRST, "none"])
def test_a_tab_that_goes_on_sending_stores_nothing(
    server: QuickServer, store: Store, team: Team, end: str
) -> None:
    """Its page, the front door and its page again: each takes in what the box before it sent."""
    browser = Browser(server.port, team)
    browser.ask(FIRST)
    ENDS.get(end, lambda *_: None)(store, team)
    before = said(store, team)
    for number in range(2):
        outbox = json.dumps({"outbox": [{"id": new_id(), "text": f"after the end, {number}"}]})
        browser.ask(FIRST, **{browser.box: outbox})
        browser.ask("", **{browser.box: outbox})
    browser.close()

    assert before == []
    # The same messages are stored where the right stands.
    assert len(said(store, team)) == (2 if end == "none" else 0)


# The routes


def post(server: QuickServer, path: str, body: dict[str, Any]) -> httpx2.Response:
    return httpx2.post(f"{server.url}{path}", content=json.dumps(body), timeout=PATIENCE)


def outbox(team: Team, step: str = FIRST) -> dict[str, Any]:
    entry = {"id": new_id(), "text": "By the route"}
    return {"link": team.link, "step": step, "member": "Eve", "outbox": [entry]}


def edit(team: Team) -> dict[str, Any]:
    one = {"field": "target_user", "value": "Newcomers", "was": None, "writer": new_id()}
    edits = [one | {"revision": 1, "epoch": 0}]
    return {"link": team.link, "step": FIRST, "member": "Eve", "edits": edits}


def unsent(team: Team) -> dict[str, Any]:
    text = {"text": "Half a sentence", "revision": 1}
    return {
        "link": team.link,
        "step": FIRST,
        "member": "Eve",
        "writer": new_id(),
        "unsent": text,
    }


WRITES: dict[str, tuple[str, Callable[[Team], dict[str, Any]]]] = {
    "a message": (navigation.OUTBOX, outbox),
    "an edit": (navigation.TYPED, edit),
    "an unsent text": (navigation.TYPED, unsent),
}

#: Text typed while a teammate completed the step is kept beside the draft.
KEPT = {("completed elsewhere", "an edit"), ("completed elsewhere", "an unsent text")}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("end", OF_FIRST)
def test_a_route_stores_nothing_after(
    server: QuickServer, store: Store, team: Team, end: str, write: str
) -> None:
    path, body = WRITES[write]
    ENDS[end](store, team)
    before = (said(store, team), store.asides(team.step_key(FIRST)))
    answer = post(server, path, body(team))

    if (end, write) in KEPT:
        assert answer.status_code == 200
        return
    gone = {"link replaced", "link revoked", "erased"}
    assert answer.status_code == (404 if end in gone else 409)
    assert (said(store, team), store.asides(team.step_key(FIRST))) == before


@pytest.mark.parametrize("write", WRITES)
def test_a_route_stores_what_a_link_that_stands_sends(
    server: QuickServer, team: Team, write: str
) -> None:
    path, body = WRITES[write]

    assert post(server, path, body(team)).status_code in (200, 204)


def test_a_held_step_takes_no_message_by_the_route(
    server: QuickServer, store: Store, team: Team
) -> None:
    _completed(store, team)
    ENDS["held"](store, team)
    answer = post(server, navigation.OUTBOX, outbox(team, "stakeholder-mapping"))

    assert answer.status_code == 409
    assert [
        m for m in store.messages(team.step_key("stakeholder-mapping")) if m.role is Role.USER
    ] == []


def test_every_route_is_tried_or_writes_nothing_of_a_team() -> None:
    """A new route needs a row in WRITES, or a name here."""
    others = {
        navigation.LOOK,
        navigation.CLOCK,
        navigation.ENTER,
        # Tried in tests/test_interview_input.py: its step is not the first.
        navigation.INTERVIEWS,
        endpoints.READY,
        endpoints.assets.ROUTE,
    }

    assert {route.path for route in endpoints.routes()} == {p for p, _ in WRITES.values()} | others


@pytest.mark.parametrize("end", ["completed elsewhere", "archived", "deleted"])
def test_a_page_opened_after_the_end_has_nothing_written(
    server: QuickServer, store: Store, end: str
) -> None:
    """Nobody is greeted, and no question that waited is answered."""
    team = new_team(server.database_url)
    store.append(team.step_key(FIRST), [question()])
    ENDS[end](store, team)
    browser = Browser(server.port, team)
    browser.ask(FIRST)
    browser.close()

    assert [m.role for m in store.messages(team.step_key(FIRST))] == [Role.USER]
