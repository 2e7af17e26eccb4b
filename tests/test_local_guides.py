"""A model on this machine: found, offered by name, used with one press, and nothing leaves the machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.guide import local
from lib.guide.choice import LOCAL_CONTEXT, guide_for
from lib.guide.fallback import note
from lib.guide.local import Finder, Program, models
from lib.guide.openai_compatible import tokens
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.team import local_guides
from lib.ui import navigation
from lib.workshop import roles
from lib.workshop.local_guide import LocalGuide
from lib.workshop.roles import Action
from tests.guide_server import Answer, GuideServer
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore, opened, running
from tests.shadow import structured
from tests.test_facilitators import GUARDED
from tests.test_model_guide import reply, request

LLAMA = LocalGuide("ollama", "llama3.2")


@pytest.fixture
def server() -> Iterator[GuideServer]:
    server = GuideServer()
    yield server
    server.close()


@pytest.fixture
def ollama(server: GuideServer, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return Ollama at the port of the fake server, which lists one model."""
    program = Program("ollama", server.port, "/api/tags", "models", "name")
    monkeypatch.setattr(local, "PROGRAMS", (program,))
    monkeypatch.setattr(local_guides, "finder", Finder())
    server.lists_as_ollama("llama3.2")
    return program


def lm_studio(server: GuideServer) -> Program:
    return Program("lm-studio", server.port, "/v1/models", "data", "id")


# Finding


def test_ollama_and_lm_studio_list_their_models(server: GuideServer, ollama: Program) -> None:
    server.lists_as_ollama("llama3.2", "llama3.2", "nomic-embed-text:latest")
    server.lists_as_lm_studio("qwen2.5-7b-instruct", "text-embedding-nomic")

    assert [each.name for each in models(ollama)] == ["llama3.2 on this computer (Ollama)"]
    assert [each.name for each in models(lm_studio(server))] == [
        "qwen2.5-7b-instruct on this computer (LM Studio)"
    ]


def test_the_usual_ports_of_this_machine_are_asked_and_no_others() -> None:
    usual = [(each.key, each.base_url) for each in _programs()]

    assert usual == [
        ("ollama", "http://127.0.0.1:11434/v1"),
        ("lm-studio", "http://127.0.0.1:1234/v1"),
    ]


def _programs() -> tuple[Program, ...]:
    """Return what is asked outside of tests."""
    source = Path(local.__file__).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "lib.guide.local_again"}
    exec(compile(source, local.__file__, "exec"), names)
    found: tuple[Program, ...] = names["PROGRAMS"]
    return found


HOSTILE = {
    "HTML": Answer(raw="<html>llama3.2</html>"),
    "another JSON": Answer(raw='{"models": 3}'),
    "a number": Answer(raw="7"),
    "names that are none": Answer(
        raw='{"models": [{"name": 3}, {"name": ""}, 4, {"name": "a\\nb"}]}'
    ),
    "a long name": Answer(raw=json.dumps({"models": [{"name": "x" * 200}]})),
    "no text": Answer(raw="\ud83d".encode("utf-8", "replace").decode()),
    "deeply nested": Answer(raw="[" * 100_000),
    "an error": Answer(status=500, raw='{"models": [{"name": "llama3.2"}]}'),
    "huge": Answer(raw=json.dumps({"models": [{"name": f"m{n}" * 20} for n in range(20_000)]})),
    "nothing": Answer(raw=""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_other_answer_is_no_model(server: GuideServer, ollama: Program, name: str) -> None:
    server.lists["/api/tags"] = HOSTILE[name]

    assert models(ollama) == []


def test_a_redirect_is_not_followed(server: GuideServer, ollama: Program) -> None:
    other = GuideServer()
    other.lists_as_ollama("stolen")
    target = f"http://127.0.0.1:{other.port}/api/tags"
    for status in (301, 302, 307, 308):
        server.lists["/api/tags"] = Answer(status=status, raw="", headers={"location": target})
        assert models(ollama) == []
    other.close()

    assert other.got == []


@pytest.mark.parametrize(
    "slow", [Answer(first=20, raw="{}"), Answer(between=0.05, raw=" " * 9_000)]
)
def test_a_slow_answer_is_hung_up_on_and_holds_no_page(
    server: GuideServer, ollama: Program, slow: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "WITHIN", 0.2)
    server.lists["/api/tags"] = slow
    finder = Finder()

    assert finder.found(within=0.0) == ()
    assert finder.found(within=20) == ()
    assert server.left.wait(20) or slow.first


def test_nobody_there_is_no_model() -> None:
    closed = GuideServer()
    closed.close()

    assert models(lm_studio(closed)) == []


def test_what_was_found_is_kept_for_a_while(server: GuideServer, ollama: Program) -> None:
    now = [0.0]
    finder = Finder(lambda: now[0])
    assert [finder.found(within=20) for _ in range(3)] == [(LLAMA,)] * 3
    assert len(server.got) == 1

    now[0] = local.KEPT + 1
    server.lists_as_ollama()
    finder.found(within=20)
    assert (finder.found(within=20), len(server.got)) == ((), 2)


# Who is offered it


@pytest.mark.parametrize(
    "settings",
    [
        Settings(passcode="a long passcode"),
        Settings(signs_in=True),
        Settings(guide_model="gpt"),
        Settings(guide_base_url="http://127.0.0.1:1/v1", guide_model="m"),
    ],
)
def test_only_an_installation_for_this_machine_looks_for_models(
    server: GuideServer, ollama: Program, settings: Settings
) -> None:
    store = MemoryStore()
    local_guides.choose(store, settings, LLAMA)

    assert local_guides.offered(settings) == ()
    assert (local_guides.chosen(store, settings), server.got) == (None, [])


def test_the_front_door_offers_it_by_name_and_one_press_uses_it(ollama: Program) -> None:
    store = WatchedStore()
    with running(store, ScriptedGuide(pace=0)):
        local_guides.finder.found(within=20)
        app = opened(navigation.FRONT_DOOR)
        (button,) = [each for each in app.button if each.label.startswith("Use llama")]
        assert button.label.replace("\\", "") == "Use llama3.2 on this computer (Ollama)"
        assert local_guides.chosen(store.inner, Settings()) is None

        button.click().run()
        assert local_guides.chosen(store.inner, Settings()) == LLAMA
        again = opened(navigation.FRONT_DOOR)
        assert not [each for each in again.button if each.label.startswith("Use llama")]

        again.button(key=_key(again, "no-local-guide")).click().run()
        assert local_guides.chosen(store.inner, Settings()) is None


def _key(app: AppTest, ending: str) -> str:
    return next(str(each.key) for each in app.button if str(each.key).endswith(ending))


def test_a_facilitator_who_lost_the_right_changes_nothing(
    ollama: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WatchedStore()
    with running(store, ScriptedGuide(pace=0)):
        store.inner.choose_local_guide(local_guides.machine(), LLAMA)
        app = opened(navigation.FRONT_DOOR)
        none = {role: actions - {Action.CHOOSE_GUIDE} for role, actions in roles.ALLOWED.items()}
        monkeypatch.setattr(roles, "ALLOWED", none)
        app.button(key=_key(app, "no-local-guide")).click().run()

        assert local_guides.chosen(store.inner, Settings()) == LLAMA
        labels = [each.label for each in opened(navigation.FRONT_DOOR).button]
        assert "Use the scripted guide" not in labels


def test_a_guarded_server_draws_nothing_of_it(ollama: Program, server: GuideServer) -> None:
    with running(WatchedStore(), ScriptedGuide(pace=0), settings=GUARDED):
        app = opened(navigation.FRONT_DOOR)

        assert not [each for each in app.button if "computer" in each.label]
        assert server.got == []


def test_a_model_that_went_away_is_said_to_be_away(server: GuideServer, ollama: Program) -> None:
    server.lists_as_ollama()
    store = WatchedStore()
    store.inner.choose_local_guide(local_guides.machine(), LLAMA)
    with running(store, ScriptedGuide(pace=0)):
        local_guides.finder.found(within=20)
        app = opened(navigation.FRONT_DOOR)

        assert [each.value for each in app.warning] == [
            "It does not answer at the moment, so the scripted guide steps in. Start it again."
        ]


# The replies


def test_the_model_in_use_answers_and_the_script_when_it_is_turned_off(
    server: GuideServer, ollama: Program
) -> None:
    store = MemoryStore()
    guide = guide_for(Settings(), pace=0, chosen=local_guides.choosing(store, Settings()))
    server.default = Answer(structured("Good morning.", changes=[]))
    scripted = reply(ScriptedGuide(pace=0), request("They wait."))
    assert reply(guide, request("They wait.")) == scripted

    local_guides.choose(store, Settings(), LLAMA)
    assert reply(guide, request("They wait.")).text == "Good morning."
    assert server.asked[0].body["model"] == "llama3.2"
    assert tokens.count(server.asked[0].text) <= LOCAL_CONTEXT

    local_guides.choose(store, Settings(), None)
    assert reply(guide, request("They wait.")) == scripted


def test_when_the_model_goes_away_the_script_steps_in_and_says_so(
    server: GuideServer, ollama: Program
) -> None:
    guide = guide_for(Settings(), pace=0, chosen=lambda: LLAMA)
    server.close()
    said = reply(guide, request("They wait."))

    assert (said.text.startswith(note("en")), said.error) == (True, "")


def test_a_conversation_follows_no_redirect_and_no_proxy(
    server: GuideServer, ollama: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GuideServer(Answer(structured("Stolen.", changes=[])))
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{other.port}")
    server.default = Answer(
        status=307, raw="", headers={"location": f"{other.url}/chat/completions"}
    )
    said = reply(guide_for(Settings(), pace=0, chosen=lambda: LLAMA), request("They wait."))
    other.close()

    assert said.text.startswith(note("en"))
    assert (len(server.asked), other.asked) == (1, [])


def test_the_choice_survives_a_restart_and_an_outage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'w.db'}"
    store = open_store(url)
    local_guides.choose(store, Settings(), LLAMA)
    store.close()
    store = open_store(url)
    watched = WatchedStore()
    watched.inner.choose_local_guide(local_guides.machine(), LLAMA)
    assert local_guides.chosen(store, Settings()) == LLAMA
    store.close()
    watched.away = True

    assert local_guides.chosen(watched, Settings()) == LLAMA  # type: ignore[arg-type]


def test_a_stored_program_that_is_unknown_opens_no_address(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'w.db'}")
    store.choose_local_guide(local_guides.machine(), LocalGuide("http://evil.example", "m"))

    assert local_guides.chosen(store, Settings()) is None
    store.close()
