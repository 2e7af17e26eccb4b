"""What is broken and mended: two servers of the app, one PostgreSQL, a proxy before each server."""

import contextlib
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from faults import launcher
from faults.history import History, Look, Place, Restart, Row, Streamed
from lib.store import open_store
from lib.store.errors import StoreError
from lib.store.port import Decision
from lib.workshop import steps
from lib.workshop.draft_history import MAX_KEPT
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Aside, StepKey, Team, Workshop
from lib.workshop.status import Change, Event, Status
from tests import proxy as proxies
from tests.postgres import PostgresServer
from tests.quick_server import QuickServer

#: The steps people work in: all, open from the beginning.
STEPS = steps.SLUGS

#: Seconds between two looks into the database.
LOOK_EVERY = 0.7


class Server(QuickServer):
    """The app as it is started, watched."""

    program = "faults.launcher"


class World:
    """Everything under test, in *folder*; *off* names a protection to take away."""

    def __init__(self, folder: Path, history: History, teams: int, pace: float, off: str) -> None:
        self._history = history
        self._streamed = folder / "streamed.jsonl"
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        folder.chmod(0o755)
        self.postgres = PostgresServer(folder / "postgres")
        self.postgres.start()
        url = self.postgres.new_database()
        #: The way past the proxies, for the watcher and the checker.
        self._store = open_store(url)
        self.teams = self._seeded(teams)
        self._links = {team.name: team.link for team in self.teams}
        self._old_links: dict[str, list[str]] = {team.name: [] for team in self.teams}
        self._linking = threading.Lock()
        self.proxies = [proxies.before(self.postgres) for _ in range(2)]
        self.servers = [
            Server(
                proxies.through(proxy, url),
                folder / f"server-{number}.log",
                **{
                    launcher.PACE: str(pace),
                    launcher.STREAMED: str(self._streamed),
                    launcher.OFF: off,
                },
            )
            for number, proxy in enumerate(self.proxies)
        ]

    def start(self) -> None:
        """Start the servers and the watcher."""
        for server in self.servers:
            server.start()
        self._watcher.start()

    def close(self) -> None:
        """End everything."""
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for server in self.servers:
            with contextlib.suppress(Exception):
                server.kill()
        self._store.close()
        for proxy in self.proxies:
            proxy.close()
        self.postgres.remove()

    def _seeded(self, count: int) -> list[Team]:
        workshop = Workshop(new_id(), "Faults", "Half of them leave.", datetime.now(UTC))
        teams = [
            Team(workshop.id, new_id(), f"Team {number}", new_link(), number)
            for number in range(1, count + 1)
        ]
        self._store.create_workshop(workshop, teams)
        opened = [
            Change(step, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS) for step in STEPS[1:]
        ]
        for team in teams:
            self._store.apply(team.key, Decision(opened, "", datetime.now(UTC)))
        return teams

    # Looking into the database

    @property
    def places(self) -> list[tuple[Place, StepKey]]:
        """Every step somebody has been in."""
        return [
            ((team.name, step), team.step_key(step))
            for team in self.teams
            for step in STEPS
            if (team.name, step) in self._history.visited
        ]

    def asides(self, place: Place) -> list[Aside]:
        """Return what is kept beside the draft of a place. Raises StoreError."""
        team = next(each for each in self.teams if each.name == place[0])
        return self._store.asides(team.step_key(place[1]))

    # What a facilitator does

    def link(self, team: Team) -> str:
        """Return the link that opens a team now."""
        return self._links[team.name]

    def replace_link(self, team: Team) -> None:
        """Give a team another link; the old one opens nothing from then on."""
        with self._linking:
            old, new = self._links[team.name], new_link()
            self._change_link(team, old, new)
            self._links[team.name] = new

    def revoke_link(self, team: Team) -> None:
        """Leave a team without a link until `replace_link` gives it one; the members keep the old."""
        with self._linking:
            old, unused = self._links[team.name], new_link()
            self._change_link(team, old, unused, revoked=True)
            self._history.without_another.add(old)

    def old_links(self, team: Team) -> list[str]:
        """Return the links that opened a team once, and open nothing now."""
        return self._old_links[team.name]

    def _change_link(self, team: Team, old: str, new: str, *, revoked: bool = False) -> None:
        # May be repeated: a database that is away has stored it or has not.
        while not self._is_changed(team, new, revoked=revoked):
            time.sleep(0.2)
        if old not in self._history.revoked:
            self._history.revoked[old] = time.monotonic()
            self._old_links[team.name].append(old)

    def _is_changed(self, team: Team, link: str, *, revoked: bool) -> bool:
        try:
            self._store.change_link(team.key, link, revoked=revoked)
        except StoreError:
            return False
        return True

    def look(self, place: Place, key: StepKey) -> Look:
        """Return what is stored of one place. Raises StoreError."""
        state = self._store.steps(key.team)[key.step]
        rows = tuple(
            Row(each.id, each.role, each.text, each.status, each.revision, each.position, each.era)
            for era in self._store.eras(key)
            for each in self._store.messages(key, era=era)
        )
        draft = self._store.draft(key)
        conflicts = tuple(self._store.asides(key))
        return Look(
            place,
            time.monotonic(),
            rows,
            draft.fields,
            draft.revision,
            tuple(str(each.value) for each in conflicts),
            state.era,
            draft.epoch,
            conflicts,
        )

    def finish(self) -> None:
        """Put into the history what is stored in the end, and what the guide has said."""
        self._history.end = {place: self.look(place, key) for place, key in self.places}
        for place, key in self.places:
            self._history.earlier[place] = self._store.earlier_drafts(key, MAX_KEPT)
        for team in self.teams:
            self._history.restarts += self._restarts(team)
        if self._streamed.exists():
            for line in self._streamed.read_text(encoding="utf-8").splitlines():
                told = json.loads(line)
                team, step = told["step"]
                self._history.streamed.append(
                    Streamed(
                        (team, step), told["turn"], told["text"], told["knew"], told["proposed"]
                    )
                )

    def _restarts(self, team: Team) -> list[Restart]:
        """Return what a team started over, in order, and whether that was taken back."""
        found: list[Restart] = []
        for record in self._store.events(team.workshop_id):
            if record.team_id != team.id or record.step != record.cause:
                continue
            place = (team.name, record.step)
            at = next((n for n in reversed(range(len(found))) if found[n].place == place), None)
            if record.event is Event.RESET:
                row = self._store.snapshots(team.workshop_id, [record.id])[record.step]
                if at is not None:
                    found[at] = replace(found[at], last=False)
                found.append(
                    Restart(place, row.state.era, row.draft.fields, undone=False, last=True)
                )
            elif record.event is Event.UNDO and at is not None:
                found[at] = replace(found[at], undone=True)
        return found

    def _watch(self) -> None:
        known: dict[Place, tuple[object, ...]] = {}
        while not self._over.wait(LOOK_EVERY):
            for place, key in self.places:
                try:
                    look = self.look(place, key)
                except StoreError:
                    continue
                now = (look.rows, look.draft_revision, look.conflicts)
                if known.get(place) != now:
                    known[place] = now
                    self._history.looks.append(look)
