"""The twin of a model's server, and that no test can reach any other."""

import json
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.guide_server import KEY, MODEL, Answer, GuideServer, broken, too_many
from tests.only_localhost.sitecustomize import Unreachable


@pytest.fixture
def server() -> Iterator[GuideServer]:
    server = GuideServer()
    yield server
    server.close()


def asked(server: GuideServer, **options: Any) -> Any:
    client = openai.OpenAI(api_key=KEY, base_url=server.url, max_retries=0, timeout=2)
    messages = [{"role": "user", "content": "Hello"}]
    return client.chat.completions.create(model=MODEL, messages=messages, **options)  # type: ignore


def streamed(server: GuideServer) -> str:
    chunks = asked(server, stream=True)
    return "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.1", 80)),
        (socket.AF_INET6, ("2001:db8::1", 80)),
    ],
)
def test_another_host_cannot_be_connected_to(
    family: socket.AddressFamily, address: tuple[str, int]
) -> None:
    with socket.socket(family) as probe, pytest.raises(Unreachable):
        probe.connect(address)


def test_another_hosts_name_cannot_be_looked_up() -> None:
    with pytest.raises(Unreachable):
        socket.getaddrinfo("api.openai.com", 443)


def test_nothing_is_sent_to_another_host_without_connecting() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as probe, pytest.raises(Unreachable):
        probe.sendto(b"hello", ("192.0.2.1", 53))


def test_a_python_that_a_test_starts_reaches_nobody_either() -> None:
    program = "import urllib.request as r; r.urlopen('http://192.0.2.1/')"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )

    assert "Tests reach no host but this one" in ended.stderr


def test_a_queued_answer_is_streamed_whole(server: GuideServer) -> None:
    server.answers("Good morning, all of you. What goes wrong there today?")

    assert streamed(server) == "Good morning, all of you. What goes wrong there today?"


def test_a_queued_answer_is_given_at_once_where_nobody_streams(server: GuideServer) -> None:
    server.answers("Good morning.")

    assert asked(server).choices[0].message.content == "Good morning."


def test_requests_are_recorded(server: GuideServer) -> None:
    asked(server)

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].body["model"] == MODEL
    assert server.asked[0].text == "Hello"


def test_refusals_have_their_status_and_their_headers(server: GuideServer) -> None:
    server.answers(too_many("7"), broken())
    with pytest.raises(openai.RateLimitError) as limited:
        asked(server)
    with pytest.raises(openai.InternalServerError):
        asked(server)

    assert limited.value.response.headers["retry-after"] == "7"


def test_a_cut_answer_breaks_the_connection(server: GuideServer) -> None:
    server.answers(Answer("Half a sentence.", cut_after=6))
    with pytest.raises(openai.APIConnectionError):
        streamed(server)


def test_closing_the_server_ends_a_stalled_answer(server: GuideServer) -> None:
    server.answers(Answer("Half a sentence.", stall_after=6))
    threading.Timer(0.1, server.closing.set).start()
    with pytest.raises(openai.APIConnectionError):
        streamed(server)


def test_an_answer_without_end_goes_on_until_nobody_listens(server: GuideServer) -> None:
    server.answers(Answer("again and ", endless=True, size=400))
    request = urllib.request.Request(
        f"{server.url}/chat/completions", json.dumps({"stream": True}).encode()
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        taken = answer.read(400_000)

    assert len(taken) == 400_000
    assert server.left.wait(60)


def test_another_address_of_the_server_is_unknown(server: GuideServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/models", data=b"{}", timeout=5)

    assert refused.value.code == 404
