"""No input freezes a server: other pages go on, it says that it is well, and it ends in time."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from lib.store import open_store
from lib.store.port import Store
from lib.ui import navigation
from lib.workshop.ids import new_id
from lib.workshop.records import Team
from lib.workshop.transcript import MessageStatus, Role
from tests.app_server import AppServer
from tests.fakes import eventually
from tests.quick_server import QuickServer
from tests.scene import new_team
from tests.wire import Wire

pytestmark = pytest.mark.timeout(150)

#: Messages that took a reply minutes, or that are as bad as any we know.
WORST = {
    "emoji": "ok " + "🎉" * 60_000 + " go",
    "spaces": "ok" + " " * 300_000 + "x",
    "polite": "no " * 100_000,
    "names": ", ".join(f"Group {number}" for number in range(20_000)),
    "quotes": "'a " * 100_000,
    "lines": "- a\n" * 100_000,
}


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'app.db'}"


@pytest.fixture
def app(address: str, tmp_path: Path) -> Iterator[AppServer]:
    server = QuickServer(address, tmp_path / "app.log", pace=0)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with closing(open_store(address)) as store:
        yield store


def send(app: AppServer, team: Team, text: str) -> int:
    said = {"link": team.link, "step": "challenge", "member": "Ada"}
    said |= {"outbox": [{"id": new_id(), "text": text}]}  # type: ignore[dict-item]
    body = json.dumps(said).encode()
    with urllib.request.urlopen(f"{app.url}{navigation.OUTBOX}", data=body, timeout=60) as answer:
        return int(answer.status)


def is_healthy(app: AppServer) -> bool:
    with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=60) as answer:
        return bool(answer.status == 200)


def rerun(wire: Wire, team: Team) -> bool:
    """Ask for a page of the team once more; return whether it came to its end."""
    asked = BackMsg()
    asked.rerun_script.query_string = f"team={team.link}"
    asked.rerun_script.page_name = "challenge"
    wire.send(asked)
    while (message := wire.receive(60)) is not None:
        if message.HasField("script_finished"):
            return True
    return False


def are_answered(store: Store, teams: list[Team]) -> bool:
    """Whether the guide has answered in every team's first step."""
    last = [store.messages(team.step_key("challenge"))[-1] for team in teams]
    return all(
        each.role is Role.ASSISTANT and each.status is MessageStatus.COMPLETE for each in last
    )


def test_while_the_worst_messages_are_answered_others_go_on_and_all_are_answered(
    app: AppServer, address: str, store: Store
) -> None:
    bystander = new_team(address, "Bystanders", greeted=True)
    teams = [new_team(address, name, greeted=True) for name in WORST]
    wire = Wire(app.port)
    assert rerun(wire, bystander)
    senders = [
        threading.Thread(target=send, args=(app, team, text))
        for team, text in zip(teams, WORST.values(), strict=True)
    ]
    for sender in senders:
        sender.start()
    # As often as there are messages, whatever of them is being read just then.
    for _ in WORST:
        assert is_healthy(app)
        assert rerun(wire, bystander)
    for sender in senders:
        sender.join(60)
    wire.close()

    assert eventually(lambda: are_answered(store, teams), within=60)
    for team in teams:
        texts = [each.text for each in store.messages(team.step_key("challenge"))]
        assert "I read its first 20,000 characters" in texts[-1]
        assert any(len(text) > 60_000 for text in texts)


def test_a_server_that_reads_the_worst_messages_ends_when_it_is_told_to(
    app: AppServer, address: str, store: Store
) -> None:
    for name, text in WORST.items():
        assert send(app, new_team(address, name, greeted=True), text) == 204

    # By force, after 9.8 s, it would end with 1. It took 31 s for a quarter of these emoji.
    assert app.stop() == 0
