"""
A small server that speaks the Chat Completions protocol as a model's server does, well or badly.

It answers what a test has queued, over real HTTP, and records what it was asked.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

MODEL = "test-model"
KEY = "sk-test-4711"

#: Seconds a stalled answer waits at most; closing the server ends it at once.
STALL = 30.0


@dataclass(frozen=True)
class Answer:
    """One answer: what it says, how fast, and how it ends."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Seconds before the first chunk, and between two.
    first: float = 0.0
    between: float = 0.0
    #: Characters of a chunk.
    size: int = 12
    finish: str = "stop"
    #: After this many characters the connection breaks, or nothing more comes.
    cut_after: int | None = None
    stall_after: int | None = None
    #: The text again and again, as long as somebody listens.
    endless: bool = False
    #: The body as it is sent, instead of what the protocol asks for.
    raw: str | None = None
    #: Text a model thinks aloud before it answers, in a field of its own.
    reasoning: str = ""

    def pieces(self) -> Iterator[str]:
        """Yield the text in chunks."""
        for _ in count() if self.endless else range(1):
            for start in range(0, len(self.text), self.size):
                yield self.text[start : start + self.size]


def refusal(status: int, message: str, code: str = "", **headers: str) -> Answer:
    """Return an error as OpenAI's servers put it; `retry_after` becomes Retry-After."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code or None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, raw=json.dumps(body))


def wrong_key() -> Answer:
    """Return the refusal of a key, which repeats it as some servers do."""
    return refusal(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key")


def unknown_model() -> Answer:
    """Return the refusal of a model's name."""
    return refusal(404, f"The model `{MODEL}` does not exist.", "model_not_found")


def too_many(retry_after: str = "") -> Answer:
    """Return "too many requests", with the seconds to wait where there are any."""
    headers = {"retry_after": retry_after} if retry_after else {}
    return refusal(429, "Rate limit reached.", "rate_limit_exceeded", **headers)


def broken() -> Answer:
    """Return what a server says that has trouble of its own."""
    return refusal(500, "The server had an error.")


@dataclass(frozen=True)
class Asked:
    """One request as it came in; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """Everything the request says, as one text."""
        return "\n".join(str(each["content"]) for each in self.body["messages"])


class GuideServer:
    """A server on a free port of this machine; close it when done."""

    def __init__(self, default: Answer | None = None) -> None:
        self.asked: list[Asked] = []
        self.queue: list[Answer] = []
        self.default = default or Answer("Well.")
        #: Where set, it makes every answer, instead of queue and default.
        self.script: Callable[[Asked], Answer] | None = None
        #: What a GET of a path is answered, such as a list of models.
        self.lists: dict[str, Answer] = {}
        #: The paths of all GETs.
        self.got: list[str] = []
        self.closing = threading.Event()
        #: Set whenever somebody went away before an answer was whole.
        self.left = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL, as it is set."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def port(self) -> int:
        """The port on this machine."""
        return int(self._server.server_address[1])

    def lists_as_ollama(self, *models: str) -> None:
        """List *models* as Ollama does."""
        listed = [{"name": each, "model": each, "size": 1} for each in models]
        self.lists["/api/tags"] = Answer(raw=json.dumps({"models": listed}))

    def lists_as_lm_studio(self, *models: str) -> None:
        """List *models* as LM Studio does, and OpenAI."""
        listed = [{"id": each, "object": "model"} for each in models]
        self.lists["/v1/models"] = Answer(raw=json.dumps({"object": "list", "data": listed}))

    def answers(self, *answers: Answer | str) -> None:
        """Queue answers; a text is a whole answer that says it."""
        self.queue += [Answer(each) if isinstance(each, str) else each for each in answers]

    def next_answer(self, asked: Asked) -> Answer:
        """Record a request; return what it is answered."""
        with self._lock:
            self.asked.append(asked)
            if self.script is not None:
                return self.script(asked)
            return self.queue.pop(0) if self.queue else self.default

    def close(self) -> None:
        """End every answer and let go of the port."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: GuideServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, *_: object) -> None:
        """Say nothing: somebody hung up."""
        self.owner.left.set()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        owner = self.server.owner
        owner.got.append(self.path)
        answer = owner.lists.get(self.path, refusal(404, "No such address."))
        body = (answer.raw or "").encode()
        try:
            owner.closing.wait(answer.first)
            if not answer.between:
                self._whole(answer, body)
                return
            self.send_response(answer.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            for at in range(len(body)):
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
                if owner.closing.wait(answer.between):
                    return
        except (BrokenPipeError, ConnectionResetError):
            owner.left.set()
            self.close_connection = True

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, body)
        answer = self.server.owner.next_answer(asked)
        try:
            self._answer(answer, body)
        except (BrokenPipeError, ConnectionResetError):
            self.server.owner.left.set()
            self.close_connection = True

    def _answer(self, answer: Answer, body: dict[str, Any]) -> None:
        if self.path != "/v1/chat/completions":
            answer = refusal(404, "No such address.")
        if answer.raw is not None:
            self.server.owner.closing.wait(answer.first)
            self._whole(answer, answer.raw.encode())
        elif body.get("stream"):
            self._stream(answer, body)
        else:
            self.server.owner.closing.wait(answer.first)
            self._whole(answer, json.dumps(_completion(answer)).encode())

    def _whole(self, answer: Answer, body: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, answer: Answer, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.server.owner.closing.wait(answer.first)
        if answer.reasoning:
            self._event(_chunk({"content": "", "reasoning_content": answer.reasoning}))
        sent = 0
        for piece in answer.pieces():
            if self.server.owner.closing.is_set() or self._stopped(answer, sent):
                self.close_connection = True
                return
            self._event(_chunk({"content": piece}))
            sent += len(piece)
            if answer.between:
                self.server.owner.closing.wait(answer.between)
        if self._stopped(answer, sent):
            return
        self._event(_chunk({}, answer.finish))
        if body.get("stream_options", {}).get("include_usage"):
            self._event(_chunk(None) | {"usage": _usage(answer.text)})
        self._part(b"data: [DONE]\n\n")
        self._part(b"")

    def _stopped(self, answer: Answer, sent: int) -> bool:
        """Stall or break off where the answer is to do so; return whether it has ended."""
        if answer.stall_after is not None and sent >= answer.stall_after:
            self.server.owner.closing.wait(STALL)
            self.close_connection = True
            return True
        if answer.cut_after is not None and sent >= answer.cut_after:
            self.close_connection = True
            return True
        return False

    def _event(self, data: Mapping[str, Any]) -> None:
        self._part(b"data: " + json.dumps(data).encode() + b"\n\n")

    def _part(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()


def _chunk(delta: Mapping[str, Any] | None, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _named("chat.completion.chunk") | {"choices": [] if delta is None else [choice]}


def _completion(answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.text}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish}
    return _named("chat.completion") | {"choices": [choice], "usage": _usage(answer.text)}


def _named(kind: str) -> dict[str, Any]:
    return {"id": "c1", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(text: str) -> dict[str, int]:
    return {"prompt_tokens": 100, "completion_tokens": len(text) // 4, "total_tokens": 0}
