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
from lib.guide.scripted import say
from lib.guide.scripted.anew import drafted
from lib.guide.scripted.arc import play
from lib.guide.scripted.reading import MOST_READ
from lib.guide.scripted.scene import seen
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
    reply = play(seen(request, script), script)
    fields = normalised(request.step, reply.fields)
    text = f"{_unread(request)}{_full(request, fields)}{reply.text}"
    return text, Proposal(fields, reply.phase, reply.suggestions)


def _full(request: Request, fields: Fields) -> str:
    """Return what is said where a list has reached its limit just now; else nothing."""
    full = [
        info.title
        for name, info in MODELS[request.step].model_fields.items()
        if (most := bound(info, "max_length") or 0) >= _LONG
        and len(fields.get(name) or []) >= most > len(request.draft.get(name) or [])
    ]
    if not full:
        return ""
    return (
        f"{say.named(list(filter(None, full)), 3)} is full. What did not fit is kept in your "
        "message: merge or remove entries to make room for it.\n\n"
    )


def _unread(request: Request) -> str:
    """Return what is said where a message was too long to be read whole; else nothing."""
    latest = takewhile(lambda each: each.role is Role.USER, reversed(request.transcript))
    if all(len(each.text) <= MOST_READ for each in latest):
        return ""
    return (
        f"Your message is long: I read its first {MOST_READ:,} characters. All of it is kept in the "
        "conversation. Send the rest in parts if I should work with it.\n\n"
    )
