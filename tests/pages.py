"""Pages under test: a store that is watched, a team with a history, a tab that shows a page."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from streamlit.testing.v1 import AppTest

from lib.guide.port import Guide
from lib.settings import Settings
from lib.store.errors import StoreUnavailable
from lib.store.port import Decision, Store
from lib.team import process
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop import steps
from lib.workshop.clock import Clock
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Fields, Team, Workshop
from lib.workshop.status import Event, Phase, decide
from tests import recorded_workshop
from tests.memory_store.store import MemoryStore
from tests.test_guide import walked

ROOT = Path(__file__).resolve().parent.parent

NOW = datetime.now(UTC)

#: Calls that change what is stored.
WRITES = frozenset({"create_workshop", "apply", "append", "save", "take_over", "interrupt"})


class WatchedStore:
    """A store in memory that may be away, and remembers what it was asked, in order."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.away = False
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.inner, name)

        def watched(*args: Any, **named: Any) -> Any:
            self.calls.append((name, args))
            if self.away and name != "close":
                raise StoreUnavailable("The database is away.")
            return method(*args, **named)

        return watched

    @property
    def written(self) -> list[str]:
        """The names of the calls that changed something."""
        return [name for name, _ in self.calls if name in WRITES]


def watching(store: Store) -> WatchedStore:
    """Return *store*, of whatever kind, as the helpers here take it."""
    found = WatchedStore()
    found.inner = store  # type: ignore[assignment]
    return found


@contextmanager
def running(
    store: WatchedStore,
    guide: Guide,
    clock: Clock = time.monotonic,
    settings: Settings | None = None,
) -> Iterator[Process]:
    """Put a process around *store* in place for the pages; end it afterwards."""
    assembled = process.assemble(settings or Settings(), store, guide, clock)  # type: ignore[arg-type]
    process.use(assembled)
    try:
        yield assembled
    finally:
        process.use(None)
        store.away = False
        assembled.close(within=2)


def new_team(store: WatchedStore, name: str = "Ladder crew") -> Team:
    """Start a workshop with one team."""
    workshop = Workshop(new_id(), "Newcomers", "Half of them leave.", NOW)
    team = Team(workshop.id, new_id(), name, new_link(), 1)
    store.inner.create_workshop(workshop, [team])
    return team


def bring_to(store: WatchedStore, team: Team, step: str) -> None:
    """Confirm every step before *step* with what the recorded workshop came to."""
    for slug in steps.SLUGS[: steps.SLUGS.index(step)]:
        confirm(store, team, slug)


def confirm(store: WatchedStore, team: Team, step: str) -> None:
    """Confirm a step with what the recorded workshop came to."""
    draft(store, team, step)
    statuses = {slug: state.status for slug, state in store.inner.steps(team.key).items()}
    changes = decide(statuses, step, Event.CONFIRM)
    store.inner.apply(team.key, Decision(changes, "Ada", NOW, outcome(step)))


def draft(store: WatchedStore, team: Team, step: str, fields: Fields | None = None) -> None:
    """Store a draft as the guide would: the recorded workshop's, where none is given."""
    key = team.step_key(step)
    revision = store.inner.draft(key).revision + 1
    made = Draft(outcome(step) if fields is None else fields, Phase.COMPLETE, revision)
    store.inner.save(key, (), made)


def outcome(step: str) -> Fields:
    """Return what the recorded workshop came to in a step."""
    return walked(recorded_workshop)[step].draft


# A tab


def opened(page: str, claims: Mapping[str, Any] | None = None, **query: str) -> AppTest:
    """Open a page in a new tab, as somebody of whom a provider says these *claims*."""
    app = AppTest.from_file(str(ROOT / navigation.FRONT_DOOR), default_timeout=120)
    app.user = dict(claims or {})
    return moved(app, page, **query)


def moved(app: AppTest, page: str, **query: str) -> AppTest:
    """Go to another page in the same tab, by its address."""
    app.switch_page(page)
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    return drawn(app.run())


def opened_step(team: Team, step: str, member: str = "Ada") -> AppTest:
    """Open a team's step in a new tab."""
    return opened(navigation.STEP_PAGES[step], **navigation.query(team.link, member))


def drawn(app: AppTest) -> AppTest:
    """Return *app*, where its last run raised nothing."""
    assert not app.exception, app.exception[0].value

    return app


def links(app: AppTest) -> dict[str, tuple[str, dict[str, str]]]:
    """Return where each link on the page leads, by its label: a page, and the query with it."""
    return {
        link.proto.label: (link.proto.page, dict(parse_qsl(link.proto.query_string)))
        for link in app.page_link
        if not link.proto.disabled
    }


def heading(app: AppTest) -> str:
    """Return what the page is about."""
    return str((*app.subheader, *app.title)[0].value)


@dataclass
class Bubble:
    """A message as a reader sees it: its name, its text, and the elements it is made of."""

    author: str = ""
    text: str = ""
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)


class Bubbles(HTMLParser):
    """Reads the messages out of a piece of the page's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Bubble] = []
        self._part = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if kind.startswith("bubble"):
            self.found.append(Bubble())
        elif kind in ("author", "said"):
            self._part = kind
        elif tag == "br":
            self.found[-1].text += "\n"
        elif self.found:
            self.found[-1].elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self._part == "author":
            self.found[-1].author += data
            self._part = ""
        elif self._part == "said":
            self.found[-1].text += data.replace("\xa0", " ")


def bubbles(app: AppTest) -> list[Bubble]:
    """Return the messages on the page, in order."""
    pieces = [each.value for each in app.get("html")]
    return [
        bubble for piece in pieces if 'class="bubble' in piece for bubble in Bubbles(piece).found
    ]


def conversation(app: AppTest) -> list[str]:
    """Return what the messages on the page say, in order."""
    return [bubble.text.strip() for bubble in bubbles(app)]


def keys(app: AppTest) -> list[str]:
    """Return the keys of all buttons."""
    return [str(each.key) for each in app.button]


def box(app: AppTest) -> dict[str, Any] | None:
    """Return what the page has told the chat box; None where there is no box."""
    found = [
        each
        for each in app.get("bidi_component")
        if each.proto.component_name.endswith("throughline_chat_box")
    ]
    return json.loads(found[0].proto.bytes) if found else None


def send(app: AppTest, team: Team, step: str, *entries: Any) -> AppTest:
    """Let the box of a step deliver *entries*, as the browser repeats them with every rerun."""
    app.session_state[f"chat-box/{team.id}/{step}"] = {"outbox": list(entries)}
    return drawn(app.run())


def _panels(app: AppTest) -> list[Any]:
    shown = app.get("bidi_component")
    return [e.proto for e in shown if e.proto.component_name.endswith("throughline_read_back")]


def panel(app: AppTest) -> dict[str, Any] | None:
    """Return what the page shows of what replies took; None where it shows nothing."""
    return next((json.loads(each.bytes) for each in _panels(app)), None)


def press_line(app: AppTest, item: str, how: str, **more: Any) -> AppTest:
    """Press something about the newest reply, as the browser repeats it with every rerun."""
    (proto,) = _panels(app)
    reply = json.loads(proto.bytes)["replies"][0]
    about = next(each for each in [*reply["items"], reply["all"]] if each["item"] == item)
    place = {"reply": reply["reply"], "position": reply["position"]}
    press = {"id": new_id(), "item": item, "revision": about["revision"], "how": how}
    app.session_state[proto.id[proto.id.index("read-back/") :]] = {
        "presses": [press | place | more]
    }
    return drawn(app.run())


def entry(text: str, id_: str = "") -> dict[str, str]:
    """Return a message as the box holds it until it knows that it is stored."""
    return {"id": id_ or new_id(), "text": text}
