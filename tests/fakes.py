"""Light working twins for tests: a guide that says what it is told to, a step to work in."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lib.guide.port import Proposal, Request
from lib.store.port import Store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Fields, StepKey, Team, Workshop
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, Role

#: Seconds a test waits for what a thread does.
PATIENCE = 60.0


class FakeGuide:
    """
    Answers with queued chunks, records what it was asked, and waits where a test holds it.

    A queued exception is raised in its turn; with nothing queued it says "Well." and proposes what
    it was given.
    """

    name = "Guide"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.queue: list[list[str | Proposal | Exception]] = []
        self.gate = threading.Event()
        self.gate.set()
        #: How many replies nobody asks any more of.
        self.closed = 0

    def hold(self) -> None:
        """Say the first chunk of the next reply, then wait for `go_on`."""
        self.gate.clear()

    def go_on(self) -> None:
        """Let a held reply go on."""
        self.gate.set()

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield what is next in the queue."""
        self.requests.append(request)
        pieces = self.queue.pop(0) if self.queue else ["Well", ".", proposal(request.draft)]
        try:
            for place, piece in enumerate(pieces):
                if place:
                    assert self.gate.wait(PATIENCE)
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


def proposal(fields: Fields, phase: Phase = Phase.GATHER) -> Proposal:
    """Return what a guide proposes last."""
    return Proposal(fields, phase)


def new_step(store: Store, step: str = "challenge") -> StepKey:
    """Start a workshop with one team in *store*; return the key of one of its steps."""
    workshop = Workshop(new_id(), "Newcomers", "Half of them leave.", datetime.now(UTC))
    team = Team(workshop.id, new_id(), "Ladder crew", new_link(), 1)
    store.create_workshop(workshop, [team])
    return team.step_key(step)


def question(text: str) -> Message:
    """Return a message somebody sends."""
    return Message(new_id(), Role.USER, "Ada", text, datetime.now(UTC))


def placed(text: str, position: int, **fields: Any) -> Message:
    """Return a message that has its place in a transcript."""
    return replace(question(text), position=position, **fields)


def eventually(holds: Callable[[], bool], within: float = PATIENCE) -> bool:
    """Wait until *holds*; return whether it did in time."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
