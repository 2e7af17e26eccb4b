"""
People who work while things break: each follows a plan of operations made from the seed.

A trial is one operation whose outcome is checked in the end.
"""

import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from faults.history import Bubble, Edit, History, Place, Screen, Sent, Settled, Tried
from faults.tab import Tab
from faults.world import STEPS, World
from lib.store.errors import StoreError
from lib.workshop.ids import new_id
from lib.workshop.records import Team
from lib.workshop.rights import NO_TEAM

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
    "edit": 14,
    "choose": 5,
    "list": 14,
    "settle": 6,
    "start over": 4,
    "undo": 4,
    "replace link": 2,
    "revoke link": 2,
}

#: Fields people write into: single texts.
FIELDS = ("problem_statement", "target_user", "desired_outcome", "hmw_statement")

#: The step they belong to.
DRAFTED = STEPS[0]

#: A choice of that step, and what may be chosen.
CHOICE, CHOICES = "altitude", ("specific", "balanced", "broad")

#: A list that people add to and take from, and its step.
LIST, LISTED = "stakeholders", "stakeholder-mapping"

#: The step that is started over: no other one is made from it, so none is closed by that.
RESTARTED = STEPS[-1]

#: Seconds until everything a person has said must be confirmed, once nothing is broken any more.
SETTLE = 60.0

#: Seconds in which a page must say that a link opens nothing, once nothing is broken any more.
REFUSED_WITHIN = 20.0

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
    #: A number from 0 to 1, for what is to be chosen when it comes to it.
    dice: float = 0.0


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
            rng.random(),
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
        #: What the person knows of fields, by step and field.
        self._known: dict[tuple[str, str], Any] = {}
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
        self._open(self._step)
        self.tab.watch(1)

    def _open(self, step: str) -> None:
        self._history.visited.add(self._place(step))
        self.tab.open(self._port, step)

    def carry_out(self, operation: Operation) -> None:
        """Do one thing, and think; with a link that was replaced meanwhile, one last thing."""
        getattr(self, "_" + operation.kind.replace(" ", "_"))(operation)
        self.tab.watch(operation.think)
        self._deliver_edits()
        self._renew()

    def _renew(self) -> None:
        """Open the team's new link where theirs was replaced; what was not confirmed stays behind."""
        if self.tab.link != self._world.link(self._team):
            self._close()
            self._open(self._step)

    def _close(self) -> None:
        """Close the tab, with all that nobody has confirmed."""
        self.tab.close()
        for outbox in self.tab.outboxes.values():
            for each in outbox:
                self._history.sent[each["id"]].abandoned = True
        self._deliver_edits(last=True)
        self.tab = self._new_tab()

    def settle(self) -> bool:
        """Stay until everything is confirmed, when nothing is broken; return whether it was."""
        end = time.monotonic() + SETTLE
        self._renew()
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
        self._open(step)
        return self.tab.watch(patience, until=lambda: self.tab.page.finished_runs > 0)

    def visit_all(self) -> None:
        """Open every step of the team that somebody has been in."""
        for step in self._visited():
            self.visit(step)

    def look_at_all(self) -> None:
        """Note what every step that somebody has been in shows to the last."""
        for step in self._visited():
            self.look(step)

    def _visited(self) -> list[str]:
        return [step for step in STEPS if self._place(step) in self._history.visited]

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
        sent = Sent(
            new_id(),
            self._place(),
            self.name,
            self._tabs,
            text,
            sent_at=time.monotonic(),
            link=self.tab.link,
        )
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
        self._close()
        time.sleep(operation.think / 2)
        self._open(self._step)

    def _go(self, operation: Operation) -> None:
        if operation.step != self._step:
            self._history.tried()
            self._go_to(operation.step)

    def _go_to(self, step: str) -> None:
        self._step = step
        self._history.visited.add(self._place())
        self.tab.go(step)

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
        text = f"{' '.join(operation.text.split())} [{self.name} {self._said + 1}]"
        self._type(DRAFTED, operation.field, text)

    def _choose(self, operation: Operation) -> None:
        self._type(DRAFTED, CHOICE, CHOICES[int(operation.dice * len(CHOICES))])

    def _list(self, operation: Operation) -> None:
        """Add an entry to a list, or take one out of it."""
        entries = self._known.get((LISTED, LIST)) or []
        if len(entries) > 3 and operation.dice < 0.4:
            at = int(operation.dice / 0.4 * len(entries))
            left = [*entries[:at], *entries[at + 1 :]]
            self._type(LISTED, LIST, left, removed=str(entries[at].get("name")))
        else:
            name = f"Crew {self.name} {self._said + 1}"
            at = int(operation.dice * (len(entries) + 1))
            entry = {"name": name, "category": "core"}
            self._type(LISTED, LIST, [*entries[:at], entry, *entries[at:]], added=name)

    def _type(self, step: str, field: str, value: Any, **entry: str) -> None:
        self._said += 1
        self._history.tried()
        self._history.visited.add(self._place(step))
        edit = Edit(
            self._place(step),
            self.name,
            self._writer,
            field,
            value,
            self._known.get((step, field)),
            self._said,
            time.monotonic(),
            link=self.tab.link,
            **entry,
        )
        self._known[step, field] = value
        self._history.edits.append(edit)
        self._edits.append(edit)
        self._deliver_edits()

    def _settle(self, operation: Operation) -> None:
        """Use or discard what is kept beside the draft of a step, where the page offers it."""
        if self._step not in (DRAFTED, LISTED):
            self._go_to(DRAFTED if operation.dice < 0.5 else LISTED)
        self.tab.watch(3, until=lambda: self.tab.page.finished_runs > 0)
        how = "use/" if operation.dice < 0.3 else "discard/"
        key = next((each for each in self.tab.page.buttons if each.startswith(how)), None)
        if key is None:
            return
        _, field, writer, revision = key.split("/")
        try:
            asides = self._world.asides(self._place())
        except StoreError:
            return
        seen = [
            str(each.value)
            for each in asides
            if (each.field, each.writer, str(each.revision)) == (field, writer, revision)
        ]
        self._press(key)
        self._history.settled.append(
            Settled(self._place(), field, writer, tuple(seen), time.monotonic())
        )

    def _start_over(self, operation: Operation) -> None:
        self._at_history("reset")
        if self.tab.watch(5, until=lambda: "reopen" in self.tab.page.buttons):
            self._press("reopen")

    def _undo(self, operation: Operation) -> None:
        self._at_history("undo")

    def _at_history(self, key: str) -> None:
        """Press a button of the step that is started over."""
        if self._step != RESTARTED:
            self._go_to(RESTARTED)
        self.tab.watch(5, until=lambda: key in self.tab.page.buttons)
        self._press(key)

    def _replace_link(self, operation: Operation) -> None:
        """Have the facilitator replace the link: all the team's tabs have lost their right then."""
        self._history.tried()
        self._world.replace_link(self._team)

    def _revoke_link(self, operation: Operation) -> None:
        """Have the facilitator revoke the link, and write with it; then hand out another."""
        self._history.tried()
        self._world.revoke_link(self._team)
        self._say(operation)
        self._edit(operation)
        self.tab.watch(operation.think, until=self._is_refused)
        self._world.replace_link(self._team)

    def _is_refused(self) -> bool:
        """Whether the page says that this tab's link opens nothing."""
        return any(NO_TEAM in each for each in self.tab.page.complaints)

    def try_old_links(self) -> None:
        """Try every link that opened the team once."""
        for link in self._world.old_links(self._team):
            self._try_link(link)

    def _try_link(self, link: str) -> None:
        """Open a link that was replaced or revoked, and write with it, when nothing is broken."""
        self.tab.close()
        self._step = STEPS[0]
        self.tab = self._new_tab(link)
        self._open(self._step)
        self.tab.watch(REFUSED_WITHIN, until=lambda: bool(self.tab.page.box) or self._is_refused())
        page = self.tab.page
        self._history.tried_links[link] = Tried(
            self._place(), self._is_refused(), bool(page.box or page.bubbles)
        )
        self._say(Operation("say", "Too late", "", "", 0.0))
        self.tab.deliver(self._step)
        self._close()

    def _deliver_edits(self, *, last: bool = False) -> None:
        """Send edits that are not known to be stored, oldest first; where one fails, no further."""
        while self._edits and self._deliver_edit(self._edits[0]):
            self._edits.pop(0)
        if last:
            for edit in reversed(self._edits):
                edit.abandoned = True
                # The next tab's form begins with what is stored, not with what this one held.
                self._known[edit.place[1], edit.field] = edit.was
            self._edits.clear()

    def _deliver_edit(self, edit: Edit) -> bool:
        said = {"field": edit.field, "value": edit.value, "was": edit.was}
        body = {
            "link": edit.link,
            "step": edit.place[1],
            "member": self.name,
            "edits": [{**said, "writer": edit.writer, "revision": edit.revision, "epoch": 0}],
        }
        answer = self.tab.post("/throughline/typed", body)
        edit.answers.append((time.monotonic(), self.server, answer))
        if not isinstance(answer, dict):
            return False
        if (known := answer.get("behind", {}).get(edit.field)) is not None:
            # As the form does: it is newer than what the server knows of this tab.
            self._said = edit.revision = max(self._said, known + 1)
        if not answer.get("stored"):
            return False
        edit.acknowledged_at = time.monotonic()
        edit.aside = edit.field in answer.get("aside", ())
        for name, value in answer.get("fields", {}).items():
            self._known[edit.place[1], name] = value
        return True

    # Watching

    @property
    def _port(self) -> int:
        return self._world.servers[self.server].port

    def _place(self, step: str = "") -> Place:
        return self._team.name, step or self._step

    def _new_tab(self, link: str = "") -> Tab:
        self._tabs += 1
        self._writer = new_id()
        link = link or self._world.link(self._team)
        return Tab(link, self.name, drawn=self._drawn, confirmed=self._confirmed)

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
