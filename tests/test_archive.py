"""Going back never hides a message: it is in the conversation, or in an era the archive lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from streamlit.testing.v1 import AppTest

from lib.facilitation import reset_archive
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store.errors import Conflict
from lib.store.port import Decision, Store
from lib.team import process, reopen
from lib.team.confirm import NotReady
from lib.workshop import steps
from lib.workshop.cascade import dependants
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.status import Event, TransitionRefused
from lib.workshop.transcript import Role
from tests.fakes import new_step, question
from tests.memory_store.store import MemoryStore
from tests.servers import BEGIN, Server
from tests.test_store_sql import both, opened, url

__all__ = ["url"]

#: Two servers ten minutes apart, and one whose clock steps back at each look.
TEN_MINUTES = timedelta(minutes=10)


class Between(MemoryStore):
    """A store in which something happens in the moment before a decision is carried out."""

    once: Callable[[], None] | None = None

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """Let it happen, then go on."""
        work, self.once = self.once, None
        if work is not None:
            work()
        super().apply(team, decision)


def backwards() -> Callable[[], datetime]:
    """Return a clock that is set back a minute at each look."""
    minutes = iter(range(10_000))
    return lambda: BEGIN + TEN_MINUTES - timedelta(minutes=next(minutes))


def say(server: Server, step: str, text: str = "Hm.") -> str:
    """Store a message; return its id, which its sender now counts on."""
    message = replace(question(text), created_at=server.clock())
    server.store.append(server.at(step), [message])
    return message.id


def reachable(store: Store, key: StepKey) -> set[str]:
    """Return the ids of the messages that the page or the facilitator's archive shows."""
    eras = [each.era for each in reset_archive.archived(store, key)]
    shown = [store.messages(key), *(store.messages(key, era=era) for era in eras)]
    return {message.id for messages in shown for message in messages}


class GoingBack(RuleBasedStateMachine):
    """Two servers, ten minutes apart, send, start over, revise and undo in any order."""

    STEPS = ("challenge", "user-research")

    def __init__(self) -> None:
        super().__init__()
        self.store = Between()
        behind = Server(self.store, new_step(self.store), clock=backwards())
        behind.finish(3)
        ahead = Server(self.store, behind.key, "Ben", clock=lambda: BEGIN + 2 * TEN_MINUTES)
        self.servers = (behind, ahead)
        self.acknowledged: dict[str, set[str]] = {slug: set() for slug in self.STEPS}

    def _send(self, at: int, step: str) -> None:
        self.acknowledged[step].add(say(self.servers[at], step))

    @rule(at=st.integers(0, 1), step=st.sampled_from(STEPS))
    def send(self, at: int, step: str) -> None:
        """Send a message."""
        self._send(at, step)

    @rule(
        at=st.integers(0, 1),
        step=st.sampled_from(STEPS),
        event=st.sampled_from([Event.RESET, Event.REVISE, Event.UNDO, Event.CONFIRM]),
        meanwhile=st.booleans(),
    )
    def move(self, at: int, step: str, event: Event, *, meanwhile: bool) -> None:
        """Move a step, while somebody else may be sending a message in it."""
        before = {each.id for each in self.store.messages(self.servers[0].at(step))}
        if meanwhile:
            self.store.once = lambda: self._send(1 - at, step)
        try:
            self.servers[at].do(step, event)
        except (Conflict, TransitionRefused, NotReady):
            return
        finally:
            self.store.once = None
        if event is Event.UNDO:
            shown = {each.id for each in self.store.messages(self.servers[0].at(step))}
            assert before & self.acknowledged[step] <= shown, "an undo has hidden a message"

    @invariant()
    def every_message_is_reachable(self) -> None:
        """Each message that was acknowledged is on some page."""
        for step, ids in self.acknowledged.items():
            assert ids <= reachable(self.store, self.servers[0].at(step))


TestGoingBack = GoingBack.TestCase
TestGoingBack.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@both
@pytest.mark.parametrize("by", [-TEN_MINUTES, timedelta(0), TEN_MINUTES])
@pytest.mark.parametrize("event", [Event.RESET, Event.REVISE])
def test_undo_is_refused_after_a_message_whatever_its_time(
    url: str, event: Event, by: timedelta
) -> None:
    with opened(url) as store:
        server = Server(store, new_step(store))
        server.finish(3)
        say(server, "user-research", "before")
        server.do("user-research", event)
        key = server.at("user-research")
        offered = reopen.may_undo(store, server.drafts, key)
        store.append(key, [replace(question("since"), created_at=server.clock() + by)])

        assert offered
        assert not reopen.may_undo(store, server.drafts, key)
        with pytest.raises(TransitionRefused, match="has been edited since"):
            server.do("user-research", Event.UNDO)


@both
@pytest.mark.parametrize("where", ["user-research", dependants("user-research")[0]])
def test_a_message_in_the_moment_of_the_undo_is_a_conflict(url: str, where: str) -> None:
    with opened(url) as store:
        server = Server(store, new_step(store))
        server.finish(3)
        server.do("user-research", Event.RESET)
        apply = store.apply

        def late(team: TeamKey, decision: Decision) -> None:
            say(server, where, "on its way")
            apply(team, decision)

        store.apply = late  # type: ignore[method-assign]
        with pytest.raises(Conflict):
            server.do("user-research", Event.UNDO)

        assert [each.text for each in store.messages(server.at(where)) if _is_asked(each.role)] == [
            "on its way"
        ]


def _is_asked(role: Role) -> bool:
    return role is Role.USER


def test_the_archive_lists_what_was_said_before_an_undo() -> None:
    """The guide's greeting stops no undo, and stays readable after it."""
    store = MemoryStore()
    server = Server(store, new_step(store))
    server.finish(3)
    key = server.at("user-research")
    server.do(key.step, Event.RESET)
    greeting = replace(question("Welcome back."), role=Role.ASSISTANT)
    store.append(key, [greeting])
    server.do(key.step, Event.UNDO)
    [found] = reset_archive.archived(store, key)

    assert (found.reset, found.draft) == (None, None)
    assert [each.id for each in store.messages(key, era=found.era)] == [greeting.id]


def _drawn() -> None:
    """Draw the archive of the step a test has made."""
    from lib.team import process
    from lib.ui.review import reset_archive as archive_panel
    from lib.workshop.records import StepKey

    running = process.running()
    (workshop,) = running.store.workshops()
    (team,) = running.store.teams(workshop.id)
    archive_panel.show(running, StepKey(workshop.id, team.id, "user-research"))


def test_the_page_draws_every_era_that_holds_messages() -> None:
    store = MemoryStore()
    server = Server(store, new_step(store))
    server.finish(len(steps.SLUGS))
    key = server.at("user-research")
    say(server, key.step, "in the first era")
    server.do(key.step, Event.RESET)
    store.append(key, [replace(question("a greeting"), role=Role.ASSISTANT)])
    server.do(key.step, Event.UNDO)
    server.do(key.step, Event.RESET)
    process.use(process.assemble(Settings(), store, ScriptedGuide(pace=0)))
    try:
        app = AppTest.from_function(_drawn).run()
    finally:
        process.use(None)

    assert not app.exception
    assert [each.value for each in app.text] == ["a greeting", "in the first era"]
