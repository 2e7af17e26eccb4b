"""Whatever is done in whatever order, every store says the same as a simple model."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lib.store import open_store
from lib.store.errors import Conflict
from lib.store.port import Decision, Store
from lib.workshop.effects import EFFECTS
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Team, Workshop
from lib.workshop.status import Change, Event, Phase, Status, TransitionRefused, decide
from lib.workshop.transcript import Message, MessageStatus, Role, clean, next_attempt
from tests.memory_store.store import MemoryStore

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
STEPS = ("challenge", "stakeholder-mapping", "user-research")

ids = st.sampled_from([f"m{n}" for n in range(6)])
step = st.sampled_from(STEPS)
statuses = st.sampled_from(MessageStatus)
texts = st.text(max_size=20).map(clean)
revisions = st.integers(0, 5) | st.integers(1 << 32, (1 << 32) + 2)


class Machine(RuleBasedStateMachine):
    """Steps of one team, as the store has them and as plain dicts and lists have them."""

    open_store: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store = self.open_store()
        workshop = Workshop(new_id(), "T", "C", AT)
        self.team = Team(workshop.id, new_id(), "Team", new_link(), 1)
        self.store.create_workshop(workshop, [self.team])
        self.messages: dict[str, list[Message]] = {step: [] for step in STEPS}
        self.drafts = dict.fromkeys(STEPS, Draft())
        self.statuses = {s: each.status for s, each in self.store.steps(self.team.key).items()}
        self.story = 1
        self.versions: dict[str, tuple[int, Any]] = {}

    def teardown(self) -> None:
        self.store.close()

    def _stored(self, id_: str) -> Message | None:
        return next((m for each in self.messages.values() for m in each if m.id == id_), None)

    @rule(step=step, given=st.lists(st.tuples(ids, texts, statuses, revisions), max_size=4))
    def append(self, step: str, given: list[tuple[str, str, MessageStatus, int]]) -> None:
        batch = [
            Message(id_, Role.USER, "Ada", text, AT, status, revision)
            for id_, text, status, revision in given
        ]
        new: list[Message] = []
        for message in batch:
            if self._stored(message.id) is None:
                new.append(replace(message, position=len(self.messages[step]) + 1))
                self.messages[step].append(new[-1])

        assert new == self.store.append(self.team.step_key(step), batch)

    @rule(step=step, change=st.lists(st.tuples(st.integers(0, 5), texts, statuses, revisions)))
    def save(self, step: str, change: list[tuple[int, str, MessageStatus, int]]) -> None:
        rows = self.messages[step]
        batch = []
        for place, text, status, revision in change:
            if place < len(rows):
                batch.append(replace(rows[place], text=text, status=status, revision=revision))
        for message in batch:
            stored = rows[message.position - 1]
            if stored.status is not MessageStatus.COMPLETE and message.revision > stored.revision:
                rows[message.position - 1] = message
        self.store.save(self.team.step_key(step), batch)

    @rule(
        step=step,
        draft=st.builds(
            Draft, st.dictionaries(texts, texts), st.sampled_from(Phase), st.integers(0, 5)
        ),
    )
    def draft(self, step: str, draft: Draft) -> None:
        known = self.drafts[step]
        if draft.revision > known.revision:
            self.drafts[step] = replace(draft, epoch=known.epoch)
        self.store.save(self.team.step_key(step), draft=draft)

    @rule(step=step, id_=ids)
    def take_over(self, step: str, id_: str) -> None:
        stored = next((m for m in self.messages[step] if m.id == id_), None)
        taken = None
        if stored and stored.status in (MessageStatus.INTERRUPTED, MessageStatus.ERROR):
            revision = next_attempt(stored.revision)
            taken = replace(stored, status=MessageStatus.STREAMING, revision=revision)
            self.messages[step][stored.position - 1] = taken

        assert taken == self.store.take_over(self.team.step_key(step), id_)

    @rule(step=step, id_=ids)
    def interrupt(self, step: str, id_: str) -> None:
        stored = next((m for m in self.messages[step] if m.id == id_), None)
        if stored and stored.status is MessageStatus.STREAMING:
            revision = next_attempt(stored.revision)
            ended = replace(stored, status=MessageStatus.INTERRUPTED, revision=revision)
            self.messages[step][stored.position - 1] = ended
        self.store.interrupt(self.team.step_key(step), id_)

    @rule(step=step, fields=st.none() | st.dictionaries(texts, st.integers(), max_size=2))
    def confirm(self, step: str, fields: dict[str, int] | None) -> None:
        try:
            changes = decide(self.statuses, step, Event.CONFIRM)
        except TransitionRefused:
            return
        self.store.apply(self.team.key, Decision(changes, "Ada", AT, fields))
        self.statuses |= {change.step: change.after for change in changes}
        for change in (each for each in changes if each.step in self.drafts):
            effects, draft = EFFECTS[change.event], self.drafts[change.step]
            epoch = draft.epoch + effects.ends_epoch
            self.drafts[change.step] = replace(
                draft, epoch=epoch, phase=effects.phase or draft.phase
            )
        self.story += len(changes)
        if fields is not None:
            self.versions[step] = (self.versions.get(step, (0,))[0] + 1, fields)

    @rule(step=step)
    def confirm_what_has_moved_on(self, step: str) -> None:
        if self.statuses[step] is Status.IN_PROGRESS:
            return
        wrong = Change(step, Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE)
        with pytest.raises(Conflict):
            self.store.apply(self.team.key, Decision([wrong], "Ada", AT, {"no": 1}))

    @invariant()
    def says_the_same(self) -> None:
        for slug in STEPS:
            key = self.team.step_key(slug)

            assert self.messages[slug] == self.store.messages(key)
            assert self.messages[slug][-2:] == self.store.messages(key, last=2)
            assert self.drafts[slug] == self.store.draft(key)
        states = self.store.steps(self.team.key)

        assert self.statuses == {each.step: each.status for each in states.values()}
        assert self.story == len(self.store.events(self.team.workshop_id))
        found = self.store.artifacts(self.team.key)
        assert self.versions == {s: (each.version, each.fields) for s, each in found.items()}
        counted = [
            (cell.messages, cell.unfinished)
            for cell in self.store.overview(self.team.workshop_id)[: len(STEPS)]
        ]
        assert counted == [
            (len(rows), sum(m.status is not MessageStatus.COMPLETE for m in rows))
            for rows in self.messages.values()
        ]


def agrees(opens: Callable[[], Store], examples: int) -> None:
    class Agreeing(Machine):
        open_store = staticmethod(opens)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Agreeing,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_memory_agrees_with_the_model() -> None:
    agrees(lambda: MemoryStore(lease=600.0), examples=40)


@pytest.fixture
def files(sqlite_template: Path) -> Iterator[Callable[[], str]]:
    """Return a function that makes a new file; in memory where the system has such a folder."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:

        def new() -> str:
            file = Path(folder) / f"{new_id()}.db"
            shutil.copy(sqlite_template, file)
            return f"sqlite:///{file}"

        yield new


def test_sqlite_agrees_with_the_model(files: Callable[[], str]) -> None:
    agrees(lambda: open_store(files(), lease=600.0), examples=15)


@pytest.mark.postgres
def test_postgresql_agrees_with_the_model(postgres_url: str) -> None:
    agrees(lambda: open_store(postgres_url, lease=600.0), examples=10)
