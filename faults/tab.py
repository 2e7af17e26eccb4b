"""
A browser tab without a browser: it follows a step's page and speaks as the page's own parts do.

One thread owns a tab: what the server sent is read in `watch`, and what a browser does by itself
(sending again, looking for what is new, coming back after a cut) is done there too.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg

from faults.history import Bubble
from faults.page import Due, Page
from tests.wire import Wire, WireCut

#: Seconds until what was not confirmed is sent again, as in chat_box.js.
RESEND_EVERY = 3.0

#: Seconds between two tries to reach a server that is gone.
COME_BACK_EVERY = 0.5

#: Seconds a request by itself may take.
PATIENCE = 8.0

#: Seconds a look may take, and until a page that was asked for is asked for again, as in look.js.
LOOK_TAKES, LOOK_PATIENCE = 1.0, 10.0


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
        #: What it shows.
        self.page = Page(drawn=drawn, boxed=self._box_drawn)
        #: Messages not confirmed yet by step, oldest first: what the browser keeps for each box.
        self.outboxes: dict[str, list[dict[str, str]]] = {}
        self.link, self._member = link, member
        self._confirmed = confirmed
        self._port = 0
        self._wire: Wire | None = None
        self._states: dict[str, str] = {}
        self._asking: http.client.HTTPConnection | None = None
        self._next_send = self._next_try = 0.0

    # What a person does

    def open(self, port: int, step: str) -> None:
        """Open the page of *step* at the server on *port*, in a new connection."""
        self._drop()
        self._port, self.page.session = port, ""
        self._enter(step)
        self._connect()

    def move(self, port: int) -> None:
        """Go on at another server, as behind a balancer: the tab stays, its connection is new."""
        self._drop()
        self._port = port
        self._connect()

    def go(self, step: str) -> None:
        """Open another step's page by a click; what is not confirmed is delivered meanwhile."""
        left = self.page.step
        self._enter(step)
        self._rerun()
        self.deliver(left)

    def say(self, id_: str, text: str) -> None:
        """Send a message from the box."""
        self.outboxes.setdefault(self.page.step, []).append({"id": id_, "text": text})
        self._push()

    def rerun(self) -> None:
        """Have the page drawn anew, as anything done on it does."""
        self._rerun()

    def press(self, key: str) -> bool:
        """Press a button of the page; return whether it is there."""
        if key not in self.page.buttons:
            return False
        self._rerun(pressed=self.page.buttons[key])
        return True

    def deliver(self, step: str) -> bool:
        """Deliver what the box of *step* holds, as when its page is left; return whether it was."""
        outbox = self.outboxes.get(step, [])
        if not outbox:
            return True
        body = {"link": self.link, "step": step, "member": self._member, "outbox": outbox}
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
        if self.outboxes.get(self.page.step) and now >= self._next_send:
            self._push()
        beat, look = self.page.beat, self.page.look
        if beat is not None and now >= beat.at:
            beat.at = now + beat.every
            self._rerun(fragment=beat.what)
        if look is not None and now >= look.at:
            self._look(look)
        # Sending may have found the connection cut.
        answer = self._wire.receive(timeout=patience) if self._wire is not None else None
        if answer is not None:
            self.page.take(answer)

    def _look(self, look: Due) -> None:
        """Ask whether the page shows what there is, and for the page where it does not."""
        shown = look.what
        look.at = time.monotonic() + look.every
        said = self._ask("/throughline/look", {"link": shown["link"], "step": shown["step"]})
        if said is None:
            return
        is_other = said.get("seen") not in (None, shown["seen"])
        if is_other or "late" not in said or said["late"] != shown["late"]:
            look.at = time.monotonic() + LOOK_PATIENCE
            self._rerun(looked=True)

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
        if self._port and self.page.step and time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + COME_BACK_EVERY
            self._connect()
        else:
            time.sleep(patience)

    def _connect(self) -> None:
        try:
            self._wire = Wire(self._port, self.page.session)
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
        """Go to another page; the state of the one that is left goes with it."""
        self._states.clear()
        self.page.enter(step)

    def _push(self) -> None:
        self._next_send = time.monotonic() + RESEND_EVERY
        if self.page.box:
            self._states[self.page.box] = json.dumps(
                {"outbox": self.outboxes.get(self.page.step, [])}
            )
            self._rerun()

    def _rerun(self, *, pressed: str = "", fragment: str = "", looked: bool = False) -> None:
        if self._wire is None:
            return
        message = BackMsg()
        run = message.rerun_script
        run.query_string = urlencode({"team": self.link, "member": self._member})
        # A browser knows pages by their hashes once the server has told them.
        run.page_script_hash = self.page.hashes.get(self.page.step, "")
        run.page_name = "" if run.page_script_hash else self.page.step
        run.fragment_id = fragment
        run.is_auto_rerun = bool(fragment)
        for id_, value in self._states.items():
            run.widget_states.widgets.add(id=id_, json_value=value)
        if pressed:
            run.widget_states.widgets.add(id=pressed, trigger_value=True)
        if looked:
            events = json.dumps([{"event": "look", "value": time.time()}])
            run.widget_states.widgets.add(id=self.page.looker, json_trigger_value=events)
        try:
            self._wire.send(message)
        except WireCut:
            self._drop()

    def _box_drawn(self, data: dict[str, Any]) -> None:
        step = data["delivery"]["step"]
        refused = {each["id"] for each in data["refused"]}
        settled = set(data["settled"])
        for each in settled - refused:
            self._confirmed(each)
        outbox = self.outboxes.get(step, [])
        self.outboxes[step] = [each for each in outbox if each["id"] not in settled]
