"""
The scripted guide: offline, without a key, the same answer to the same request every time.

It leads through each step with questions of its own, puts what the team says into the draft,
carries earlier artifacts forward, and never makes up a quote, a name or a number.
"""

import re
import time
from collections.abc import Callable, Iterator
from itertools import takewhile

from lib.guide.port import Proposal, Request
from lib.guide.scripted.anew import drafted
from lib.guide.scripted.arc import play
from lib.guide.scripted.reading import MOST_READ
from lib.guide.scripted.scene import Scene, seen
from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import bound, normalised
from lib.workshop.records import Fields
from lib.workshop.transcript import Role

#: Entries from which on a list's limit is there for the memory, and not for the method.
_LONG = 20

_CHUNK = re.compile(r"\s*\S{1,24}|\s+")


#: Seconds between two chunks of a reply, so that it is read as it is written.
PACE = 0.03


class ScriptedGuide:
    """A guide that follows a script; it keeps nothing between two calls."""

    name = "Guide"

    def __init__(self, pace: float = PACE, sleep: Callable[[float], None] = time.sleep) -> None:
        """*pace* is the time between two chunks of a reply, in seconds; 0 writes at once."""
        self._pace = pace
        self._sleep = sleep

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield the reply a word or so at a time, then the proposal. Never raises GuideError."""
        text, proposal = drafted(request) if request.is_redraft else _answer(request)
        for chunk in _CHUNK.findall(text):
            if self._pace > 0:
                self._sleep(self._pace)
            yield chunk
        yield proposal


def _answer(request: Request) -> tuple[str, Proposal]:
    script = SCRIPTS[request.step]
    scene = seen(request, script)
    reply = play(scene, script)
    fields = normalised(request.step, reply.fields)
    limits = [_unread(request, scene), _full(request, scene, fields)]
    return "\n\n".join(filter(None, [*limits, reply.text])), Proposal(
        fields, reply.phase, reply.suggestions, reply.read_back
    )


def _full(request: Request, scene: Scene, fields: Fields) -> str:
    """Return what is said where a list has reached its limit just now; else nothing."""
    full = [
        scene.text(f"field.{request.step}.{name}")
        for name, info in MODELS[request.step].model_fields.items()
        if (most := bound(info, "max_length") or 0) >= _LONG
        and len(fields.get(name) or []) >= most > len(request.draft.get(name) or [])
    ]
    return "\n\n".join(scene.text("limits.full", field=title) for title in full)


def _unread(request: Request, scene: Scene) -> str:
    """Return what is said where a message was too long to be read whole; else nothing."""
    latest = takewhile(lambda each: each.role is Role.USER, reversed(request.transcript))
    if all(len(each.text) <= MOST_READ for each in latest):
        return ""
    return scene.text("limits.unread", thousands=MOST_READ // 1_000)
