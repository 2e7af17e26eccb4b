"""A reply, an edit or a page from before a change cannot alter what is stored after it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from lib.guide.port import GuideError
from lib.settings import Settings
from lib.store.errors import Conflict
from lib.store.port import Decision
from lib.team.process import Process, assemble
from lib.team.working_copy import WorkingCopy
from lib.ui import navigation
from lib.workshop.records import StepKey
from lib.workshop.status import Event, Phase, Status, decide
from lib.workshop.transcript import MessageStatus, Role
from tests import pages
from tests.fakes import FakeGuide, eventually, new_step, proposal, question
from tests.living_workshop import VARIANTS, LivingWorkshop
from tests.servers import Server
from tests.test_criteria import GOOD
from tests.test_drafts import Setup, confirm, reply, set_up
from tests.test_reopening import listening
from tests.test_replies import FlakyStore, over, texts
from tests.test_store_sql import connected, opened


@pytest.fixture
def guide() -> FakeGuide:
    return FakeGuide()


@pytest.fixture
def store() -> FlakyStore:
    return FlakyStore()


@pytest.fixture
def process(store: FlakyStore, guide: FakeGuide) -> Iterator[Process]:
    process = assemble(Settings(), store, guide)
    yield process
    guide.go_on()
    process.close(within=2)


@pytest.fixture
def key(store: FlakyStore) -> StepKey:
    return new_step(store)


# Replies


def cut_off(process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey) -> None:
    """Have the guide answer while its last words cannot be stored."""
    guide.hold()
    process.replies.ask(key, [question("Who?")])
    store.away = True
    guide.go_on()
    assert over(process, key)
    store.away = False


def test_retry_keeps_the_longer_text_that_could_not_be_saved(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue = [["Half ", "a long text", GuideError("No.")], ["New", GuideError("No.")]]
    cut_off(process, store, guide, key)
    process.replies.retry(key, store.messages(key)[-1])

    assert over(process, key)
    assert len(guide.requests) == 2
    assert texts(store, key) == ["Who?", "Half a long text"]


def test_the_guide_reads_an_answer_that_could_not_be_saved_at_first(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue = [["First ", "whole answer.", proposal({})]]
    cut_off(process, store, guide, key)
    process.replies.ask(key, [question("And why?")])

    assert over(process, key)
    assert [message.text for message in guide.requests[-1].transcript] == [
        "Who?",
        "First whole answer.",
        "And why?",
    ]


def test_an_unforeseen_error_tells_the_team_nothing(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    guide.queue = [["So", RuntimeError("secret")]]
    process.replies.ask(key, [question("Who?")])

    assert over(process, key)
    assert store.messages(key)[-1].status is MessageStatus.ERROR
    assert process.replies.sentence(key) == ""


def test_a_server_that_ends_begins_no_reply(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    process.replies.stop_all(0.0)
    process.replies.ask(key, [question("Who?")])

    assert (texts(store, key), guide.requests) == (["Who?"], [])


def test_a_reply_of_a_complete_step_is_not_written_anew(
    process: Process, store: FlakyStore, guide: FakeGuide, key: StepKey
) -> None:
    process.replies.ask(key, [question("Who?")])
    assert over(process, key)
    statuses = {slug: state.status for slug, state in store.steps(key.team).items()}
    changes = decide(statuses, key.step, Event.CONFIRM)
    store.apply(key.team, Decision(changes, "Ada", datetime.now(UTC)))
    process.replies.rewrite(key, store.messages(key)[-1])

    assert store.discarded(key) == []
    assert len(guide.requests) == 1


def test_unsaved_words_of_an_earlier_era_are_not_shown(
    process: Process, store: FlakyStore, key: StepKey
) -> None:
    half = replace(question("Half"), role=Role.ASSISTANT, status=MessageStatus.STREAMING)
    _, growing = store.append(key, [question("Who?"), half])
    process.autosave.note(key, [growing.revised("Half a", MessageStatus.STREAMING)])
    Server(store, key).do(key.step, Event.RESET)
    (team,) = store.teams(key.workshop_id)
    copy = WorkingCopy(team, store.workshop(key.workshop_id))
    copy.refresh(process, key.step)

    assert copy.transcripts[key.step] == []


def test_a_question_about_one_step_is_not_asked_in_another() -> None:
    store = pages.WatchedStore()
    team = pages.new_team(store)
    pages.bring_to(store, team, "user-research")
    with pages.running(store, FakeGuide()):
        app = pages.opened_step(team, "challenge")
        app = pages.drawn(app.button(key="revise").click().run())
        asked = "reopen" in pages.keys(app)
        page = navigation.STEP_PAGES["stakeholder-mapping"]
        app = pages.moved(app, page, **navigation.query(team.link, "Ada"))

        assert asked
        assert "revise" in pages.keys(app)
        assert "reopen" not in pages.keys(app)


# Drafts


@pytest.fixture
def setup() -> Setup:
    return set_up()


@pytest.mark.parametrize("event", [Event.REVISE, Event.RESET])
def test_a_reply_from_before_the_step_was_reopened_leaves_its_draft(
    setup: Setup, event: Event
) -> None:
    setup.drafts.edit(setup.key, "desired_outcome", "They sleep")
    before = setup.saved()
    message, base = reply(setup), setup.drafts.current(setup.key)
    confirm(setup)
    Server(setup.store, setup.key).do(setup.key.step, event)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.GATHER)

    assert setup.saved() == ({} if event is Event.RESET else before)


def test_after_an_undo_the_draft_that_is_known_is_the_one_given_back(setup: Setup) -> None:
    for place in range(3):
        setup.drafts.edit(setup.key, "target_user", f"nurses {place}")
        setup.saved()
    server = Server(setup.store, setup.key)
    for event in (Event.RESET, Event.UNDO):
        server.do(setup.key.step, event)
        setup.drafts.current(setup.key)
    setup.store.down = True

    assert setup.drafts.current(setup.key).fields == {"target_user": "nurses 2"}


@pytest.mark.postgres
def test_a_draft_saved_between_check_and_write_waits_and_is_refused(postgres_url: str) -> None:
    saved: list[Exception | None] = []
    threads: list[threading.Thread] = []
    with opened(postgres_url) as store, opened(postgres_url) as other:
        server = Server(store, new_step(store))
        server.finish(2)
        key = server.at("user-research")
        base = store.draft(key)
        late = replace(base, fields={"insights": []}, revision=base.revision + 1, base=base)

        def save() -> None:
            try:
                other.save(key, draft=late)
            except Conflict as exc:
                saved.append(exc)
            else:
                saved.append(None)

        def waits() -> bool:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            with connected(postgres_url) as connection:
                return bool(connection.execute(text(asked)).scalar())

        def between(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("UPDATE steps") and not threads:
                threads.append(threading.Thread(target=save))
                threads[0].start()
                assert eventually(lambda: bool(saved) or waits())

        with listening(store, between):
            server.do(key.step, Event.RESET)
        threads[0].join()

        assert [type(each) for each in saved] == [Conflict]
        assert store.draft(key).fields == {}


# Stale steps


@pytest.mark.parametrize("is_unchanged", [True, False])
def test_a_reopened_step_goes_on_with_what_it_was_reopened_on(*, is_unchanged: bool) -> None:
    """Not with what its last version was made from, which has changed since."""
    workshop = LivingWorkshop(finished=10)
    changed = VARIANTS["user-research"][1]
    workshop.do("user-research", Event.REVISE)
    workshop.edit("user-research", changed)
    workshop.do("user-research", Event.CONFIRM)
    workshop.do("sense-making", Event.REVISE)
    workshop.do("user-research", Event.REVISE)
    workshop.edit("user-research", changed if is_unchanged else GOOD["user-research"])
    workshop.do("user-research", Event.CONFIRM)

    assert workshop.statuses["sense-making"] is (
        Status.IN_PROGRESS if is_unchanged else Status.NEEDS_REGENERATION
    )
