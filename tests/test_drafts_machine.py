"""
Whoever types what, to whichever server, whatever breaks: nothing that was typed is lost.

Tabs behave as the form in a browser does: an edit says what its field held before and what was sent
without an answer, and is sent until a server says that it is stored.
"""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import Unsaved
from lib.store import open_store
from lib.store.errors import StoreUnavailable
from lib.store.port import Store
from lib.team.draft_input import MAX_SENT
from lib.team.drafts import Drafts
from lib.team.edits import Edit
from lib.workshop.ids import new_id
from lib.workshop.records import StepKey
from tests.fakes import new_step
from tests.memory_store.store import MemoryStore
from tests.test_debouncer import FakeClock

TEXTS = ("target_user", "desired_outcome")
LIST = "pains"


class Line:
    """A server's line to the database, which may break before a call gets there, or after."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.trouble = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def called(*given: Any, **named: Any) -> Any:
            if self.trouble == "before":
                raise StoreUnavailable("The database cannot be reached.")
            result = method(*given, **named)
            if self.trouble == "after":
                raise StoreUnavailable("The database did not answer in time.")
            return result

        return called


class Server:
    """One server; what it has not saved goes with it when it is killed."""

    def __init__(self, store: Store) -> None:
        self.line = Line(store)
        self.start()

    def start(self) -> None:
        def save(key: StepKey, unsaved: Unsaved) -> None:
            drafts.save(key, unsaved)

        self.autosave = Autosave(save, clock=FakeClock())
        drafts = self.drafts = Drafts(self.line, self.autosave)  # type: ignore[arg-type]


@dataclass
class Input:
    """One field in a form, with what the form knows about it."""

    local: Any = None
    base: Any = None
    #: What was sent without an answer, with the writer and the revision it was sent as.
    sent: list[tuple[Any, str, int]] = field(default_factory=list)
    revision: int = 0
    writer: str = field(default_factory=new_id)


class Tab:
    """Somebody's form, at one server at a time."""

    def __init__(self) -> None:
        self.inputs: dict[str, Input] = {name: Input() for name in (*TEXTS, LIST)}

    @property
    def dirty(self) -> dict[str, Input]:
        return {name: each for name, each in self.inputs.items() if each.revision}

    def edits(self) -> list[Edit]:
        made = [self._edit(name, entry) for name, entry in self.dirty.items()]
        for edit in made:
            sent = [*self.inputs[edit.field].sent, (edit.value, edit.writer, edit.revision)]
            self.inputs[edit.field].sent = sent[-MAX_SENT:]
        return sorted(made, key=lambda edit: edit.revision)

    def _edit(self, name: str, entry: Input) -> Edit:
        before = [each for each in entry.sent if each[2] < entry.revision]
        sent = tuple(value for value, _, _ in before)
        sent_as = tuple((writer, revision) for _, writer, revision in before)
        edit = Edit(name, entry.local, entry.base, entry.writer, entry.revision, "Ada", 0)
        return replace(edit, sent=sent, sent_as=sent_as)


class Typing(RuleBasedStateMachine):
    """Three tabs, two servers, one step's draft."""

    open_stores: Callable[[], tuple[Store, Store]]

    def __init__(self) -> None:
        super().__init__()
        self.stores = self.open_stores()
        self.text = new_step(self.stores[0])
        self.list = self.text._replace(step="sense-making")
        self.servers = [Server(store) for store in self.stores]
        self.tabs = [Tab() for _ in range(3)]
        self.numbers = itertools.count(1)
        #: Every text, by its field, with whose it is; and those somebody has typed over knowing them.
        self.typed: dict[tuple[str, str], str] = {}
        self.over: set[tuple[str, str]] = set()
        #: Every entry by its number, those somebody has removed, and every text an entry has had.
        self.added: set[str] = set()
        self.removed: set[str] = set()
        self.entries: set[str] = set()

    def key(self, name: str) -> StepKey:
        return self.list if name == LIST else self.text

    tab = st.integers(0, 2)
    server = st.integers(0, 1)

    @rule(tab=tab, name=st.sampled_from(TEXTS))
    def type(self, tab: int, name: str) -> None:
        entry = self.tabs[tab].inputs[name]
        if entry.local is not None:
            self.over.add((name, entry.local))
        entry.revision = next(self.numbers)
        entry.local = f"{name} {entry.revision}"
        self.typed[name, entry.local] = entry.writer

    @rule(tab=tab)
    def add_an_entry(self, tab: int) -> None:
        entry = self.tabs[tab].inputs[LIST]
        entry.revision = next(self.numbers)
        entry.local = [*(entry.local or []), f"entry {entry.revision}:"]
        self.added.add(entry.local[-1])
        self.entries.add(entry.local[-1])

    @rule(tab=tab, place=st.integers(0, 5))
    def change_an_entry(self, tab: int, place: int) -> None:
        entry = self.tabs[tab].inputs[LIST]
        if place < len(entry.local or []):
            entry.revision = next(self.numbers)
            self.over.add((LIST, entry.local[place]))
            new = f"{number_of(entry.local[place])} version {entry.revision}"
            entry.local = [*entry.local[:place], new, *entry.local[place + 1 :]]
            self.entries.add(new)

    @rule(tab=tab, place=st.integers(0, 5))
    def remove_an_entry(self, tab: int, place: int) -> None:
        entry = self.tabs[tab].inputs[LIST]
        if place < len(entry.local or []):
            entry.revision = next(self.numbers)
            self.over.add((LIST, entry.local[place]))
            self.removed.add(number_of(entry.local[place]))
            entry.local = [*entry.local[:place], *entry.local[place + 1 :]]

    @rule(tab=tab, server=server, answered=st.booleans())
    def send(self, tab: int, server: int, answered: bool) -> None:
        """Send what is not known to be stored; where the answer is lost, nothing is known."""
        for edit in self.tabs[tab].edits():
            key = self.key(edit.field)
            here = self.servers[server]
            try:
                here.drafts.apply_edit(key, edit)
                here.autosave.flush(key)
                draft = here.drafts.current(key)
            except StoreUnavailable:
                return
            if answered and here.autosave.pending(key).draft is None:
                self._settle(self.tabs[tab].inputs[edit.field], draft.fields.get(edit.field))

    def _settle(self, entry: Input, known: Any) -> None:
        entry.local = entry.base = known
        entry.revision, entry.sent = 0, []

    @rule(tab=tab, server=server)
    def look(self, tab: int, server: int) -> None:
        """See what others have typed, as a page does every few seconds."""
        for name, entry in self.tabs[tab].inputs.items():
            if not entry.revision:
                try:
                    fields = self.servers[server].drafts.current(self.key(name)).fields
                except StoreUnavailable:
                    return
                entry.local = entry.base = fields.get(name)

    @rule(server=server)
    def save(self, server: int) -> None:
        for key in (self.text, self.list):
            self.servers[server].autosave.flush(key)

    @rule(server=server)
    def kill(self, server: int) -> None:
        self.servers[server].start()

    @rule(server=server, trouble=st.sampled_from(["", "", "before", "after"]))
    def trouble(self, server: int, trouble: str) -> None:
        self.servers[server].line.trouble = trouble

    def teardown(self) -> None:
        """Mend everything, send what is left, and look for every word."""
        for server in self.servers:
            server.line.trouble = ""
        for place, tab in enumerate(self.tabs):
            while tab.dirty:
                self.send(place, place % 2, answered=True)
        for place in range(2):
            self.save(place)
        self._nothing_is_lost()
        for store in set(self.stores):
            store.close()

    def _nothing_is_lost(self) -> None:
        fields = self.stores[0].draft(self.text).fields
        aside = {(each.field, each.value) for each in self.stores[0].asides(self.text)}
        lost = set(self.typed) - self.over - aside - set(fields.items())

        assert lost == set()
        entries = self.stores[0].draft(self.list).fields.get(LIST, [])
        aside = self.stores[0].asides(self.list)
        kept = {entry for each in aside for entry in each.value or []}
        there = [number_of(entry) for entry in entries]
        gone = {entry for entry in self.entries if number_of(entry) in self.removed}
        still = {entry for entry in self.entries if (LIST, entry) not in self.over}

        assert len(there) == len(set(there)), "an entry is there twice"
        assert self.added - self.removed <= set(there) | {number_of(entry) for entry in kept}
        assert still - gone <= set(entries) | kept
        # Where nobody changed an entry that somebody removed, and nobody two at once, all is clear.
        if self.over.isdisjoint((LIST, entry) for entry in self.entries):
            assert (sorted(entries), aside) == (sorted(self.added), [])


def number_of(entry: str) -> str:
    return entry.partition(":")[0] + ":"


def holds(opens: Callable[[], tuple[Store, Store]], examples: int) -> None:
    class Holding(Typing):
        open_stores = staticmethod(opens)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Holding,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_that_is_typed_is_lost_in_memory() -> None:
    def both() -> tuple[Store, Store]:
        store = MemoryStore()
        return store, store

    holds(both, examples=200)


@pytest.fixture
def file(sqlite_template: Path) -> Iterator[Callable[[], str]]:
    """Return a function that makes a new file; in memory where the system has such a folder."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:

        def new() -> str:
            made = Path(folder) / f"{new_id()}.db"
            shutil.copy(sqlite_template, made)
            return f"sqlite:///{made}"

        yield new


def test_nothing_that_is_typed_is_lost_on_sqlite(file: Callable[[], str]) -> None:
    def both() -> tuple[Store, Store]:
        url = file()
        return open_store(url), open_store(url)

    holds(both, examples=10)


@pytest.mark.postgres
def test_nothing_that_is_typed_is_lost_on_postgresql(postgres_url: str) -> None:
    holds(lambda: (open_store(postgres_url), open_store(postgres_url)), examples=8)
