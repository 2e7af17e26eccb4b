"""
Generated histories of a workshop: random events by two servers on one store, with crashes.

    python -m tests.histories --histories 1000 --seed 7

Prints one line: the seed, what happened, and how often. A history that breaks a promise ends the
run with its own seed and what was done in it.
"""

import argparse
import logging
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event as events_of
from sqlalchemy.exc import OperationalError

from lib.store import open_store
from lib.store.errors import Conflict, StoreUnavailable
from lib.store.sql.store import SqlStore
from lib.team.confirm import NotReady
from lib.workshop import steps
from lib.workshop.cascade import Standing, dependants
from lib.workshop.dependencies import fingerprint
from lib.workshop.ids import new_id
from lib.workshop.records import Fields
from lib.workshop.status import Event, Status, TransitionRefused
from tests.fakes import new_step, question
from tests.living_workshop import VARIANTS
from tests.servers import BEGIN, Hours, Server
from tests.test_criteria import GOOD

#: What a person may do to a step, and how often it is tried.
_MOVES: dict[Event, int] = {
    Event.CONFIRM: 9,
    Event.OVERRIDE: 3,
    Event.STILL_VALID: 6,
    Event.REVISE: 8,
    Event.REGENERATE: 2,
    Event.RESET: 2,
    Event.UNDO: 3,
}

#: Complete steps of the workshops that histories begin with.
BEGUN = (0, 2, 4, 7, 10)

#: Calls of the store before which somebody else may come in between.
_CALLS = ("standing", "apply", "apply", "save", "draft", "events", "messages", "asked")

#: Statements after which the power may go out.
_DEEP = 16


class Broken(AssertionError):
    """A promise that a history broke."""


@contextmanager
def power_cut(store: SqlStore, at: int, *, after: bool) -> Iterator[list[bool]]:
    """
    Let the *at*-th statement or commit of a store fail, and all that follow.

    With *after*, the first commit from there on is done, and its answer is lost.
    """
    seen, cut = [0], [False]

    def fail(connection: Any, *statement: Any) -> None:
        seen[0] += 1
        if cut[0] or (seen[0] >= at and not (after and statement)):
            if after and not cut[0]:
                connection.connection.driver_connection.commit()
            cut[0] = True
            raise OperationalError("", None, Exception("The power went out."))

    engine, names = store._door.engine, ("before_cursor_execute", "commit")
    for name in names:
        events_of.listen(engine, name, fail)
    try:
        yield cut
    finally:
        for name in names:
            events_of.remove(engine, name, fail)


class Between:
    """A store on whose way, once, somebody else comes in between."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        #: Before the call of which method, and what is done.
        self.once: tuple[str, Callable[[], None]] | None = None

    def __getattr__(self, name: str) -> Any:
        if self.once is not None and self.once[0] == name:
            (_, work), self.once = self.once, None
            work()
        return getattr(self._store, name)


class History:
    """One workshop, two servers, and everything that was ever typed."""

    def __init__(self, store: SqlStore, seed: int) -> None:
        self.random = random.Random(seed)
        self.store, self.seed = store, seed
        workshop, *_ = store.workshops()
        [team] = store.teams(workshop.id)
        self.key = team.step_key(steps.SLUGS[0])
        # Later than all that is in the file.
        clock = Hours(BEGIN + timedelta(days=1))
        self.between = Between(store)
        shared: Any = self.between
        self.servers = [Server(shared, self.key, name, clock) for name in ("Ada", "Ben")]
        self.counts: Counter[str] = Counter()
        self.done: list[str] = []
        #: What was typed and taken in, by step and field; each has a word of its own in it.
        self.typed: list[tuple[str, str]] = []
        self.versions: dict[str, list[Any]] = {slug: [] for slug in steps.SLUGS}

    def run(self, length: int) -> None:
        """Do *length* things; hold every promise after each. Raises Broken."""
        for _ in range(length):
            weighted = {
                self.edit: 5,
                self.move: 9,
                self.catch_up: 9,
                self.say: 1,
                self.both: 3,
                self.crash: 4,
                self.one_in_the_other: 6,
            }
            [act] = self.random.choices(list(weighted), list(weighted.values()))
            try:
                act()
            except Exception as exc:
                raise self._broken(act.__name__, repr(exc)) from exc
            self.check()
        for server in self.servers:
            for slug in steps.SLUGS:
                server.save(slug)
        self.check(at_the_end=True)

    # What happens

    def edit(self) -> None:
        """Somebody types into a step; it may be saved at once, or wait."""
        server = self.random.choice(self.servers)
        step = self.random.choice(self._open() or [steps.SLUGS[0]])
        if self.statuses[step] in (Status.COMPLETE, Status.NOT_STARTED):
            return
        variant = self.random.choice(VARIANTS[step])
        self._note(f"{server.actor} writes {step}")
        if self.random.random() < 0.6:
            self._type(server, step)
        else:
            # Whoever writes over a word they see wants it gone.
            self._forget(step, str(server.drafts.current(server.at(step)).fields))
            server.write(step, variant)
        chance = self.random.random()
        if chance < 0.3:
            server.save(step)
        elif chance < 0.7:
            # What is not saved yet meets what another server makes of the step.
            other = next(each for each in self.servers if each is not server)
            event = self.random.choice([Event.CONFIRM, Event.OVERRIDE, Event.RESET, Event.REVISE])
            self._tried(lambda: self._do(other, step, event))
            server.save(step)

    def _type(self, server: Server, step: str) -> None:
        """Type a word nobody typed before at the end of a text of the draft."""
        self.counts["words"] += 1
        word = f"w{self.counts['words']}x"
        fields = server.drafts.current(server.at(step)).fields
        name = self.random.choice(sorted(fields) or [""])
        if (longer := _with_word(fields.get(name), word)) is None:
            return
        server.drafts.edit(server.at(step), name, longer)
        self.typed.append((step, word))

    def _forget(self, step: str, text: str) -> None:
        self.typed = [(at, word) for at, word in self.typed if at != step or word not in text]

    def say(self) -> None:
        """Somebody sends a message."""
        step = self.random.choice(self._open() or [steps.SLUGS[0]])
        self.store.append(self.key._replace(step=step), [question("Hm.")])
        self._note(f"a message in {step}")

    def move(self) -> None:
        """Somebody does something to a step, allowed or not."""
        server = self.random.choice(self.servers)
        step, event = self._move()
        self._tried(lambda: self._do(server, step, event))

    def catch_up(self) -> None:
        """Somebody takes up the first step that is not complete, and brings it on."""
        server = self.random.choice(self.servers)
        step = next((s for s, each in self.statuses.items() if each is not Status.COMPLETE), None)
        if step is None:
            return
        if self.statuses[step] is Status.NEEDS_REGENERATION and self.random.random() < 0.7:
            event = self.random.choice([Event.STILL_VALID] * 3 + [Event.REGENERATE])
        else:
            event = self.random.choice([Event.CONFIRM, Event.CONFIRM, Event.OVERRIDE])
            self._forget(step, str(server.drafts.current(server.at(step)).fields))
            server.write(step, self.random.choice([GOOD[step], *VARIANTS[step][:-1]]))
        self._tried(lambda: self._do(server, step, event))

    def both(self) -> None:
        """Two people do something at the same time, on two servers."""
        moves = [self._move() for _ in self.servers]
        if self.random.random() < 0.5:
            moves[1] = (moves[0][0], moves[1][1])
        with ThreadPoolExecutor(len(moves)) as pool:
            works = [
                pool.submit(self._tried, lambda s=s, m=m: self._do(s, *m))
                for s, m in zip(self.servers, moves, strict=True)
            ]
        for work in works:
            work.result()

    def one_in_the_other(self) -> None:
        """Somebody does something on one server while another is in the middle of it."""
        one, other = self.random.sample(self.servers, 2)
        step, event = self._move()
        around = [s for s in (step, *dependants(step)) if s in self._open()]

        def work() -> None:
            self.counts["in between"] += 1
            if around and self.random.random() < 0.7:
                place = self.random.choice(around)
                self._note(f"{other.actor} types in {place} in between")
                self._type(other, place)
                other.save(place)
            else:
                self._tried(lambda: self._do(other, *self._move()))

        self.between.once = (self.random.choice(_CALLS), work)
        self._tried(lambda: self._do(one, step, event))
        self.between.once = None

    def crash(self) -> None:
        """The power goes out while somebody does something; perhaps their server dies of it."""
        server = self.random.choice(self.servers)
        step, event = self._move()
        before = self._events()
        at, after = self.random.randint(1, _DEEP), self.random.random() < 0.3
        with power_cut(self.store, at, after=after) as cut:
            self._tried(lambda: self._do(server, step, event))
        if cut[0]:
            self.counts["crashes"] += 1
            self.counts["moved in spite of one"] += self._events() > before
            if self.random.random() < 0.3:
                self._replace(server)

    def _replace(self, server: Server) -> None:
        """Let a server die with what it had not saved yet, and start another."""
        for slug in steps.SLUGS:
            pending = server.autosave.pending(server.at(slug)).draft
            self._forget(slug, str(pending.fields if pending else {}))
        self.servers[self.servers.index(server)] = server.beside(server.actor)
        self.counts["servers lost"] += 1

    def _move(self) -> tuple[str, Event]:
        [event] = self.random.choices(list(_MOVES), list(_MOVES.values()))
        fits = {
            Event.CONFIRM: self._open(),
            Event.OVERRIDE: self._open(),
            Event.STILL_VALID: self._among(Status.NEEDS_REGENERATION),
            Event.REGENERATE: self._among(Status.NEEDS_REGENERATION),
            Event.UNDO: self._reopened(),
        }.get(event, self._among(Status.COMPLETE))
        anywhere = self.random.random() < 0.1 or not fits
        return self.random.choice(list(steps.SLUGS) if anywhere else fits), event

    def _do(self, server: Server, step: str, event: Event) -> None:
        self._note(f"{server.actor}: {event.value} {step}")
        version = None
        if event is Event.REVISE and self.random.random() < 0.2:
            kept = self.store.versions(self.key._replace(step=step))
            version = self.random.choice(kept) if kept else None
        server.do(step, event, version=version)
        self.counts[event.value] += 1

    def _tried(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (TransitionRefused, NotReady):
            self.counts["refused"] += 1
        except Conflict:
            self.counts["conflicts"] += 1
        except StoreUnavailable:
            self.counts["unavailable"] += 1

    def _note(self, what: str) -> None:
        self.done.append(what)
        self.counts["acts"] += 1

    # What is stored

    @property
    def statuses(self) -> dict[str, Status]:
        return self.servers[0].statuses

    def _among(self, status: Status) -> list[str]:
        return self.servers[0].among(status)

    def _open(self) -> list[str]:
        return [
            slug
            for slug, status in self.statuses.items()
            if status in (Status.IN_PROGRESS, Status.NEEDS_REGENERATION)
        ]

    def _reopened(self) -> list[str]:
        return [
            each.step
            for each in self.store.events(self.key.workshop_id)[-8:]
            if each.event in (Event.REVISE, Event.RESET)
        ]

    def _events(self) -> int:
        return len(self.store.events(self.key.workshop_id))

    # What was promised

    def check(self, *, at_the_end: bool = False) -> None:
        """Raise Broken where a promise does not hold."""
        standing = self.store.standing(self.key.team)
        for holds in (
            _complete_stands_on_complete,
            _artifacts_are_what_is_said,
            _stale_says_why,
            _times_fit,
            _locked_is_empty_and_last,
        ):
            self._hold(holds.__name__, holds(standing))
        self._hold("unbroken story", self._story_is_broken(standing))
        self._hold("newest versions", self._newer_is_gone(standing))
        if at_the_end:
            self._hold("versions stay", self._versions_differ())
            self._hold("nothing typed is lost", self._lost())

    def _hold(self, promise: str, wrong: str) -> None:
        if wrong:
            raise self._broken(promise, wrong)

    def _broken(self, promise: str, wrong: str) -> Broken:
        told = f"seed {self.seed}: {promise.strip('_').replace('_', ' ')}: {wrong}"
        return Broken("\n".join([told, *self.done[-40:]]))

    def _newer_is_gone(self, standing: Standing) -> str:
        """Remember every version that was the newest; say which one is not there any more."""
        for slug, version in standing.artifacts.items():
            known = self.versions[slug]
            if known and known[-1].version > version.version:
                return f"{slug} is at {version.version}, was at {known[-1].version}"
            if not known or known[-1] != version:
                known.append(version)
        return ", ".join(
            s for s, known in self.versions.items() if known and s not in standing.artifacts
        )

    def _versions_differ(self) -> str:
        for slug, known in self.versions.items():
            found = self.store.versions(self.key._replace(step=slug))
            if [each.version for each in found] != list(range(1, len(found) + 1)):
                return f"{slug}: {[each.version for each in found]}"
            if not all(each in found for each in known):
                return f"{slug}: a version is not what it was"
        return ""

    def _story_is_broken(self, standing: Standing) -> str:
        last = dict.fromkeys(steps.SLUGS, Status.NOT_STARTED)
        for told in self.store.events(self.key.workshop_id):
            if told.before is not last[told.step]:
                return f"{told.step}: {told.event} from {told.before}, was {last[told.step]}"
            last[told.step] = told.after
        return "" if last == standing.statuses else "the story ends elsewhere"

    def _lost(self) -> str:
        """Return the words that are in no draft, version, snapshot or aside."""
        ids = [each.id for each in self.store.events(self.key.workshop_id)]
        by_step: dict[str, str] = {}
        for slug in steps.SLUGS:
            key = self.key._replace(step=slug)
            kept: list[Any] = [self.store.draft(key).fields]
            kept += [each.fields for each in self.store.versions(key)]
            kept += [each.value for each in self.store.asides(key)]
            by_step[slug] = str(kept) + str(self._snapshots(slug, ids))
        return ", ".join(
            f"{word} in {step}" for step, word in self.typed if word not in by_step[step]
        )

    def _snapshots(self, slug: str, ids: list[str]) -> list[Fields]:
        found = [self.store.snapshots(self.key.workshop_id, [each]) for each in ids]
        return [rows[slug].draft.fields for rows in found if slug in rows]


def _with_word(value: Any, word: str) -> Any:
    """Return a field with one word more somewhere in its texts, None where it has none."""
    if isinstance(value, str):
        return f"{value} {word}"
    if isinstance(value, list) and value:
        longer = _with_word(value[0], word)
        return None if longer is None else [longer, *value[1:]]
    if isinstance(value, dict):
        name = next((each for each, inner in value.items() if isinstance(inner, str)), None)
        return None if name is None else value | {name: f"{value[name]} {word}"}
    return None


def _complete_stands_on_complete(standing: Standing) -> str:
    statuses = standing.statuses
    return "; ".join(
        f"{slug} is complete, {each} is {statuses[each]}"
        for slug, status in statuses.items()
        for each in steps.step(slug).feeds_from
        if status is Status.COMPLETE is not statuses[each]
    )


def _artifacts_are_what_is_said(standing: Standing) -> str:
    for slug, state in standing.states.items():
        if state.status is not Status.COMPLETE:
            continue
        if slug not in standing.artifacts:
            return f"{slug} has no artifact"
        if standing.is_edited(slug):
            return f"the draft of {slug} is not its artifact"
        if state.made_from != fingerprint(slug, standing.fields):
            return f"{slug} was made from something else"
    return ""


def _stale_says_why(standing: Standing) -> str:
    for slug, state in standing.states.items():
        if (state.stale is not None) != (state.status is Status.NEEDS_REGENERATION):
            return f"{slug}: {state}"
        if state.stale is not None and slug not in dependants(state.stale.cause):
            return f"{slug} is stale because of {state.stale.cause}"
    return ""


def _times_fit(standing: Standing) -> str:
    for slug, state in standing.states.items():
        if (state.started_at is None) != (state.status is Status.NOT_STARTED):
            return f"{slug}: started {state.started_at}"
        if (state.completed_at is not None) != (state.status is Status.COMPLETE):
            return f"{slug}: completed {state.completed_at}"
    return ""


def _locked_is_empty_and_last(standing: Standing) -> str:
    locked = [s for s, status in standing.statuses.items() if status is Status.NOT_STARTED]
    if locked != list(steps.SLUGS[len(steps.SLUGS) - len(locked) :]):
        return f"{locked}"
    return ", ".join(slug for slug in locked if standing.drafts.get(slug))


Opens = Callable[[int], SqlStore]


def run(
    histories: int, seed: int, opens: Opens, length: int = 30, wanted: Collection[str] = ()
) -> Counter[str]:
    """
    Run *histories* workshops of *length* acts each; return what happened. Raises Broken.

    Goes on, for at most ten times as many, until everything *wanted* has happened.
    """
    counts: Counter[str] = Counter()
    for number in range(10 * histories):
        if number >= histories and all(counts[each] for each in wanted):
            break
        own = seed * 1_000_000 + number
        store = opens(random.Random(own).choice(BEGUN))
        try:
            history = History(store, own)
            history.run(length)
            counts += history.counts
        finally:
            store.close()
    return counts


@contextmanager
def files() -> Iterator[Opens]:
    """
    Yield what opens a new SQLite file with a workshop in it, of which some steps are complete.

    In memory, where the system has a folder that is.
    """
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        empty = f"{folder}/empty.db"
        open_store(f"sqlite:///{empty}").close()
        for finished in BEGUN:
            shutil.copy(empty, f"{folder}/{finished}.db")
            store = open_store(f"sqlite:///{folder}/{finished}.db")
            Server(store, new_step(store)).finish(finished)
            store.close()

        def new(finished: int) -> SqlStore:
            file = f"{folder}/{new_id()}.db"
            shutil.copy(f"{folder}/{finished}.db", file)
            store = open_store(f"sqlite:///{file}")
            assert isinstance(store, SqlStore)
            return store

        yield new


def main(arguments: list[str] | None = None) -> int:
    """Run, print one line, return 0 where every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    with files() as opens:
        try:
            counts = run(given.histories, given.seed, opens)
        except Broken as exc:
            print(exc)
            return 1
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
    print(f"{given.histories:,} histories with seed {given.seed}, every promise held: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
