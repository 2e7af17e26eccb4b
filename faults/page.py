"""
What a page shows: put together from what a server sends, as a browser does.

It knows nothing of connections; `faults.tab` hands it every answer.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from streamlit.proto.NewSession_pb2 import NewSession

from faults.history import Bubble

_BOX, _LOOK = "throughline_chat_box", "throughline_polling"
_BUBBLE = re.compile(
    r'<div class="bubble (user|assistant)([^"]*)"[^>]*><p class="author">(.*?)</p>'
    r'<div class="said">(.*?)</div></div>(?=<div class="bubble |$)',
    re.DOTALL,
)
#: What stands around a conversation that is not growing.
_TALK = re.compile(r'<div class="talk"[^>]*>(.*)</div>', re.DOTALL)


def parsed(html: str) -> list[Bubble]:
    """Return the bubbles of one element of a page."""
    text = html.strip()
    inner = whole[1] if (whole := _TALK.fullmatch(text)) else text
    return [Bubble(role, said, "growing" in kind) for role, kind, _, said in _BUBBLE.findall(inner)]


@dataclass
class Due:
    """What a page does by itself, every so many seconds, and when next."""

    every: float
    what: Any
    at: float


def due(every: float, what: Any) -> Due:
    """Return what is to be done every so many seconds from now on."""
    return Due(every, what, time.monotonic() + every)


class Page:
    """
    The page of one step after the other, in one tab.

    *drawn* is called with a step and its bubbles whenever they were drawn anew, *boxed* with what the box
    for messages was given.
    """

    def __init__(
        self,
        *,
        drawn: Callable[[str, list[Bubble]], None],
        boxed: Callable[[dict[str, Any]], None],
    ) -> None:
        self._drawn, self._boxed = drawn, boxed
        #: The step whose page is wanted.
        self.step = ""
        #: The step whose page the server draws; behind `step` for a moment after a move.
        self.shown = ""
        #: The server's name for this tab; it knows the tab again by it.
        self.session = ""
        #: The server's names for pages.
        self.hashes: dict[str, str] = {}
        #: Buttons on the page: their widget ids by key.
        self.buttons: dict[str, str] = {}
        #: The widget id of the box for messages; empty where there is none.
        self.box = ""
        #: A fragment that draws itself anew; what the page's look was given. None where there is none.
        self.beat: Due | None = None
        self.look: Due | None = None
        #: The widget id under which the look asks for the page.
        self.looker = ""
        self.begun_runs = self.finished_runs = 0
        #: What the page said was wrong when it was drawn last.
        self.complaints: list[str] = []
        self._bubbles: dict[tuple[int, ...], list[Bubble]] = {}
        self._touched: set[tuple[int, ...]] = set()
        self._buttons: dict[str, str] = {}

    @property
    def elements(self) -> int:
        """How many elements this run has drawn so far."""
        return len(self._touched)

    @property
    def bubbles(self) -> list[Bubble]:
        """The conversation as the page shows it."""
        return [bubble for path in sorted(self._bubbles) for bubble in self._bubbles[path]]

    def enter(self, step: str) -> None:
        """Want another step's page, and forget what belonged to the one that is left."""
        self.step, self.shown = step, ""
        self.buttons.clear()
        self._bubbles.clear()
        self.box, self.beat, self.look = "", None, None

    def take(self, answer: ForwardMsg) -> None:
        """Take in what the server sent."""
        kind = answer.WhichOneof("type")
        if kind == "new_session":
            self._begun(answer.new_session)
        elif kind == "navigation":
            self._navigated(answer.navigation)
        elif self.shown != self.step:
            # What still comes of the page that was left.
            return
        elif kind == "delta":
            self._draw(tuple(answer.metadata.delta_path), answer.delta)
        elif kind == "auto_rerun":
            self.beat = due(answer.auto_rerun.interval, answer.auto_rerun.fragment_id)
        elif kind == "script_finished":
            self._finished(answer.script_finished)

    def _begun(self, run: NewSession) -> None:
        self.session = run.initialize.session_id or self.session
        self.begun_runs += 1
        self.shown = ""
        self._touched = set()
        self._buttons = {}
        self.complaints = []

    def _navigated(self, to: Navigation) -> None:
        self.hashes = {page.url_pathname: page.page_script_hash for page in to.app_pages}
        steps = {hash_: step for step, hash_ in self.hashes.items()}
        self.shown = steps.get(to.page_script_hash, "")

    def _draw(self, path: tuple[int, ...], delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type") if delta.HasField("new_element") else None
        self._touched.add(path)
        self._bubbles.pop(path, None)
        if kind == "html" and 'class="bubble ' in element.html.body:
            self._bubbles[path] = parsed(element.html.body)
            if self._bubbles[path] and self._bubbles[path][-1].growing:
                self._drawn(self.step, self._bubbles[path])
        elif kind in ("exception", "alert"):
            said = getattr(element, kind)
            self.complaints.append(said.body if kind == "alert" else str(said)[:500])
        elif kind == "button":
            self._buttons[_key(element.button.id)] = element.button.id
        elif kind == "bidi_component":
            self._component_drawn(element.bidi_component)

    def _finished(self, how: int) -> None:
        if how != ForwardMsg.FINISHED_SUCCESSFULLY:
            return
        self.finished_runs += 1
        self.buttons = self._buttons
        self._bubbles = {
            path: each for path, each in self._bubbles.items() if path in self._touched
        }
        self._drawn(self.step, self.bubbles)

    def _component_drawn(self, component: BidiComponent) -> None:
        if component.component_name.endswith(_BOX):
            self.box = component.id
            self._boxed(json.loads(component.bytes))
        elif component.component_name.endswith(_LOOK):
            shown: dict[str, Any] = json.loads(component.bytes)
            self.look = due(shown["every"], shown)
            self.looker = f"$$STREAMLIT_INTERNAL_KEY_{component.id}__events"


def _key(widget: str) -> str:
    """Return the key a widget was drawn with, from its id: `$$ID-<hash>-<key>`."""
    return unescape(widget).split("-", 2)[-1]
