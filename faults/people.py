"""
People who work while things break: each follows a plan of operations made from the seed.

A trial is one operation whose outcome is checked in the end.
"""

import random
import time
from collections.abc import Sequence
from typing import NamedTuple

from faults.history import Bubble, Edit, History, Place, Screen, Sent
from faults.tab import Tab
from faults.world import STEPS, World
from lib.ids import new_id
from lib.workshop import Team

#: How often each kind of operation is chosen.
WEIGHTS = {
    "say": 46,
    "say twice": 8,
    "say and go": 9,
    "say and close": 7,
    "go": 10,
    "move": 6,
    "retry": 8,
    "stop": 4,
    "edit": 16,
}

#: Fields people write into: single texts.
FIELDS = ("problem_statement", "target_user", "desired_outcome", "hmw_statement")

#: The step they belong to.
DRAFTED = STEPS[0]

#: Seconds until everything a person has said must be confirmed, once nothing is broken any more.
SETTLE = 60.0

_WORDS = (
    "newcomers leave nobody calls the training folder pages evening gate truck alarm shift "
    'Müller 日本 café <b>bold</b> & 5<6 "quoted" *star* [link](x) `code` 🔥 don\'t why? two'
).split()


class Operation(NamedTuple):
    """What a person does next, and how long the person thinks afterwards, in seconds."""

    kind: str
    text: str
    step: str
    field: str
    think: float


def plan(rng: random.Random, kinds: Sequence[str], length: int) -> list[Operation]:
    """Return a person's operations."""
    weights = [WEIGHTS[kind] for kind in kinds]
    return [
        Operation(
            rng.choices(kinds, weights)[0],
            _text(rng),
            rng.choice(STEPS),
            rng.choice(FIELDS),
            rng.uniform(0.2, 2.2),
        )
        for _ in range(length)
    ]


def _text(rng: random.Random) -> str:
    words = rng.choices(_WORDS, k=rng.choice((1, 6, 12, 60)))
    for _ in range(rng.randrange(3)):
        words.insert(rng.randrange(len(words) + 1), rng.choice(("\n", "\n\n  ", ". ")))
    return " ".join(words)


class Person:
    """One person of a team, in one tab at a time."""

    def __init__(
        self, world: World, history: History, team: Team, name: str, operations: list[Operation]
    ) -> None:
        self.name = name
        self._world, self._history, self._team = world, history, team
        self.operations = operations
        #: The server this person's tab is at: its place in the world's list.
        self.server = ord(name[-1]) % 2
        self._tabs = 0
        self._said = 0
        self._step = STEPS[0]
        self._edits: list[Edit] = []
        self._known: dict[str, object] = {}
        self._shown: tuple[Bubble, ...] = ()
        self.tab = self._new_tab()

    # The work

    def work(self) -> None:
        """Carry out the plan, however long that takes."""
        self.come()
        for operation in self.operations:
            self.carry_out(operation)

    def come(self) -> None:
        """Open the first page."""
        self.tab.open(self._port, self._step)
        self.tab.watch(1)

    def carry_out(self, operation: Operation) -> None:
        """Do one thing, and think."""
        getattr(self, "_" + operation.kind.replace(" ", "_"))(operation)
        self.tab.watch(operation.think)
        self._deliver_edits()

    def settle(self) -> bool:
        """Stay until everything is confirmed, when nothing is broken; return whether it was."""
        end = time.monotonic() + SETTLE
        for step in [step for step, outbox in self.tab.outboxes.items() if outbox]:
            if self.tab.page.step != step:
                self.tab.go(step)
            self.tab.watch(
                end - time.monotonic(), until=lambda step=step: not self.tab.outboxes[step]
            )
        while self._edits and time.monotonic() < end:
            self._deliver_edits()
            self.tab.watch(0.2)
        return not any(self.tab.outboxes.values())

    def visit(self, step: str, patience: float = 20.0) -> bool:
        """Open *step* and see it whole once; return whether that came about."""
        self._step = step
        self.tab.close()
        self.tab = self._new_tab()
        self.tab.open(self._port, step)
        return self.tab.watch(patience, until=lambda: self.tab.page.finished_runs > 0)

    def look(self, step: str) -> None:
        """Note what *step* shows to the last."""
        self.visit(step)
        shown = tuple(self.tab.page.bubbles)
        screen = Screen(self._place(step), self.name, time.monotonic(), shown)
        self._history.last_screens.append(screen)

    # The operations

    def _say(self, operation: Operation) -> None:
        self._said += 1
        text = f"{operation.text} [{self.name} {self._said}]"
        sent = Sent(new_id(), self._place(), self.name, self._tabs, text, sent_at=time.monotonic())
        self._history.sent[sent.id] = sent
        self._history.tried()
        self.tab.say(sent.id, sent.text)

    def _say_twice(self, operation: Operation) -> None:
        self._say(operation)
        self._say(operation)

    def _say_and_go(self, operation: Operation) -> None:
        self._say(operation)
        self._go(operation)

    def _say_and_close(self, operation: Operation) -> None:
        self._say(operation)
        self._history.tried()
        self.tab.close()
        for outbox in self.tab.outboxes.values():
            for each in outbox:
                self._history.sent[each["id"]].abandoned = True
        self._deliver_edits(last=True)
        time.sleep(operation.think / 2)
        self.tab = self._new_tab()
        self.tab.open(self._port, self._step)

    def _go(self, operation: Operation) -> None:
        if operation.step != self._step:
            self._history.tried()
            self._step = operation.step
            self.tab.go(operation.step)

    def _move(self, operation: Operation) -> None:
        self._history.tried()
        self.server = 1 - self.server
        self.tab.move(self._port)

    def _retry(self, operation: Operation) -> None:
        self._press("retry")

    def _stop(self, operation: Operation) -> None:
        self._press("stop")

    def _press(self, key: str) -> None:
        if self.tab.press(key):
            self._history.tried()

    def _edit(self, operation: Operation) -> None:
        self._said += 1
        self._history.tried()
        edit = Edit(
            self._place(DRAFTED),
            self.name,
            self._writer,
            operation.field,
            f"{' '.join(operation.text.split())} [{self.name} {self._said}]",
            self._known.get(operation.field),
            self._said,
            time.monotonic(),
        )
        self._known[operation.field] = edit.value
        self._history.edits.append(edit)
        self._edits.append(edit)
        self._deliver_edits()

    def _deliver_edits(self, *, last: bool = False) -> None:
        """Send edits that are not known to be stored, oldest first; where one fails, no further."""
        while self._edits and self._deliver_edit(self._edits[0]):
            self._edits.pop(0)
        if last:
            for edit in self._edits:
                edit.abandoned = True
            self._edits.clear()

    def _deliver_edit(self, edit: Edit) -> bool:
        said = {"field": edit.field, "value": edit.value, "was": edit.was}
        body = {
            "link": self._team.link,
            "step": edit.place[1],
            "member": self.name,
            "edits": [{**said, "writer": edit.writer, "revision": edit.revision, "epoch": 0}],
        }
        answer = self.tab.post("/throughline/typed", body)
        if not isinstance(answer, dict) or not answer.get("stored"):
            return False
        edit.acknowledged_at = time.monotonic()
        edit.aside = edit.field in answer.get("aside", ())
        for name, value in answer.get("fields", {}).items():
            self._known[name] = value
        return True

    # Watching

    @property
    def _port(self) -> int:
        return self._world.servers[self.server].port

    def _place(self, step: str = "") -> Place:
        return self._team.name, step or self._step

    def _new_tab(self) -> Tab:
        self._tabs += 1
        self._writer = new_id()
        return Tab(self._team.link, self.name, drawn=self._drawn, confirmed=self._confirmed)

    def _drawn(self, step: str, bubbles: list[Bubble]) -> None:
        shown = tuple(bubbles)
        if shown != self._shown:
            self._shown = shown
            screen = Screen(self._place(step), self.name, time.monotonic(), shown)
            self._history.screens.append(screen)

    def _confirmed(self, id_: str) -> None:
        sent = self._history.sent.get(id_)
        if sent is not None and sent.acknowledged_at is None:
            sent.acknowledged_at = time.monotonic()
