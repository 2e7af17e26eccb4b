"""A guide that is chosen while the server runs: the script, or a model on this machine."""

import threading
from collections.abc import Callable, Iterator

from lib.guide.port import Guide, Proposal, Request
from lib.workshop.local_guide import LocalGuide


class Selected:
    """Asks the model that is *chosen* at the moment of a reply, else *scripted*."""

    def __init__(
        self,
        scripted: Guide,
        chosen: Callable[[], LocalGuide | None],
        make: Callable[[LocalGuide], Guide],
    ) -> None:
        """*chosen* is asked before each reply; *make* returns the guide of a model."""
        self._scripted = scripted
        self._chosen = chosen
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[LocalGuide, Guide] | None = None
        self.name = scripted.name

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield the reply of the guide that is chosen now. Raises GuideError."""
        local = self._chosen()
        guide = self._scripted if local is None else self._guide(local)
        yield from guide.reply(request)

    def _guide(self, local: LocalGuide) -> Guide:
        with self._lock:
            if self._made is None or self._made[0] != local:
                self._made = (local, self._make(local))
            return self._made[1]
