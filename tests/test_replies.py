"""A reply belongs to the process: stored as it grows, held by a lease, asked for once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from lib.guide.port import GuideError, Proposal, Request
from lib.settings import Settings
from lib.store import open_store, permits
from lib.store.errors import StoreUnavailable
from lib.store.port import LEASE, Closed, Decision, Store
from lib.team import reopen
from lib.team.process import Process, assemble
from lib.team.reply import Reply
from lib.workshop.clock import utc_now
from lib.workshop.records import StepKey
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import Action
from lib.workshop.status import Change, Event, Status
from lib.workshop.transcript import Message, MessageStatus, Role, next_attempt
from tests.fakes import PATIENCE, FakeGuide, eventually, new_step, placed, proposal, question
from tests.memory_store.store import MemoryStore


class Moment:
    """A clock of the database that moves only when it is told to."""

    def __init__(self) -> None:
        self._now = utc_now()

    def __call__(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class FlakyStore(MemoryStore):
    """A store that cannot be reached while `away`."""

    away = False

    def append(self, *args: object, **named: object) -> list[Message]:
        self._reach()
        return super().append(*args, **named)  # type: ignore[arg-type]

    def save(self, *args: object, **named: object) -> None:
        self._reach()
        super().save(*args, **named)  # type: ignore[arg-type]

    def finish(self, *args: object, **named: object) -> bool:
        self._reach()
        return super().finish(*args, **named)  # type: ignore[arg-type]

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("The database cannot be reached.")


@pytest.fixture
def store() -> FlakyStore:
    return FlakyStore()


@pytest.fixture
def guide() -> FakeGuide:
    return FakeGuide()


@pytest.fixture
def process(store: FlakyStore, guide: FakeGuide) -> Iterator[Process]:
    process = assemble(Settings(), store, guide)
    yield process
    guide.go_on()
    process.close(within=2)


@pytest.fixture
def key(store: FlakyStore) -> StepKey:
    return new_step(store)


def over(process: Process, key: StepKey) -> bool:
    return eventually(lambda: process.replies.live(key) is None)


def texts(store: Store, key: StepKey) -> list[str]:
    return [message.text for message in store.messages(key)]


def test_a_question_is_stored_before_the_guide_is_asked(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        process.replies.ask(key, [question("Where do we begin?")])

    assert guide.requests == []


def test_the_guide_is_asked_when_the_question_is_in_the_database(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    stored: list[list[str]] = []
    answer = guide.reply

    def looking(request: Request) -> Iterator[str | Proposal]:
        stored.append([message.text for message in store.messages(key)])
        return answer(request)

    guide.reply = looking  # type: ignore[method-assign]
    process.replies.ask(key, [question("Where do we begin?")])

    assert over(process, key)
    assert stored == [["Where do we begin?", ""]]


def test_the_stored_reply_is_what_was_written(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue.append(["One ", "two ", "three.", proposal({"target_user": "nurses"})])
    process.replies.ask(key, [question("Count!")])

    assert over(process, key)
    last = store.messages(key)[-1]
    assert (last.text, last.status) == ("One two three.", MessageStatus.COMPLETE)
    assert store.draft(key).fields == {"target_user": "nurses"}


def test_a_reply_whose_changes_cannot_be_kept_is_not_complete_and_retry_brings_both(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    """As when autosave is full: the reply would say what it put into the draft, and had not."""
    keep = process.drafts.note_reply

    def full(*_given: object, **_named: object) -> None:
        process.drafts.note_reply = keep  # type: ignore[method-assign]
        raise StoreUnavailable("Nothing more can be kept here.")

    process.drafts.note_reply = full  # type: ignore[method-assign]
    for _ in range(2):
        guide.queue.append(["I put nurses there.", proposal({"target_user": "nurses"})])
    process.replies.ask(key, [question("Nurses.")])
    assert over(process, key)
    failed, before = store.messages(key)[-1], store.draft(key).fields
    process.replies.retry(key, failed)
    assert over(process, key)

    assert (failed.status, before) == (MessageStatus.ERROR, {})
    assert store.messages(key)[-1].status is MessageStatus.COMPLETE
    assert store.draft(key).fields == {"target_user": "nurses"}


def test_the_guide_is_told_whose_turn_it_is_and_pages_how_long_it_waits(
    process: Process, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    guide.queue.append(["", "Well.", proposal({})])
    process.replies.ask(key, [question("We begin.")])
    assert eventually(lambda: bool(guide.requests))
    (asked,), live = guide.requests, process.replies.live(key)
    assert live is not None
    asked.on_wait(12.0)

    assert (asked.team_key, asked.turn) == (key.team, live.id)
    assert 11 < live.wait <= 12
    asked.on_wait(0.0)
    assert live.wait == 0


def test_suggested_replies_survive_the_end_of_the_reply(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue.append(["Who?", replace(proposal({}), suggestions=("Nurses.", "Neighbours."))])
    process.replies.ask(key, [question("We begin.")])

    assert over(process, key)
    assert store.messages(key)[-1].suggestions == ("Nurses.", "Neighbours.")


def test_opening_a_step_greets_once_however_often_and_wherever(
    store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    processes = [assemble(Settings(), store, guide) for _ in range(2)]
    threads = [
        threading.Thread(target=process.replies.ensure_answered, args=(key, []))
        for process in processes
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(over(process, key) for process in processes)
    # A page that read the step before it was greeted comes late.
    processes[1].replies.ensure_answered(key, [])
    assert over(processes[1], key)
    assert [len(guide.requests), len(store.messages(key))] == [1, 1]


def test_a_page_that_read_before_another_server_answered_answers_nothing_again(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    waiting = store.append(key, [question("Waiting")])
    other = assemble(Settings(), store, guide)
    other.replies.ask(key, [question("One more")])
    assert over(other, key)

    process.replies.ensure_answered(key, waiting)

    assert over(process, key)
    assert texts(store, key) == ["Waiting", "One more", "Well."]


def test_a_question_that_comes_again_when_it_was_answered_with_others_asks_nothing(
    process: Process, store: FlakyStore, key: StepKey
) -> None:
    waiting = store.append(key, [question("Waiting")])
    process.replies.ask(key, [question("One more")])
    assert over(process, key)

    process.replies.ask(key, waiting)

    assert over(process, key)
    assert texts(store, key) == ["Waiting", "One more", "Well."]


def test_asking_the_same_question_again_asks_nothing(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    asked = question("Once?")
    for _ in range(3):
        process.replies.ask(key, [asked])
        assert over(process, key)

    assert [len(guide.requests), len(store.messages(key))] == [1, 2]


def test_messages_sent_while_a_reply_is_written_are_answered_together_after_it(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("one")])
    process.replies.ask(key, [question("two")])
    process.replies.ask(key, [question("three")])
    guide.go_on()

    assert eventually(lambda: len(store.messages(key)) == 5)
    assert over(process, key)
    assert texts(store, key) == ["one", "Well.", "two", "three", "Well."]


def test_stop_keeps_what_was_written_and_marks_it(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("Go on")])
    live = process.replies.live(key)
    assert live is not None
    assert eventually(lambda: live.text == "Well")
    process.replies.stop(key, live.id)
    guide.go_on()

    assert over(process, key)
    last = store.messages(key)[-1]
    assert (last.text, last.status) == ("Well", MessageStatus.INTERRUPTED)


def test_retry_goes_on_with_the_same_turn(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue.append(["Half a", GuideError("The guide could not answer.")])
    process.replies.ask(key, [question("Well?")])
    assert over(process, key)
    failed = store.messages(key)[-1]
    process.replies.retry(key, failed)

    assert over(process, key)
    assert failed.status is MessageStatus.ERROR
    assert texts(store, key) == ["Well?", "Well."]
    assert store.messages(key)[-1].id == failed.id


def test_the_reason_of_a_failure_is_a_sentence_for_the_team(
    process: Process, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue.append([GuideError("The guide has too much to do right now.")])
    process.replies.ask(key, [question("Well?")])

    assert over(process, key)
    assert process.replies.sentence(key) == "The guide has too much to do right now."


def test_a_dead_writers_turn_is_taken_over_and_what_it_still_saves_is_refused(
    guide: FakeGuide,
) -> None:
    clock = Moment()
    store = MemoryStore(clock=clock)
    key = new_step(store)
    dead = Message("reply", Role.ASSISTANT, "Guide", "Half a", question("").created_at)
    placed = store.append(key, [dead.revised("Half a", MessageStatus.STREAMING)])[0]
    clock.move(LEASE + 1)
    process = assemble(Settings(), store, guide)
    process.replies.retry(key, store.messages(key)[0])
    assert over(process, key)
    store.save(key, [placed.revised("Half a sentence from the dead", MessageStatus.COMPLETE)])

    assert texts(store, key) == ["Well."]


def test_a_silent_guide_keeps_its_lease(guide: FakeGuide) -> None:
    clock = Moment()
    store = MemoryStore(clock=clock)
    key = new_step(store)
    process = assemble(Settings(), store, guide)
    process.replies._renew_every = 0.05
    guide.hold()
    process.replies.ask(key, [question("Think!")])
    clock.move(LEASE + 1)

    # What has run out in the meantime is held again after the next renewal.
    assert eventually(lambda: store.messages(key)[-1].status is MessageStatus.STREAMING)
    assert store.messages(key)[-1].text == "Well"

    guide.go_on()

    assert over(process, key)


def test_somebody_elses_living_reply_is_not_taken_over(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("Mine")])
    other = assemble(Settings(), store, guide)
    other.replies.retry(key, store.messages(key)[-1])

    assert other.replies.live(key) is None
    guide.go_on()
    assert over(process, key)
    assert len(guide.requests) == 1


def test_a_reply_is_saved_while_the_database_comes_and_goes(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("Go on")])
    store.away = True
    guide.go_on()
    assert over(process, key)
    store.away = False

    assert process.autosave.flush_all(5)
    assert texts(store, key) == ["Go on", "Well."]


def test_followers_see_the_whole_reply_and_are_let_go(
    process: Process, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("Go on")])
    live = process.replies.live(key)
    assert live is not None
    seen = live.follow()
    assert eventually(lambda: next(seen) == "Well")
    guide.go_on()

    assert list(seen)[-1] == "Well."


def test_ending_the_process_saves_what_was_written(store: FlakyStore, guide: FakeGuide) -> None:
    key = new_step(store)
    process = assemble(Settings(), store, guide)
    guide.queue.append(["A", "B", "C", "D", proposal({})])
    guide.hold()
    process.replies.ask(key, [question("Spell!")])
    live = process.replies.live(key)
    assert live is not None
    assert eventually(lambda: live.text == "A")
    threading.Timer(0.1, guide.go_on).start()

    assert process.close(within=4)
    last = store.messages(key)[-1]
    assert (last.text[:1], last.status) == ("A", MessageStatus.INTERRUPTED)


# Stop, from wherever


@pytest.fixture
def other(store: FlakyStore, guide: FakeGuide) -> Iterator[Process]:
    """Return another server on the same database."""
    process = assemble(Settings(), store, guide)
    yield process
    guide.go_on()
    process.close(within=2)


def growing(process: Process, guide: FakeGuide, key: StepKey) -> Reply:
    """Begin a reply that stands still after "Well" and would change the draft."""
    guide.queue.append(["Well", ", well", proposal({"target_user": "nurses"})])
    guide.hold()
    process.replies.ask(key, [question("Go on")])
    live = process.replies.live(key)
    assert live is not None
    assert eventually(lambda: live.text == "Well")
    return live


def test_stop_ends_a_reply_though_its_guide_is_silent(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    process.replies.stop(key, live.id)
    last = store.messages(key)[-1]

    assert process.replies.live(key) is None
    assert (last.text, last.status) == ("Well", MessageStatus.INTERRUPTED)


def test_what_a_guide_says_after_stop_is_dropped(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    process.replies.stop(key, live.id)
    stopped = store.messages(key)
    guide.queue.append(["Again", proposal({})])
    process.replies.retry(key, stopped[-1])
    guide.go_on()

    assert over(process, key)
    assert texts(store, key) == ["Go on", "Again"]
    assert eventually(lambda: guide.closed == 2)
    assert texts(store, key) == ["Go on", "Again"]
    assert store.draft(key).fields == {}


def test_stop_on_another_server_ends_the_reply_and_its_writer_gives_way(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    process.replies.renew(key)
    other.replies.stop(key, live.id)
    stopped = store.messages(key)[-1]
    process.replies.renew(key)

    assert (stopped.text, stopped.status) == ("Well", MessageStatus.INTERRUPTED)
    assert process.replies.live(key) is None
    guide.go_on()
    assert eventually(lambda: guide.closed == 1)
    assert store.messages(key)[-1] == stopped
    assert store.draft(key).fields == {}


def test_a_stop_nobody_has_noticed_yet_keeps_the_proposal_out_of_the_draft(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    other.replies.stop(key, live.id)
    guide.go_on()

    assert over(process, key)
    last = store.messages(key)[-1]
    assert (last.text, last.status) == ("Well, well", MessageStatus.INTERRUPTED)
    assert store.draft(key).fields == {}


def test_a_growing_reply_is_saved_every_two_seconds(
    process: Process,
    store: FlakyStore,
    guide: FakeGuide,
    key: StepKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a server that is killed has lost two seconds of it, and what was under way to the database."""
    waited: list[float] = []
    passed = threading.Semaphore(0)

    def wait_over(reply: Reply, seconds: float) -> bool:
        waited.append(seconds)
        assert passed.acquire(timeout=PATIENCE)
        return reply.ended

    monkeypatch.setattr(Reply, "wait_over", wait_over)
    guide.hold()
    guide.queue.append(["One ", "two.", proposal({})])
    process.replies.ask(key, [question("Count!")])
    assert eventually(lambda: getattr(process.replies.live(key), "text", "") == "One ")
    before = texts(store, key)[-1]
    passed.release()
    assert eventually(lambda: texts(store, key)[-1] == "One ")
    passed.release(10)

    assert before == ""
    assert set(waited) == {2.0}


def test_the_writer_notices_a_stop_within_a_renewal(store: FlakyStore, guide: FakeGuide) -> None:
    key = new_step(store)
    process = assemble(Settings(), store, guide)
    process.replies._renew_every = 0.05
    live = growing(process, guide, key)
    store.interrupt(key, live.id)

    assert eventually(lambda: process.replies.live(key) is None)
    guide.go_on()


def test_what_was_on_screen_and_not_yet_saved_outlives_a_stop_elsewhere(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    other.replies.stop(key, live.id)
    before = store.messages(key)[-1].text
    process.replies.renew(key)
    last = store.messages(key)[-1]

    assert before == ""
    assert (last.text, last.status) == ("Well", MessageStatus.INTERRUPTED)


def test_what_is_handed_in_late_loses_to_a_retry(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    other.replies.stop(key, live.id)
    stopped = store.messages(key)[-1]
    guide.queue.append(["Anew", ".", proposal({})])
    other.replies.retry(key, stopped)
    retried = other.replies.live(key)
    assert retried is not None
    assert live.end_if_superseded(stopped)
    assert eventually(lambda: retried.text == "Anew")
    other.replies.renew(key)
    store.save(key, [live.so_far()])

    assert live.so_far().text == "Well"
    assert store.messages(key)[-1].text == "Anew"
    guide.go_on()
    assert over(other, key)
    assert texts(store, key) == ["Go on", "Anew."]


def test_a_writer_that_was_taken_over_hands_nothing_in() -> None:
    mine = Reply(placed("", 2, status=MessageStatus.STREAMING))
    mine.add("Well")
    taken = replace(mine.so_far(), text="", revision=next_attempt(1))

    assert mine.end_if_superseded(taken)
    assert mine.so_far() == taken


def test_a_reply_that_was_written_further_by_somebody_else_takes_nothing_in() -> None:
    mine = Reply(placed("", 2, status=MessageStatus.STREAMING))
    mine.add("Well")
    # Read so where its lease ran out: its writer may be alive and write the next revision.
    dead = replace(
        mine.so_far(), text="We", status=MessageStatus.INTERRUPTED, revision=next_attempt(1) + 5
    )

    assert mine.end_if_superseded(dead)
    assert mine.so_far() == dead


def test_what_is_handed_in_by_mistake_costs_nobody_a_word(store: FlakyStore, key: StepKey) -> None:
    (begun,) = store.append(key, [replace(question(""), status=MessageStatus.STREAMING)])
    mine = Reply(begun)
    mine.add("Well")
    store.interrupt(key, begun.id)
    taken = store.take_over(key, begun.id)
    assert taken is not None
    theirs = Reply(taken)
    # Read so where the lease ran out before a word was saved, though its writer lives.
    assert mine.end_if_superseded(replace(taken, status=MessageStatus.INTERRUPTED))
    store.save(key, [mine.so_far()])
    first = theirs.so_far()
    store.save(key, [first])

    assert store.messages(key) == [first]


def test_a_text_that_goes_another_way_is_not_handed_in() -> None:
    mine = Reply(placed("What was kept", 2, status=MessageStatus.STREAMING))
    mine.add("Another way to say it")
    stopped = replace(
        mine.so_far(),
        text="What was kept",
        status=MessageStatus.INTERRUPTED,
        revision=next_attempt(1),
    )

    assert mine.end_if_superseded(stopped)
    assert mine.so_far() == stopped


def test_a_stop_that_comes_too_late_changes_nothing(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    process.replies.ask(key, [question("Go on")])
    assert over(process, key)
    whole = store.messages(key)
    for each in (process, other):
        each.replies.stop(key, whole[-1].id)

    assert whole[-1].status is MessageStatus.COMPLETE
    assert whole == store.messages(key)


def test_stop_reaches_the_attempt_that_took_over_from_this_server(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    other.replies.stop(key, live.id)
    other.replies.retry(key, store.messages(key)[-1])
    process.replies.stop(key, live.id)
    other.replies.renew(key)

    assert store.messages(key)[-1].status is MessageStatus.INTERRUPTED
    assert other.replies.live(key) is None


def test_what_was_asked_meanwhile_is_answered_after_a_stop_elsewhere(
    process: Process, other: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    live = growing(process, guide, key)
    process.replies.ask(key, [question("And?")])
    other.replies.stop(key, live.id)
    process.replies.renew(key)
    guide.go_on()

    assert over(process, key)
    assert texts(store, key) == ["Go on", "Well", "And?", "Well."]


# Two servers on one database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def servers(request: pytest.FixtureRequest, guide: FakeGuide) -> Iterator[list[Process]]:
    """Return two servers, each with connections of its own, that ask the same guide."""
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    url = request.getfixturevalue(names[request.param])
    both = [assemble(Settings(), open_store(url), guide) for _ in range(2)]
    yield both
    guide.go_on()
    for each in both:
        each.close(within=2)


def ended_reply(text: str) -> Message:
    return replace(question(text), role=Role.ASSISTANT)


def at_once(*works: Callable[[], None]) -> None:
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        ready.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def all_over(servers: list[Process], key: StepKey) -> bool:
    return all(over(each, key) for each in servers)


def test_two_servers_that_enter_a_step_at_once_make_one_greeting_and_one_call(
    servers: list[Process], guide: FakeGuide
) -> None:
    for round_ in range(1, 6):
        key = new_step(servers[0].store)
        at_once(*[partial(each.replies.ensure_answered, key, []) for each in servers * 2])

        assert all_over(servers, key)
        assert [len(guide.requests), texts(servers[1].store, key)] == [round_, ["Well."]]


def test_two_servers_that_answer_a_question_at_once_make_one_reply_and_one_call(
    servers: list[Process], guide: FakeGuide
) -> None:
    for round_ in range(1, 6):
        key = new_step(servers[0].store)
        asked = [question("Well?")]
        at_once(
            partial(servers[0].replies.ask, key, asked),
            partial(servers[1].replies.ask, key, asked),
            partial(servers[1].replies.ensure_answered, key, asked),
        )

        assert all_over(servers, key)
        assert texts(servers[1].store, key).count("Well?") == 1
        assert [len(guide.requests), len(servers[1].store.messages(key))] == [round_, 2]


def test_two_servers_asked_to_retry_at_once_make_one_attempt(
    servers: list[Process], guide: FakeGuide
) -> None:
    for round_ in range(1, 6):
        key = new_step(servers[0].store)
        guide.queue.append(["Half a", GuideError("The guide could not answer.")])
        servers[0].replies.ask(key, [question("Well?")])
        assert over(servers[0], key)
        failed = servers[1].store.messages(key)[-1]
        at_once(*[partial(each.replies.retry, key, failed) for each in servers * 2])

        assert all_over(servers, key)
        assert texts(servers[1].store, key) == ["Well?", "Well."]
        assert len(guide.requests) == 2 * round_


def test_stop_on_one_server_and_retry_on_it_leave_one_reply_to_the_question(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    live = growing(here, guide, key)
    there.replies.stop(key, live.id)
    there.replies.retry(key, there.store.messages(key)[-1])
    here.replies.renew(key)
    gave_way = here.replies.live(key) is None
    guide.go_on()

    assert gave_way
    assert all_over(servers, key)
    assert texts(there.store, key) == ["Go on", "Well."]
    assert there.store.messages(key)[-1].status is MessageStatus.COMPLETE
    assert there.store.draft(key).fields == {}


def test_a_reply_ends_when_its_step_is_started_over_on_another_server(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    live = growing(here, guide, key)
    assert here.autosave.flush(key)
    reopen.reset(there.store, there.drafts, key, actor="Ada", at=utc_now())
    here.replies.renew(key)
    # The step is greeted anew meanwhile.
    gave_way = here.replies.live(key) is not live
    guide.go_on()

    assert gave_way
    assert all_over(servers, key)
    assert live.id not in [each.id for each in there.store.messages(key)]
    archived = there.store.messages(key, era=0)
    assert [each.id for each in archived][-1] == live.id
    assert archived[-1].status is MessageStatus.INTERRUPTED
    assert there.store.draft(key).fields == {}


def test_a_question_on_another_server_waits_for_the_reply_being_written(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    growing(here, guide, key)
    there.replies.ask(key, [question("And why?")])
    there.replies.ensure_answered(key, there.store.messages(key))
    waiting = texts(there.store, key)[-1], there.replies.live(key), len(guide.requests)
    guide.go_on()

    assert waiting == ("And why?", None, 1)
    assert eventually(lambda: texts(there.store, key)[-2:] == ["And why?", "Well."])
    assert all_over(servers, key)
    assert len(guide.requests) == 2


def test_a_question_that_waited_for_a_dead_server_is_answered(
    servers: list[Process], guide: FakeGuide
) -> None:
    _, there = servers
    key = new_step(there.store)
    dead = Message("dead", Role.ASSISTANT, "Guide", "", utc_now(), MessageStatus.STREAMING)
    there.store.append(key, [question("Who?"), dead])
    there.replies.ask(key, [question("And why?")])
    waiting = len(guide.requests)
    there.store.interrupt(key, "dead")
    there.replies.ensure_answered(key, there.store.messages(key))

    assert waiting == 0
    assert all_over(servers, key)
    assert texts(there.store, key) == ["Who?", "", "And why?", "Well."]


def redrafting(here: Process, guide: FakeGuide, key: StepKey) -> Message:
    """Have a draft that somebody typed drafted anew, and stop that."""
    here.drafts.edit(key, "target_user", "typed by hand")
    guide.hold()
    guide.queue.append(["Anew: ", "nurses.", proposal({"target_user": "nurses"})])
    here.replies.redraft(key)
    live = here.replies.live(key)
    assert live is not None
    assert eventually(lambda: bool(live.text))
    here.replies.stop(key, live.id)
    guide.go_on()
    assert over(here, key)
    return here.store.messages(key)[-1]


def test_what_is_drafted_anew_stays_beside_the_draft_on_any_server(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    there.store.append(key, [question("Who?"), ended_reply("Nurses?")])
    stopped = redrafting(here, guide, key)
    guide.queue.append(["Anew.", proposal({"target_user": "nurses"})])
    there.replies.retry(key, stopped)

    assert all_over(servers, key)
    assert there.store.draft(key).fields == {"target_user": "typed by hand"}
    assert [each.value for each in there.store.asides(key)] == ["nurses"]
    assert guide.requests[-1].is_redraft


def test_a_redraft_waits_for_a_reply_on_another_server(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    growing(here, guide, key)
    there.replies.redraft(key)
    waiting = len(guide.requests)
    guide.queue.append(["Anew.", proposal({"target_user": "cooks"})])
    guide.go_on()

    assert waiting == 1
    assert eventually(lambda: bool(there.store.asides(key)))
    assert all_over(servers, key)
    assert [each.value for each in there.store.asides(key)] == ["cooks"]
    assert texts(there.store, key)[-1] == "Anew."


def test_a_redraft_nobody_has_begun_is_begun_by_whoever_opens_the_step(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    here.store.append(key, [question("Who?"), ended_reply("Nurses?")])
    here.store.want_redraft(key, "redraft")
    state = there.store.steps(key.team)[key.step]
    there.replies.ensure_answered(key, there.store.messages(key), state.redraft)

    assert all_over(servers, key)
    assert [each.id for each in here.store.messages(key)][2:] == ["redraft"]
    assert [each.is_redraft for each in guide.requests] == [True]


def test_another_server_takes_back_what_a_reply_did_to_the_draft(
    servers: list[Process], guide: FakeGuide
) -> None:
    here, there = servers
    key = new_step(here.store)
    guide.queue = [
        ["Wrong.", proposal({"target_user": "wrong", "desired_outcome": "wrong"})],
        ["Right.", proposal({"target_user": "nurses"})],
    ]
    here.replies.ask(key, [question("Who?")])
    assert over(here, key)
    there.replies.rewrite(key, there.store.messages(key)[-1])

    assert all_over(servers, key)
    assert there.store.draft(key).fields == {"target_user": "nurses"}


# A reply that is written anew


def test_a_reply_is_written_anew_at_its_turn_with_what_was_known_before_it(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue = [
        ["First.", proposal({"target_user": "nurses"})],
        ["Second.", proposal({"target_user": "doctors"})],
    ]
    process.replies.ask(key, [question("Who?")])
    assert over(process, key)
    process.replies.rewrite(key, store.messages(key)[-1])
    assert over(process, key)

    assert texts(store, key) == ["Who?", "Second."]
    assert store.messages(key)[-1].status is MessageStatus.COMPLETE
    assert store.draft(key).fields == {"target_user": "doctors"}
    assert [each.draft for each in guide.requests] == [{}, {}]
    assert [[m.text for m in each.transcript] for each in guide.requests] == [["Who?"]] * 2
    assert [each.text for each in store.discarded(key)] == ["First."]


def test_a_reply_that_somebody_has_answered_is_not_written_anew(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    process.replies.ask(key, [question("Who?")])
    assert over(process, key)
    first = store.messages(key)[-1]
    process.replies.ask(key, [question("And why?")])
    assert over(process, key)
    process.replies.rewrite(key, first)

    assert len(guide.requests) == 2
    assert first in store.messages(key)


def test_a_question_that_waited_is_not_answered_in_a_complete_step(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.hold()
    process.replies.ask(key, [question("Who?")])
    assert eventually(lambda: len(guide.requests) == 1)
    process.replies.ask(key, [question("And why?")])
    change = Change(key.step, Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE)
    store.apply(key.team, Decision([change], "Ben", utc_now()))
    guide.go_on()
    assert over(process, key)
    process.close(within=2)

    assert len(guide.requests) == 1
    assert [m.role for m in store.messages(key)].count(Role.ASSISTANT) == 1


def test_the_last_reply_of_a_complete_step_is_not_written_anew(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    """A teammate confirmed it while this page still offered another reply."""
    process.replies.ask(key, [question("Who?")])
    assert over(process, key)
    last = store.messages(key)[-1]
    change = Change(key.step, Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE)
    store.apply(key.team, Decision([change], "Ben", utc_now()))
    process.replies.rewrite(key, last)
    permit = TeamPermit(Action.RETRY_REPLY, key.team, None, key.step)
    with permits.held(permit), pytest.raises(Closed):
        store.discard(key, last.id)

    assert store.messages(key)[-1] == last
    assert store.discarded(key) == []
    assert len(guide.requests) == 1


def test_asked_twice_at_once_for_another_reply_the_guide_writes_one(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    process.replies.ask(key, [question("Who?")])
    assert over(process, key)
    guide.hold()
    last = store.messages(key)[-1]
    for _ in range(2):
        process.replies.rewrite(key, last)
    guide.go_on()

    assert over(process, key)
    assert len(guide.requests) == 2
    assert len(store.discarded(key)) == 1
