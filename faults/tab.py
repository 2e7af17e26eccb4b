"""
A browser tab without a browser: it follows a step's page and speaks as the page's own parts do.

One thread owns a tab: what the server sent is read in `watch`, and what a browser does by itself
(sending again, looking for what is new, coming back after a cut) is done there too.
"""

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from streamlit.proto.NewSession_pb2 import NewSession

from faults.history import Bubble
from tests.wire import Wire, WireCut

#: Seconds until what was not confirmed is sent again, as in chat_box.js.
RESEND_EVERY = 3.0

#: Seconds between two tries to reach a server that is gone.
COME_BACK_EVERY = 0.5

#: Seconds a request by itself may take.
PATIENCE = 8.0

#: Seconds a look may take, and until a page that was asked for is asked for again, as in look.js.
LOOK_TAKES, LOOK_PATIENCE = 1.0, 10.0

_BOX, _LOOK = "throughline_chat_box", "throughline_look"
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


class Tab:
    """
    One tab of *member*, at the team whose link is *link*.

    *drawn* is called with the bubbles of the page whenever it was drawn anew, *confirmed* with the
    id of each message the page says is stored.
    """

    def __init__(
        self,
        link: str,
        member: str,
        *,
        drawn: Callable[[str, list[Bubble]], None],
        confirmed: Callable[[str], None],
    ) -> None:
        self.step = ""
        #: Messages not confirmed yet by step, oldest first: what the browser keeps for each box.
        self.outboxes: dict[str, list[dict[str, str]]] = {}
        #: The step whose page the server draws; behind `step` for a moment after a move.
        self.shown = ""
        #: Buttons on the page: their widget ids by key.
        self.buttons: dict[str, str] = {}
        self.begun_runs = self.finished_runs = 0
        #: What the page said was wrong when it was drawn last.
        self.complaints: list[str] = []
        self._link, self._member = link, member
        self._drawn, self._confirmed = drawn, confirmed
        self._port = 0
        self._wire: Wire | None = None
        self._session = ""
        self._states: dict[str, str] = {}
        self._box = ""
        self._hashes: dict[str, str] = {}
        self._page: dict[tuple[int, ...], list[Bubble]] = {}
        self._touched: set[tuple[int, ...]] = set()
        self._buttons: dict[str, str] = {}
        self._beat: tuple[float, str] | None = None
        #: What the page's look was given when it was drawn last; None where the page does not look.
        self._looking: dict[str, Any] | None = None
        self._asking: http.client.HTTPConnection | None = None
        self._next_beat = self._next_send = self._next_try = self._next_look = 0.0

    # What a person does

    def open(self, port: int, step: str) -> None:
        """Open the page of *step* at the server on *port*, in a new connection."""
        self._drop()
        self._port, self._session = port, ""
        self._enter(step)
        self._connect()

    def move(self, port: int) -> None:
        """Go on at another server, as behind a balancer: the tab stays, its connection is new."""
        self._drop()
        self._port = port
        self._connect()

    def go(self, step: str) -> None:
        """Open another step's page by a click; what is not confirmed is delivered meanwhile."""
        left = self.step
        self._enter(step)
        self._rerun()
        self.deliver(left)

    def say(self, id_: str, text: str) -> None:
        """Send a message from the box."""
        self.outboxes.setdefault(self.step, []).append({"id": id_, "text": text})
        self._push()

    def rerun(self) -> None:
        """Have the page drawn anew, as anything done on it does."""
        self._rerun()

    def press(self, key: str) -> bool:
        """Press a button of the page; return whether it is there."""
        if key not in self.buttons:
            return False
        self._rerun(pressed=self.buttons[key])
        return True

    def deliver(self, step: str) -> bool:
        """Deliver what the box of *step* holds, as when its page is left; return whether it was."""
        outbox = self.outboxes.get(step, [])
        if not outbox:
            return True
        body = {"link": self._link, "step": step, "member": self._member, "outbox": outbox}
        if self.post("/throughline/outbox", body) is None:
            return False
        for each in list(outbox):
            self._confirmed(each["id"])
        # The browser is not told what becomes of a beacon: the box keeps it and sends it again.
        return True

    def close(self) -> None:
        """Close the tab: every box delivers what it holds, and is gone."""
        self._drop()
        for step in list(self.outboxes):
            self.deliver(step)
        self._enter("")

    def post(self, path: str, body: Any) -> Any:
        """Return the answer to a request of the page's own ("" for an empty one); None for none."""
        request = urllib.request.Request(
            f"http://localhost:{self._port}{path}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return json.loads(text) if text else ""
        except (OSError, ValueError, urllib.error.HTTPError):
            return None

    # What the browser does

    def watch(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Follow the page for so long, or until something holds; return whether it does."""
        end = time.monotonic() + seconds
        while not until():
            left = end - time.monotonic()
            if left <= 0:
                return False
            try:
                self._once(min(left, 0.1))
            except WireCut:
                self._drop()
        return True

    def _once(self, patience: float) -> None:
        if self._wire is None:
            self._come_back(patience)
            return
        now = time.monotonic()
        if self.outboxes.get(self.step) and now >= self._next_send:
            self._push()
        if self._beat is not None and now >= self._next_beat:
            self._next_beat = now + self._beat[0]
            self._rerun(fragment=self._beat[1])
        if self._looking is not None and now >= self._next_look:
            self._look(self._looking)
        # Sending may have found the connection cut.
        answer = self._wire.receive(timeout=patience) if self._wire is not None else None
        if answer is not None:
            self._take(answer)

    def _look(self, shown: dict[str, Any]) -> None:
        """Ask whether the page shows what there is, and for the page where it does not."""
        self._next_look = time.monotonic() + shown["every"]
        said = self._ask("/throughline/look", {"link": shown["link"], "step": shown["step"]})
        if said is None:
            return
        is_other = said.get("seen") not in (None, shown["seen"])
        if is_other or "late" not in said or said["late"] != shown["late"]:
            self._next_look = time.monotonic() + LOOK_PATIENCE
            self._rerun()

    def _ask(self, path: str, body: Any) -> Any:
        """Return the answer on a connection that is kept, as a browser does; None for none."""
        try:
            if self._asking is None:
                self._asking = http.client.HTTPConnection(
                    "localhost", self._port, timeout=LOOK_TAKES
                )
            self._asking.request("POST", path, json.dumps(body))
            answer = self._asking.getresponse()
            text = answer.read()
            return (
                json.loads(text) if answer.status == 200 else {} if answer.status == 404 else None
            )
        except (OSError, ValueError, http.client.HTTPException):
            self._hang_up()
            return None

    def _hang_up(self) -> None:
        if self._asking is not None:
            self._asking.close()
        self._asking = None

    def _come_back(self, patience: float) -> None:
        if self._port and self.step and time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + COME_BACK_EVERY
            self._connect()
        else:
            time.sleep(patience)

    def _connect(self) -> None:
        try:
            self._wire = Wire(self._port, self._session)
        except WireCut:
            self._drop()
            return
        self._rerun()

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = None
        self._hang_up()

    def _enter(self, step: str) -> None:
        """Forget what belonged to the page that is left; its state goes with it."""
        self.step, self.shown = step, ""
        self._states.clear()
        self.buttons.clear()
        self._page.clear()
        self._box, self._beat, self._looking = "", None, None

    def _push(self) -> None:
        self._next_send = time.monotonic() + RESEND_EVERY
        if self._box:
            self._states[self._box] = json.dumps({"outbox": self.outboxes.get(self.step, [])})
            self._rerun()

    def _rerun(self, *, pressed: str = "", fragment: str = "") -> None:
        if self._wire is None:
            return
        message = BackMsg()
        run = message.rerun_script
        run.query_string = urlencode({"team": self._link, "member": self._member})
        # A browser knows pages by their hashes once the server has told them.
        run.page_script_hash = self._hashes.get(self.step, "")
        run.page_name = "" if run.page_script_hash else self.step
        run.fragment_id = fragment
        run.is_auto_rerun = bool(fragment)
        for id_, value in self._states.items():
            run.widget_states.widgets.add(id=id_, json_value=value)
        if pressed:
            run.widget_states.widgets.add(id=pressed, trigger_value=True)
        try:
            self._wire.send(message)
        except WireCut:
            self._drop()

    # What the server says

    def _take(self, answer: ForwardMsg) -> None:
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
            self._beat = (answer.auto_rerun.interval, answer.auto_rerun.fragment_id)
            self._next_beat = time.monotonic() + answer.auto_rerun.interval
        elif kind == "script_finished":
            self._finished(answer.script_finished)

    def _begun(self, run: NewSession) -> None:
        self._session = run.initialize.session_id or self._session
        self.begun_runs += 1
        self.shown = ""
        self._touched = set()
        self._buttons = {}
        self.complaints = []

    def _navigated(self, to: Navigation) -> None:
        self._hashes = {page.url_pathname: page.page_script_hash for page in to.app_pages}
        steps = {hash_: step for step, hash_ in self._hashes.items()}
        self.shown = steps.get(to.page_script_hash, "")

    def _draw(self, path: tuple[int, ...], delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type") if delta.HasField("new_element") else None
        self._touched.add(path)
        self._page.pop(path, None)
        if kind == "html" and 'class="bubble ' in element.html.body:
            self._page[path] = parsed(element.html.body)
            if self._page[path] and self._page[path][-1].growing:
                self._drawn(self.step, self._page[path])
        elif kind in ("exception", "alert"):
            self.complaints.append(str(getattr(element, kind))[:500])
        elif kind == "button":
            self._buttons[_key(element.button.id)] = element.button.id
        elif kind == "bidi_component":
            self._component_drawn(element.bidi_component)

    def _finished(self, how: int) -> None:
        if how != ForwardMsg.FINISHED_SUCCESSFULLY:
            return
        self.finished_runs += 1
        self.buttons = self._buttons
        self._page = {path: each for path, each in self._page.items() if path in self._touched}
        self._drawn(self.step, self.bubbles)

    @property
    def elements(self) -> int:
        """How many elements this run has drawn so far."""
        return len(self._touched)

    @property
    def bubbles(self) -> list[Bubble]:
        """The conversation as the page shows it."""
        return [bubble for path in sorted(self._page) for bubble in self._page[path]]

    def _component_drawn(self, component: BidiComponent) -> None:
        if component.component_name.endswith(_BOX):
            self._box_drawn(component.id, json.loads(component.json))
        elif component.component_name.endswith(_LOOK):
            shown: dict[str, Any] = json.loads(component.json)
            self._looking = shown
            self._next_look = time.monotonic() + shown["every"]

    def _box_drawn(self, id_: str, data: dict[str, Any]) -> None:
        step = data["delivery"]["step"]
        refused = {each["id"] for each in data["refused"]}
        settled = set(data["settled"])
        for each in settled - refused:
            self._confirmed(each)
        outbox = self.outboxes.get(step, [])
        self.outboxes[step] = [each for each in outbox if each["id"] not in settled]
        if step == self.step:
            self._box = id_


def _key(widget: str) -> str:
    """Return the key a widget was drawn with, from its id: `$$ID-<hash>-<key>`."""
    return unescape(widget).split("-", 2)[-1]
