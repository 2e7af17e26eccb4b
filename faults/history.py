"""
What happened, as the people and the watchers saw it: plain records, written while it happens.

Times are seconds of this machine's monotonic clock. A *place* is a team's step: (team, slug).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.workshop.records import Aside, EarlierDraft
from lib.workshop.transcript import MessageStatus, Role

Place = tuple[str, str]


@dataclass
class Sent:
    """A message somebody sent, and when it was confirmed to be stored."""

    id: str
    place: Place
    person: str
    #: Which of the person's tabs it was sent from: within one, order is promised.
    tab: int
    text: str
    sent_at: float
    #: None while nobody has confirmed it.
    acknowledged_at: float | None = None
    #: Whether its tab was closed before anybody had.
    abandoned: bool = False
    #: The team's link that it was sent with.
    link: str = ""


@dataclass
class Edit:
    """A value somebody gave a field of a draft, and when it was confirmed to be stored."""

    place: Place
    person: str
    writer: str
    field: str
    value: Any
    #: What the writer knew the field to hold.
    was: Any
    revision: int
    sent_at: float
    acknowledged_at: float | None = None
    #: Whether it was kept beside the draft, because somebody else had changed the same words.
    aside: bool = False
    abandoned: bool = False
    link: str = ""
    #: An entry that was added to a list, or taken out of it, by its name; a value is then the list.
    added: str = ""
    removed: str = ""
    #: Each request that carried it: when it was answered, by which server, and the answer.
    answers: list[tuple[float, int, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Settled:
    """A conflict that somebody has discarded, or used: what they saw of it."""

    place: Place
    field: str
    writer: str
    values: tuple[str, ...]
    at: float


@dataclass(frozen=True)
class Restart:
    """A step that was started over, as the story of its workshop has it."""

    place: Place
    #: The conversation and the draft that were archived.
    era: int
    draft: Mapping[str, Any]
    #: Whether it was taken back; and nothing like it came after that.
    undone: bool = False
    last: bool = False


@dataclass(frozen=True)
class Tried:
    """What somebody saw who opened a link in the end that had been replaced or revoked."""

    place: Place
    #: Whether the page said that the link opens nothing.
    refused: bool
    #: Whether it showed a conversation or a box to write into.
    opened: bool


@dataclass(frozen=True)
class Bubble:
    """A message as a page draws it; `said` is its HTML."""

    role: str
    said: str
    growing: bool = False


@dataclass(frozen=True)
class Screen:
    """A conversation as one tab showed it when a page had been drawn."""

    place: Place
    person: str
    at: float
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True)
class Streamed:
    """A reply the guide began: the message it came after ("" for a greeting), all it says."""

    place: Place
    turn: str
    text: str
    knew: Mapping[str, Any] = field(default_factory=dict)
    proposed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A message as the database has it."""

    id: str
    role: Role
    text: str
    status: MessageStatus
    revision: int
    position: int
    #: Which of its step's conversations it belongs to.
    era: int = 0


@dataclass(frozen=True)
class Look:
    """What the database held at some moment, of one place."""

    place: Place
    at: float
    rows: tuple[Row, ...]
    draft: Mapping[str, Any] = field(default_factory=dict)
    draft_revision: int = 0
    #: Values that were set aside, as JSON or text.
    aside: tuple[str, ...] = ()
    #: Which of its conversations is shown, and which life of the draft this is.
    era: int = 0
    epoch: int = 0
    #: The conflicts those values are kept in.
    conflicts: tuple[Aside, ...] = ()


@dataclass
class History:
    """Everything; people append from their own threads."""

    trials: int = 0
    sent: dict[str, Sent] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    #: Each person's last look at each place, when everything had settled.
    last_screens: list[Screen] = field(default_factory=list)
    streamed: list[Streamed] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    #: What the database held in the end, by place.
    end: dict[Place, Look] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    #: When a team's link was known to open nothing any more, by the link.
    revoked: dict[str, float] = field(default_factory=dict)
    #: Those of them that no other link took the place of at first.
    without_another: set[str] = field(default_factory=set)
    #: What each of them opened in the end, by the link.
    tried_links: dict[str, Tried] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    #: The earlier drafts that are kept in the end, newest first.
    earlier: dict[Place, list[EarlierDraft]] = field(default_factory=dict)
    #: Where somebody has been.
    visited: set[Place] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tried(self) -> None:
        """Count one operation."""
        with self.lock:
            self.trials += 1
