"""
A client for streamed Chat Completions at any OpenAI-compatible address.

Each request runs in its own thread, so that the caller can stop waiting. A busy server's refusal is
retried before the first chunk, never after it.
"""

import logging
import queue
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import openai

from lib.guide.openai_compatible.failures import Kind, ModelFailure, kind_of
from lib.guide.openai_compatible.retry import RetryPolicy, retry_after

log = logging.getLogger(__name__)

#: Where OpenAI's own models are, for when only a model is set.
OPENAI = "https://api.openai.com/v1"

#: One message as the protocol has it: `role` and `content`.
ChatMessage = dict[str, str]


@dataclass(frozen=True)
class Limits:
    """What a call may take; times in seconds."""

    #: Until the connection stands.
    connect: float = 5.0
    #: Until the first chunk: long, as a model may have to be loaded, or thinks.
    first: float = 90.0
    #: Between two chunks.
    between: float = 30.0
    #: From the first chunk to the last.
    whole: float = 300.0
    #: Characters of a whole answer; the longest honest one, 60 ideas in a draft, has some 12,000.
    characters: int = 40_000
    #: Between two signs of life while nothing comes.
    heartbeat: float = 0.5


@dataclass(frozen=True)
class Ending:
    """How an answer ended; tokens as the server counts them, 0 if it does not."""

    #: The protocol's reason, such as "stop" or "length".
    finish: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Form:
    """A form that a server may hold a model to, and the messages for one that does not."""

    response_format: dict[str, Any]
    otherwise: Sequence[ChatMessage]


#: The last thing a call puts into its queue.
_OVER = object()


class _Call:
    """One request in a thread of its own."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        # Bounded: an endless answer must not fill the memory of a slow reader.
        self._box: queue.Queue[Any] = queue.Queue(maxsize=64)
        self._left = threading.Event()
        self._answer: Any = None
        threading.Thread(target=self._run, daemon=True).start()

    def take(self, within: float) -> Any:
        """Return the next chunk, the exception, or _OVER; raises queue.Empty after *within* s."""
        return self._box.get(timeout=max(within, 0.001))

    def leave(self) -> None:
        """Hang up."""
        self._left.set()
        if isinstance(self._answer, openai.Stream) and not self._answer.response.is_closed:
            stream = self._answer.response.extensions.get("network_stream")
            # Closing alone does not wake the thread that reads.
            with suppress(OSError, AttributeError):
                cast(Any, stream).get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._answer = self._ask()
            if isinstance(self._answer, openai.Stream):
                with self._answer:
                    for chunk in self._answer:
                        self._put(chunk)
                        if self._left.is_set():
                            return
            else:
                self._put(self._answer)
            self._put(_OVER)
        # An exception in a thread reaches nobody: `take` hands it to the caller.
        except Exception as exc:
            self._put(exc)

    def _put(self, piece: Any) -> None:
        while not self._left.is_set():
            with suppress(queue.Full):
                self._box.put(piece, timeout=0.5)
                return


class Client:
    """Asks one model; used from several threads at once."""

    def __init__(
        self,
        base_url: str,
        model: str,
        key: str = "",
        *,
        is_here: bool = False,
        limits: Limits | None = None,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """
        Make a client; *is_here* says that nothing may leave this machine.

        *sleep* and *chance* (from 0 to 1) are replaced in tests.
        """
        self.model = model
        self._key = key
        self._limits = limits or Limits()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._chance = chance
        # Ask for token counts until a server rejects the option.
        self._options: dict[str, Any] = {"stream_options": {"include_usage": True}}
        #: Whether the server may hold the model to a schema: until it refuses one.
        self.takes_schema = True
        timeout = httpx2.Timeout(
            max(self._limits.first, self._limits.between), connect=self._limits.connect
        )
        # No proxy of the environment, and no redirect.
        here = httpx2.Client(trust_env=False, follow_redirects=False, timeout=timeout)
        self._openai = openai.OpenAI(
            # Local servers need no key, but the client requires one.
            api_key=key or "none",
            base_url=base_url or OPENAI,
            max_retries=0,
            timeout=timeout,
            http_client=here if is_here else None,
        )

    def answer(
        self,
        messages: Sequence[ChatMessage],
        on_wait: Callable[[float], None],
        *,
        streamed: bool = True,
        form: Form | None = None,
    ) -> Generator[str | Ending]:
        """
        Yield the answer's text as it comes, "" as a sign of life, and the Ending last.

        *on_wait* is called with the seconds before a retry, and with 0 after them. *form* is asked for
        until the server refuses one. Raises ModelFailure; what was yielded before stays.
        """
        attempt, is_held = 0, form is not None and self.takes_schema
        while True:
            attempt += 1
            begun = False
            asked = {"response_format": form.response_format} if form and is_held else {}
            said = messages if asked or form is None else form.otherwise
            pieces = self._attempt(said, asked, streamed=streamed)
            try:
                with closing(pieces):
                    for piece in pieces:
                        begun = begun or piece is not None
                        yield piece or ""
            except Exception as exc:
                if asked and not begun and _refuses_schema(exc):
                    log.info("Model %s refuses a schema: %s", self.model, self._detail(exc))
                    is_held = False
                    continue
                wait = self._wait_after(exc, attempt, begun=begun)
            else:
                # What failed with a schema and works without one: this server takes none.
                self.takes_schema = self.takes_schema and (is_held or form is None)
                return
            yield from self._pause(wait, on_wait)

    def _wait_after(self, exc: Exception, attempt: int, *, begun: bool) -> float:
        """Return the seconds until the retry. Raises ModelFailure if there is none."""
        if (
            self._options
            and isinstance(exc, openai.APIStatusError)
            and "stream_options" in str(exc)
        ):
            self._options = {}
            return 0.0
        kind = kind_of(exc, begun=begun)
        asked = retry_after(exc)
        log.warning("Model %s, attempt %d: %s: %s", self.model, attempt, kind, self._detail(exc))
        wait = self._retry.wait(attempt, asked, self._chance())
        if begun or wait is None or not _is_passing(kind, exc):
            raise ModelFailure(kind, asked) from exc
        return wait

    def _detail(self, exc: Exception) -> str:
        """Return what an error says, without the key."""
        text = " ".join(f"{type(exc).__name__}: {exc}".split())[:500]
        return text.replace(self._key, "***") if self._key else text

    def _pause(self, wait: float, on_wait: Callable[[float], None]) -> Iterator[str]:
        if wait <= 0:
            return
        on_wait(wait)
        while wait > 0:
            yield ""
            self._sleep(min(wait, self._limits.heartbeat))
            wait -= self._limits.heartbeat
        on_wait(0.0)

    def _attempt(
        self, messages: Sequence[ChatMessage], asked: dict[str, Any], *, streamed: bool
    ) -> Generator[str | Ending | None]:
        """Yield text, None as a sign of life, and the Ending. Raises what the client raises."""
        call = _Call(lambda: self._ask(messages, asked, streamed=streamed))
        finish, tokens, written = "", (0, 0), 0
        try:
            for chunk in self._chunks(call):
                if chunk is None:
                    yield None
                    continue
                text, reason = _text_and_finish(chunk)
                finish, tokens = reason or finish, _tokens(chunk) or tokens
                written += len(text)
                if written > self._limits.characters:
                    raise ModelFailure(Kind.ENDLESS)
                # A chunk without text is a model that thinks: its reply has begun too.
                yield text
        finally:
            call.leave()
        yield Ending(finish, *tokens)

    def _ask(
        self, messages: Sequence[ChatMessage], asked: dict[str, Any], *, streamed: bool
    ) -> Any:
        options: dict[str, Any] = {"model": self.model, "messages": list(messages), **asked}
        if streamed:
            options |= {"stream": True, **self._options}
        return cast(Any, self._openai.chat.completions.create)(**options)

    def _chunks(self, call: _Call) -> Iterator[Any]:
        """Yield chunks in time, None for each heartbeat without one."""
        begun = 0.0
        due = time.monotonic() + self._limits.first
        while True:
            try:
                piece = call.take(min(due - time.monotonic(), self._limits.heartbeat))
            except queue.Empty:
                if time.monotonic() >= due:
                    raise ModelFailure(Kind.STALLED if begun else Kind.SLOW) from None
                yield None
                continue
            if piece is _OVER:
                return
            if isinstance(piece, Exception):
                raise piece
            begun = begun or time.monotonic()
            if time.monotonic() - begun > self._limits.whole:
                raise ModelFailure(Kind.ENDLESS)
            yield piece
            due = time.monotonic() + self._limits.between


#: What servers say that fail over a schema; one that refuses it may only say that a request is bad.
_SCHEMA = re.compile(r"response_format|schema|grammar|sampler", re.IGNORECASE)


def _refuses_schema(exc: Exception) -> bool:
    """Whether *exc* may be the refusal of a schema."""
    if not isinstance(exc, openai.APIStatusError) or "stream_options" in str(exc):
        return False
    if exc.status_code in (400, 415, 422):
        return kind_of(exc, begun=False) is Kind.NONSENSE or bool(_SCHEMA.search(str(exc)))
    return exc.status_code in (500, 501) and bool(_SCHEMA.search(str(exc)))


def _is_passing(kind: Kind, exc: Exception) -> bool:
    """Whether a retry may help: a busy server, or one that hung up before the first chunk."""
    if kind is Kind.REFUSED:
        return not isinstance(exc.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
    return kind in (Kind.RATE_LIMIT, Kind.TROUBLE)


def _text_and_finish(chunk: Any) -> tuple[str, str]:
    """Return the text of a chunk or of a whole answer, and why it ends ("" if it does not)."""
    try:
        if not chunk.choices:
            return "", ""
        choice = chunk.choices[0]
        message = getattr(choice, "delta", None) or getattr(choice, "message", None)
        text = getattr(message, "content", None) or ""
        refused = "content_filter" if getattr(message, "refusal", None) else ""
        finish = choice.finish_reason or refused
    except (AttributeError, TypeError, IndexError, KeyError) as exc:
        raise ModelFailure(Kind.NONSENSE) from exc
    if not isinstance(text, str) or not isinstance(finish, str):
        raise ModelFailure(Kind.NONSENSE)
    return text, finish


def _tokens(chunk: Any) -> tuple[int, int] | None:
    """Return the tokens in and out, if a chunk has them."""
    usage = getattr(chunk, "usage", None)
    found = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    sent, came = (each if isinstance(each, int) and each >= 0 else 0 for each in found)
    return (sent, came) if usage is not None else None
