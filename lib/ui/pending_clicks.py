"""
Button presses of a tab that are not handled yet; independent of pages and clocks.

Each run of a tab's script has its own thread, and a cancelled run overlaps briefly with the next. A run
handles presses from before it began and those it received itself; later ones are left to the next run.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lib.workshop.clock import Clock
from lib.workshop.ids import new_id

#: Seconds after something was made in which a press with the same content is the second of a double
#: click: at most 0.5 s lie between the two, and the second waits until the first is carried out.
DOUBLE = 2.0

#: Seconds in which a press with the same content tries once more what failed.
AGAIN = 600.0

#: The key of a button, and the page it is on.
Press = tuple[str, str]

#: Presses a run is to carry out, each with a number of its own.
Known = dict[Press, int]


@dataclass(frozen=True)
class _Made:
    """What a press made or was to make, from what, and until when another one means the same."""

    id: str
    content: tuple[object, ...]
    until: float


class Presses:
    """The presses of one tab."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._open: Known = {}
        self._made: dict[str, _Made] = {}

    def known(self) -> Known:
        """Return what a run that begins now is to carry out."""
        return dict(self._open)

    def note(self, press: Press, run: Known) -> None:
        """Note a press that *run* received."""
        self._open[press] = run[press] = next(self._numbers)

    def take(self, press: Press, run: Known) -> bool:
        """Take a press that *run* is to carry out; return whether there was one nobody has taken."""
        mine = run.pop(press, None)
        if mine is None or self._open.get(press) != mine:
            return False
        del self._open[press]
        return True

    def forget(self, run: Known) -> None:
        """Forget presses for which *run* drew no button."""
        for press in list(run):
            self.take(press, run)

    @contextmanager
    def once(self, key: str, *content: object) -> Iterator[str]:
        """
        Give the id under which a press of the button *key* makes something from *content*.

        The second press of a double click is given the same, and so is one after a failure: nobody can
        say then whether it was stored after all. What is made under the same id is made once.
        """
        last, now = self._made.get(key), self._clock()
        id_ = last.id if last and last.content == content and now < last.until else new_id()
        self._made[key] = _Made(id_, content, now + AGAIN)
        yield id_
        self._made[key] = _Made(id_, content, self._clock() + DOUBLE)
