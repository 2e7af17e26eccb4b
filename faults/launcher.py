"""
The app's server as `streamlit run` starts it, watched; with a protection switched off where asked.

    python -m faults.launcher streamlit_app.py --server.port=8501 ...

What the scripted guide is about to say is written to the file STREAMED before its first word. One
of OFF's protections may be taken away: only here, to show that the checker notices.
"""

import functools
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lib.guide import choice, scripted
from lib.guide.port import Proposal, Request
from lib.guide.scripted import ScriptedGuide
from lib.store.sql import store, transcripts
from lib.team import process
from lib.team.replies import Replies
from lib.workshop.records import StepKey
from lib.workshop.transcript import Message

#: Environment: seconds between two chunks of a reply; the file to write to; the name of the
#: protection to take away.
PACE = "FAULTS_PACE"
STREAMED = "FAULTS_STREAMED"
OFF = "FAULTS_OFF"

_lock = threading.Lock()


def main() -> None:
    pace = float(os.environ.get(PACE, scripted.PACE))
    choice.guide_for = functools.partial(choice.guide_for, pace=pace)  # type: ignore[assignment]
    _watch_guide(os.environ.get(STREAMED, os.devnull))
    OFFS[os.environ.get(OFF, "")]()
    # Late: Streamlit reads the command line when it is imported.
    from streamlit.web import cli

    sys.argv = ["streamlit", *sys.argv[1:]]
    cli.main()


def _watch_guide(file: str) -> None:
    """Have every reply's whole text noted before it is streamed."""
    speak = ScriptedGuide.reply

    def reply(guide: ScriptedGuide, request: Request) -> Iterator[str | Proposal]:
        pieces = list(speak(ScriptedGuide(pace=0), request))
        said = "".join(each for each in pieces if isinstance(each, str))
        proposed = next(each for each in pieces if isinstance(each, Proposal))
        line = {
            "step": [request.team, request.step],
            "turn": request.transcript[-1].id if request.transcript else "",
            "text": said,
            "knew": dict(request.draft),
            "proposed": proposed.draft,
        }
        # One write, so that lines of two processes never mix; no flush to disk is needed, a
        # killed process leaves what it has written.
        with _lock, open(file, "ab", buffering=0) as out:  # noqa: PTH123
            out.write(json.dumps(line).encode() + b"\n")
        yield from speak(guide, request)

    ScriptedGuide.reply = reply  # type: ignore[method-assign]


# Protections taken away


def _nothing() -> None:
    """Everything is as it ships."""


def _no_revision_guard() -> None:
    """
    What is saved last wins, whatever its revision, and no writer looks whether it was overtaken.

    Leases are short, so that it matters.
    """
    Replies._is_superseded = lambda self, key, reply: False  # type: ignore[method-assign]  # noqa: SLF001
    begin = transcripts.Transcripts.__init__

    def without(self: Any, door: Any, *, lease: float) -> None:
        begin(self, door, lease=min(lease, 1.0))
        changing = ("text", "status", "revision", "updated_at", "lease_until")
        add = transcripts.upsert(door, transcripts.messages)
        self._upsert_messages = self._stamped(
            add.on_conflict_do_update(
                index_elements=[transcripts.messages.c.workshop_id, transcripts.messages.c.id],
                set_={name: getattr(add.excluded, name) for name in changing},
            )
        )
        self._plain = None if door.is_sqlite else self._compiled(self._upsert_messages)

    transcripts.Transcripts.__init__ = without  # type: ignore[method-assign]


def _no_lease() -> None:
    """The right to write a reply never runs out, whoever has died."""
    begin = store.SqlStore.__init__

    def without(self: Any, door: Any, *, lease: float) -> None:
        begin(self, door, lease=lease + 1_000_000)

    store.SqlStore.__init__ = without  # type: ignore[method-assign]


def _no_flush() -> None:
    """A question is confirmed and answered before it is stored; nothing is saved at an end."""
    append = transcripts.Transcripts.append

    def later(
        self: Any, key: StepKey, given: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        if given:
            threading.Timer(2.0, lambda: append(self, key, given, reply=reply)).start()
            return []
        return append(self, key, given, reply=reply)

    transcripts.Transcripts.append = later  # type: ignore[method-assign]
    process.Process.close = lambda self, within=0.0: True  # type: ignore[method-assign,misc]


OFFS: Mapping[str, Callable[[], None]] = {
    "": _nothing,
    "revisions": _no_revision_guard,
    "leases": _no_lease,
    "flush": _no_flush,
}

if __name__ == "__main__":
    main()
