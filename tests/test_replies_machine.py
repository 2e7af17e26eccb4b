"""Whatever two servers, their guide and their database do, in whatever order: no reply is spoilt."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lib.guide.port import GuideError, Proposal, Request
from lib.settings import Settings
from lib.store.errors import StoreUnavailable
from lib.store.port import LEASE
from lib.team.process import Process, assemble
from lib.workshop.ids import greeting_id, reply_id
from lib.workshop.transcript import ATTEMPT, Message, MessageStatus, Role
from tests.fakes import PATIENCE, new_step, proposal, question
from tests.memory_store.store import MemoryStore
from tests.test_debouncer import FakeClock

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

STREAMING = MessageStatus.STREAMING
COMPLETE = MessageStatus.COMPLETE


@dataclass
class Call:
    """One reply the guide was asked for: it says what it is handed, and waits."""

    number: int
    request: Request
    attempt: int
    pieces: SimpleQueue[str | Proposal | Exception | None] = field(default_factory=SimpleQueue)
    text: str = ""
    #: Whether it waits for its next piece; not once nobody asks for one.
    waits: bool = False
    #: Whether the guide has come to its end, and whether the database could be asked just then.
    whole: bool = False
    reached: bool = False

    @property
    def position(self) -> int:
        """Where the reply stands."""
        return len(self.request.transcript) + 1

    @property
    def proposed(self) -> str:
        """What it proposes for the draft, which no other call does."""
        return f"proposed by call {self.number}"


class SteppedGuide:
    """Says a piece of a reply whenever a test hands it one."""

    name = "Guide"

    def __init__(self, attempt_at: Callable[[int], int]) -> None:
        self.calls: list[Call] = []
        self._attempt_at = attempt_at

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        attempt = self._attempt_at(len(request.transcript) + 1)
        call = Call(len(self.calls), request, attempt)
        self.calls.append(call)
        try:
            while True:
                call.waits = True
                piece = call.pieces.get()
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            call.waits = False


class Line:
    """What lies between one server and the database: open, cut, or deaf to the answers."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.is_cut = False
        self.is_deaf = False

    @property
    def is_open(self) -> bool:
        return not (self.is_cut or self.is_deaf)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if self.is_cut:
                raise StoreUnavailable("The line is cut.")
            answer = getattr(self.store, name)(*args, **named)
            if self.is_deaf:
                raise StoreUnavailable("The answer was lost.")
            return answer

        return call


@dataclass
class Server:
    """A server process, and its line to the database."""

    line: Line
    process: Process


def attempt_of(message: Message) -> int:
    return message.revision // ATTEMPT


either = st.integers(0, 1)
any_one = st.integers(0, 99)


class Replying(RuleBasedStateMachine):
    """One step, worked on by two servers; a thread runs only while a rule waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.before = set(threading.enumerate())
        self.clock = FakeClock()
        self.store = MemoryStore(clock=lambda: AT + timedelta(seconds=self.clock.now))
        self.key = new_step(self.store)
        self.guide = SteppedGuide(lambda position: attempt_of(self.stored()[position - 1]))
        self.servers = [self.new_server() for _ in range(2)]
        self.acknowledged: list[Message] = []
        self.doubtful: list[Message] = []
        self.rows: list[Message] = []
        #: What a reply had when its attempt began, by its id and the attempt's number.
        self.kept: dict[tuple[str, int], str] = {}
        #: Replies that were stopped and not taken up again, by id.
        self.stopped: set[str] = set()

    def new_server(self) -> Server:
        line = Line(self.store)
        process = assemble(Settings(), line, self.guide, self.clock)  # type: ignore[arg-type]
        # It renews when a rule says so.
        process.replies._renew_every = 3600.0
        return Server(line, process)

    # Keeping step with the threads

    def settle(self) -> None:
        """Wait until every writer has gone or waits for its guide."""
        end = time.monotonic() + PATIENCE
        while self.writers() != len(self.waiting):
            assert time.monotonic() < end, "a writer hangs"
            time.sleep(0.0001)

    def writers(self) -> int:
        return sum(each.name == "reply-writer" for each in set(threading.enumerate()) - self.before)

    @property
    def waiting(self) -> list[Call]:
        return [call for call in list(self.guide.calls) if call.waits]

    def hand(self, call: Call, *pieces: str | Proposal | Exception | None) -> None:
        for piece in pieces:
            if call.waits:
                call.waits = False
                call.pieces.put(piece)
                self.settle()

    def tried(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do as a page does: where the database cannot be reached, it is left at that."""
        try:
            return work(*args)
        except StoreUnavailable:
            return None
        finally:
            self.settle()

    # What people do

    @rule(at=either, count=st.integers(1, 2))
    def ask(self, at: int, count: int) -> None:
        asked = [question(f"Why {len(self.acknowledged)}.{place}?") for place in range(count)]
        self._ask(at, asked)

    @precondition(lambda self: self.doubtful)
    @rule(at=either)
    def ask_again_what_was_not_acknowledged(self, at: int) -> None:
        self._ask(at, [self.doubtful.pop(0)])

    def _ask(self, at: int, asked: list[Message]) -> None:
        try:
            self.servers[at].process.replies.ask(self.key, asked)
        except StoreUnavailable:
            self.doubtful += asked
        else:
            self.acknowledged += asked
        self.settle()

    @rule(at=either)
    def open_the_step(self, at: int) -> None:
        server = self.servers[at]
        transcript = self.tried(server.line.messages, self.key)
        if transcript is not None:
            self.tried(server.process.replies.ensure_answered, self.key, transcript)

    @rule(at=either)
    def open_the_step_with_what_was_read_at_the_beginning(self, at: int) -> None:
        self.tried(self.servers[at].process.replies.ensure_answered, self.key, [])

    @precondition(lambda self: self.replies)
    @rule(at=either, which=any_one)
    def retry(self, at: int, which: int) -> None:
        message, process = self.replies[which % len(self.replies)], self.servers[at].process
        before, unsaved = attempt_of(message), process.autosave.pending(self.key).messages
        self.tried(process.replies.retry, self.key, message)
        after = next(each for each in self.stored() if each.id == message.id)

        if message.status in (STREAMING, COMPLETE) and message.id not in unsaved:
            assert attempt_of(after) == before
        if attempt_of(after) > before:
            self.stopped.discard(message.id)

    @precondition(lambda self: self.replies)
    @rule(at=either, which=any_one)
    def stop(self, at: int, which: int) -> None:
        message, server = self.replies[which % len(self.replies)], self.servers[at]
        self.tried(server.process.replies.stop, self.key, message.id)
        live = server.process.replies.live(self.key)

        assert live is None or live.id != message.id
        after = next(each for each in self.stored() if each.id == message.id)
        by_writer = message.status is STREAMING and server.line.is_open
        if by_writer or attempt_of(after) > attempt_of(message):
            self.stopped.add(message.id)

    # What the guide does

    @precondition(lambda self: self.waiting)
    @rule(which=any_one, times=st.integers(1, 3))
    def says(self, which: int, times: int) -> None:
        call = self.waiting[which % len(self.waiting)]
        for _ in range(times):
            if call.waits:
                chunk = f"{call.number}:{len(call.text)} "
                call.text += chunk
                self.hand(call, chunk)

    @precondition(lambda self: self.waiting)
    @rule(which=any_one)
    def comes_to_the_end(self, which: int) -> None:
        call = self.waiting[which % len(self.waiting)]
        call.whole = True
        call.reached = self.all_open
        self.hand(call, proposal({"target_user": call.proposed}), None)

    @precondition(lambda self: self.waiting)
    @rule(which=any_one)
    def fails(self, which: int) -> None:
        self.hand(self.waiting[which % len(self.waiting)], GuideError("Not now."))

    @precondition(lambda self: self.waiting)
    @rule(which=any_one)
    def breaks_off(self, which: int) -> None:
        self.hand(self.waiting[which % len(self.waiting)], None)

    # What servers and database do

    @rule(at=either)
    def renew(self, at: int) -> None:
        server = self.servers[at]
        server.process.replies.renew(self.key)
        self.settle()
        live = server.process.replies.live(self.key)
        if live is not None and server.line.is_open:
            stored = next(each for each in self.stored() if each.id == live.id)

            assert stored.text.startswith(live.text) or len(stored.text) > len(live.text)
            assert stored.status is STREAMING

    @rule(seconds=st.sampled_from([0.5, 2.0, 9.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.move(seconds)
        for server in self.servers:
            server.process.autosave.sweep()

    @rule()
    def leases_run_out(self) -> None:
        self.clock.move(LEASE + 1)

    @precondition(lambda self: self.all_open)
    @rule(at=either, what=st.sampled_from(["dies", "is cut off", "is deaf"]))
    def a_server_has_trouble(self, at: int, what: str) -> None:
        self.servers[at].line.is_cut = what != "is deaf"
        self.servers[at].line.is_deaf = what == "is deaf"
        if what == "dies":
            self.servers[at] = self.new_server()

    @precondition(lambda self: self.all_open)
    @rule()
    def the_database_goes_away(self) -> None:
        for server in self.servers:
            server.line.is_cut = True

    @precondition(lambda self: not self.all_open)
    @rule()
    def the_database_is_back(self) -> None:
        for server in self.servers:
            server.line.is_cut = server.line.is_deaf = False

    @property
    def all_open(self) -> bool:
        return all(server.line.is_open for server in self.servers)

    # What holds

    def stored(self) -> list[Message]:
        return self.store.messages(self.key)

    @property
    def replies(self) -> list[Message]:
        return [each for each in self.stored() if each.role is Role.ASSISTANT]

    @invariant()
    def what_was_stored_stays_where_it_is_and_grows(self) -> None:
        rows = self.stored()

        assert [each.id for each in self.rows] == [each.id for each in rows[: len(self.rows)]]
        for before, now in zip(self.rows, rows, strict=False):
            assert now.revision >= before.revision
            assert now == before or before.status is not COMPLETE
            assert len(now.text) >= len(before.text) or now.status is COMPLETE
        self.rows = rows

    @invariant()
    def every_question_is_there_once_in_order(self) -> None:
        asked = [each for each in self.stored() if each.role is Role.USER]
        ids = [each.id for each in asked]
        doubtful = {each.id for each in self.doubtful}
        certain = [id_ for id_ in ids if id_ not in doubtful]

        assert len(ids) == len(set(ids))
        assert {each.id for each in self.acknowledged} == set(certain)
        assert {each.text for each in self.acknowledged} <= {each.text for each in asked}

    @invariant()
    def there_is_one_greeting_and_one_reply_to_a_question(self) -> None:
        rows = self.stored()
        may_be = {greeting_id(*self.key), *(reply_id(each.id) for each in rows)}
        ids = [each.id for each in self.replies]

        assert len(ids) == len(set(ids))
        assert set(ids) <= may_be

    @invariant()
    def a_reply_is_what_its_newest_attempt_said_or_what_that_began_with(self) -> None:
        for each in self.replies:
            attempt = attempt_of(each)
            kept = self.kept.setdefault((each.id, attempt), each.text)
            place = (each.position, attempt)
            calls = [call for call in self.guide.calls if (call.position, call.attempt) == place]
            assert len(calls) <= 1
            if each.status is COMPLETE:
                assert [(each.text, True)] == [(call.text, call.whole) for call in calls]
            elif each.text != kept and not any(call.text.startswith(each.text) for call in calls):
                # Handed in by the writer that was stopped.
                assert each.id in self.stopped
                assert each.revision == attempt * ATTEMPT + 1
                assert each.text.startswith(kept)
                assert any(call.text.startswith(each.text) for call in self.guide.calls)

    @invariant()
    def a_stopped_reply_stays_so_until_somebody_retries(self) -> None:
        stopped = [each.status for each in self.replies if each.id in self.stopped]

        assert set(stopped) <= {MessageStatus.INTERRUPTED}

    @invariant()
    def a_draft_comes_with_a_whole_reply(self) -> None:
        value = self.store.draft(self.key).fields.get("target_user")
        whole = [each.text for each in self.replies if each.status is COMPLETE]
        for call in self.guide.calls:
            if call.proposed == value and call.reached:
                assert call.text in whole

    def teardown(self) -> None:
        self.the_database_is_back()
        while self.waiting:
            self.hand(self.waiting[0], None)
        for server in self.servers:
            assert server.process.autosave.flush_all(1.0)
            assert server.process.replies.live(self.key) is None
        self.clock.move(LEASE + 1)

        assert STREAMING not in [each.status for each in self.stored()]
        self.what_was_stored_stays_where_it_is_and_grows()
        self.every_question_is_there_once_in_order()
        self.a_reply_is_what_its_newest_attempt_said_or_what_that_began_with()
        self.a_stopped_reply_stays_so_until_somebody_retries()


TestReplying = Replying.TestCase
TestReplying.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
