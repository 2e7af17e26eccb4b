"""One server on a store, as tests drive it: drafts typed and saved, steps moved, replies written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import Unsaved
from lib.store.port import Store
from lib.team import confirm, reopen
from lib.team.drafts import Drafts
from lib.workshop import steps
from lib.workshop.records import ArtifactVersion, Fields, StepKey
from lib.workshop.status import Event, Status
from tests.test_criteria import GOOD
from tests.test_debouncer import FakeClock

BEGIN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class Hours:
    """A clock that goes on a minute at each look: no two things happen at once."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        """Return the next minute."""
        self.now += timedelta(minutes=1)
        return self.now


@dataclass
class Server:
    """What one process holds of a team's workshop; several may share a store."""

    store: Store
    key: StepKey
    actor: str = "Ada"
    clock: Callable[[], datetime] = field(default_factory=Hours)

    def __post_init__(self) -> None:
        self.autosave = Autosave(self._save, clock=FakeClock())
        self.drafts = Drafts(self.store, self.autosave)

    def _save(self, key: StepKey, unsaved: Unsaved) -> None:
        self.drafts.save(key, unsaved)

    def beside(self, actor: str = "Ben") -> "Server":
        """Return one more server on the same store."""
        return Server(self.store, self.key, actor, self.clock)

    def at(self, step: str) -> StepKey:
        """Return the key of a step of the team."""
        return self.key._replace(step=step)

    def write(self, step: str, fields: Fields) -> None:
        """Make the draft of a step *fields*, one field after the other; nothing is saved yet."""
        key = self.at(step)
        held = self.drafts.current(key).fields
        for name in [*(each for each in held if each not in fields), *fields]:
            self.drafts.edit(key, name, fields.get(name))

    def save(self, step: str) -> bool:
        """Save what is unsaved of a step; return whether nothing is left."""
        return self.autosave.flush(self.at(step))

    def do(
        self,
        step: str,
        event: Event,
        *,
        reason: str = "Time is up.",
        version: ArtifactVersion | None = None,
    ) -> None:
        """Do what a person does to a step; *version* is the one a REVISE restores."""
        who, key = {"actor": self.actor, "at": self.clock()}, self.at(step)
        if version is not None:
            reopen.restore(self.store, self.drafts, key, version, **who)  # type: ignore[arg-type]
        elif event is Event.OVERRIDE:
            confirm.override(self.store, self.drafts, key, reason=reason, **who)  # type: ignore[arg-type]
        else:
            _DOES[event](self.store, self.drafts, key, **who)

    def finish(self, count: int = 10) -> None:
        """Confirm the first *count* steps with good artifacts."""
        for slug in steps.SLUGS[:count]:
            self.write(slug, GOOD[slug])
            self.do(slug, Event.CONFIRM)

    @property
    def statuses(self) -> dict[str, Status]:
        """The status of each step, as stored."""
        return {slug: state.status for slug, state in self.store.steps(self.key.team).items()}

    def among(self, status: Status) -> list[str]:
        """Return the steps of this status."""
        return [slug for slug, each in self.statuses.items() if each is status]


_DOES: dict[Event, Callable[..., None]] = {
    Event.CONFIRM: confirm.confirm,
    Event.STILL_VALID: confirm.still_valid,
    Event.REVISE: reopen.revise,
    Event.REGENERATE: reopen.regenerate,
    Event.RESET: reopen.reset,
    Event.UNDO: reopen.undo,
}
