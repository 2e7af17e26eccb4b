"""Interviews are brought, named and marked by requests that are answered once they are stored."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lib.server import endpoints
from lib.store.errors import StoreUnavailable
from lib.store.port import Decision
from lib.team import interview_input
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import StepKey, Team
from lib.workshop.status import Event, Status, decide
from tests import pages
from tests.fakes import FakeGuide
from tests.pages import WatchedStore

TEXT = "Moderator: How was it?\nAda: I waited alone for hours. Nobody told me why.\nBo: The bus is late."


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    team = pages.new_team(store)
    for step in ("challenge", "stakeholder-mapping"):
        confirm(store, team, step)
    return team


@pytest.fixture
def key(team: Team) -> StepKey:
    return team.step_key("user-research")


def confirm(store: WatchedStore, team: Team, step: str) -> None:
    statuses: dict[str, Status] = {
        slug: state.status for slug, state in store.inner.steps(team.key).items()
    }
    changes = decide(statuses, step, Event.CONFIRM)
    store.inner.apply(team.key, Decision(changes, "Ada", datetime.now(UTC)))


def bring(process: Process, team: Team, text: str = TEXT, **more: Any) -> dict[str, Any]:
    body = {"act": "bring", "member": "Cleo", "id": new_id(), "name": "Bus stop"}
    content = {} if "data" in more else {"text": text}
    return interview_input.deliver(process, team, body | content | more)


def mark(process: Process, team: Team, shown: dict[str, Any], *marks: Any) -> dict[str, Any]:
    for number, wanted in marks:
        start = shown["sentences"][number]["start"]
        body = {"act": "mark", "member": "Cleo", "id": shown["id"], "start": start}
        shown = interview_input.deliver(process, team, body | {"marked": wanted})
    return shown


def insights(store: WatchedStore, key: StepKey) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = store.inner.draft(key).fields.get("insights", [])
    return found


def test_a_marked_sentence_is_stored_as_a_finding_with_its_source(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    shown = bring(process, team)
    assert [each["asks"] for each in shown["speakers"]] == [True, False, False]
    shown = mark(process, team, shown, (1, True))

    quote = "I waited alone for hours."
    place = {"source": "Ada", "origin": "Bus stop"}
    assert insights(store, key) == [place | {"finding": quote, "quote": quote}]
    assert [each["marked"] for each in shown["sentences"]] == [False, True, False, False]
    assert shown["sentences"][1]["suggested"]


def test_a_repeated_request_neither_doubles_nor_removes_a_finding(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    shown = bring(process, team)
    mark(process, team, shown, (1, True), (1, True), (3, True), (1, False), (1, False))
    assert [each["source"] for each in insights(store, key)] == ["Bo"]


def test_bringing_the_same_interview_twice_keeps_it_once(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    id_ = new_id()
    assert bring(process, team, id=id_) == bring(process, team, id=id_)
    assert [tuple(each) for each in store.inner.interviews(key)] == [(id_, "Bus stop", "Cleo")]


def test_a_mark_and_its_finding_edited_by_the_team_stay_together(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    shown = mark(process, team, bring(process, team), (1, True))
    (held,) = insights(store, key)
    process.drafts.edit(key, "insights", [held | {"finding": "She had to wait"}])
    process.autosave.flush(key)
    body = {"act": "open", "member": "Ben", "id": shown["id"]}
    assert interview_input.deliver(process, team, body)["sentences"][1]["marked"]
    mark(process, team, shown, (1, True))
    assert [each["finding"] for each in insights(store, key)] == ["She had to wait"]


def test_the_team_says_who_is_who_and_who_asks(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    shown = bring(process, team)
    body = {"act": "settle", "member": "Cleo", "id": shown["id"], "asking": ["Bo", "nobody"]}
    shown = interview_input.deliver(process, team, body | {"names": {"Ada": " Ada\x00 Obi "}})
    assert [(each["name"], each["asks"]) for each in shown["speakers"]] == [
        ("Moderator", False),
        ("Ada Obi", False),
        ("Bo", True),
    ]
    mark(process, team, shown, (1, True))
    assert insights(store, key)[0]["source"] == "Ada Obi"


def test_the_columns_of_a_table_are_asked_for_once(process: Process, team: Team) -> None:
    data = base64.b64encode(b"Who;Said\nAda;I waited alone for hours.").decode()
    table = {"data": data, "file": "calls.csv"}
    assert bring(process, team, **table) == {
        "table": [["Who", "Said"], ["Ada", "I waited alone for hours."]]
    }
    columns = {"text": 1, "speaker": 0, "time": -1, "header": True}
    shown = bring(process, team, **table, columns=columns)
    assert [each["text"] for each in shown["sentences"]] == ["I waited alone for hours."]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"text": " "}, "no text"),
        ({"text": "a" * 2_000_001}, "limit"),
        ({"text": "WEBVTT\n\n00:01.000 --> 00:02.000\n"}, "Nobody says anything"),
        ({"data": base64.b64encode(b"\x89PNG").decode(), "file": "a.png"}, "picture"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_sentence(
    store: WatchedStore, process: Process, team: Team, key: StepKey, more: Any, says: str
) -> None:
    assert says in bring(process, team, **more)["sentence"]
    assert store.inner.interviews(key) == []


def test_a_full_list_of_findings_says_so_and_stays(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    full = [{"finding": f"Finding {number}"} for number in range(interview_input.MAX_ENTRIES)]
    process.drafts.edit(key, "insights", full)
    process.autosave.flush(key)
    shown = bring(process, team)
    assert mark(process, team, shown, (1, True)) == {"sentence": interview_input.FULL}
    assert insights(store, key) == full


def test_nothing_is_acknowledged_while_the_database_is_away(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    shown = bring(process, team)
    process.drafts.current(key)
    store.away = True
    with pytest.raises(StoreUnavailable):
        mark(process, team, shown, (1, True))
    with pytest.raises(StoreUnavailable):
        bring(process, team)
    store.away = False
    mark(process, team, shown, (1, True))
    assert len(insights(store, key)) == 1


# As requests


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=endpoints.routes()))


def sent(client: TestClient, link: str, **body: Any) -> int:
    whole = {"link": link, "step": "user-research", "member": "Cleo"} | body
    return client.post(navigation.INTERVIEWS, json=whole).status_code


def test_only_a_right_that_stands_brings_opens_and_marks(
    store: WatchedStore, process: Process, client: TestClient, team: Team, key: StepKey
) -> None:
    shown = bring(process, team)
    new = {"act": "bring", "id": new_id(), "name": "a", "text": TEXT}
    marks = {"act": "mark", "id": shown["id"], "start": shown["sentences"][1]["start"], "marked": 1}
    opens = {"act": "open", "id": shown["id"]}
    for body in (new, marks, opens):
        assert sent(client, new_link(), **body) == 404
    process.drafts.edit(key, "interview_questions", ["How was it?"])
    process.autosave.flush(key)
    confirm(store, team, "user-research")
    assert [sent(client, team.link, **body) for body in (new, marks, opens)] == [409, 409, 200]
    assert len(store.inner.interviews(key)) == 1
    assert insights(store, key) == []


def test_another_teams_interview_is_not_opened(
    store: WatchedStore, process: Process, client: TestClient, team: Team
) -> None:
    shown = bring(process, team)
    other = pages.new_team(store)
    assert sent(client, other.link, act="open", id=shown["id"]) == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"act": "erase"},
        {"act": "bring", "id": "1", "name": "a", "text": "b"},
        {"act": "bring", "id": 7, "name": "a", "text": "b"},
        {"act": "bring", "name": "a", "text": "b"},
        {"act": "bring", "id": new_id(), "name": "a", "data": "not base64!", "file": "a.txt"},
        {"act": "open", "id": new_id()},
        {"act": "open", "id": ["a"]},
        {"act": "mark", "id": new_id(), "start": [], "marked": True},
        {"act": "settle", "id": new_id(), "names": [], "asking": 3},
        {"act": "bring", "id": new_id(), "name": "a", "text": "b,c", "columns": [1]},
    ],
)
def test_what_no_panel_sends_is_answered_with_404(
    client: TestClient, team: Team, body: dict[str, Any]
) -> None:
    assert sent(client, team.link, **body) == 404


def test_names_that_are_no_names_are_answered_with_404(
    client: TestClient, process: Process, team: Team
) -> None:
    shown = bring(process, team)

    assert sent(client, team.link, act="settle", id=shown["id"], names=["x"], asking=[]) == 404
