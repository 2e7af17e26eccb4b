"""
The tour of the demo: in half a dozen stops, what a facilitator can do here.

It lives in the browser alone: no stop reruns the page, and none takes the focus from what somebody
types. The browser keeps how far it went, and that it was skipped or seen to its end.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from lib import demo
from lib.facilitation import WorkshopOverview
from lib.ui import navigation
from lib.ui.components.component import component
from lib.workshop import steps
from lib.workshop.records import StepOverview, Team
from lib.workshop.status import Status

_mounted = component("tour")


@dataclass(frozen=True)
class Stop:
    """One stop: its text, the page element it points at, and a link to try it."""

    title: str
    text: str
    #: A CSS selector; empty where it is about another page.
    at: str = ""
    #: The words and the address of a link that opens in another tab; both may be empty.
    link: str = ""
    href: str = ""


def show(room: WorkshopOverview) -> None:
    """Offer the tour, and begin it where it was never seen; nothing but in the demo."""
    if not demo.is_demo(room.workshop):
        return
    _mounted(key="tour", data={"stops": [asdict(each) for each in stops(room)]}, width="content")


def stops(room: WorkshopOverview) -> list[Stop]:
    """Return the stops for the demo as it stands now: what nobody shows any more is left out."""
    return [
        Stop(
            "Your workshop at a glance",
            "One row per team, one column per step. Colours and words show each step's status, "
            "and the table updates by itself. Click a cell to open that step beside it.",
            at='[class*="st-key-status-table"]',
        ),
        *_stale(room),
        *_broken_off(room),
        *_finished(room),
        Stop(
            "Take it with you",
            "Download the tables, as you have filtered them, and every conversation. "
            "Nothing in the files can run as a formula.",
            at=".st-key-filters",
        ),
        *_links(room),
    ]


def _links(room: WorkshopOverview) -> Iterator[Stop]:
    if any(team.link for team in room.teams):
        yield Stop(
            "A link for each team",
            "Anyone with a team's link can join that team: no account, no installation. Give "
            "each team its own link; it works on a phone too.",
            at=".st-key-team-links",
        )


def _stale(room: WorkshopOverview) -> Iterator[Stop]:
    def is_stale(cell: StepOverview) -> bool:
        return cell.state.status is Status.NEEDS_REGENERATION

    for team, step in _first(room, is_stale):
        yield Stop(
            "A step to look at again",
            f"{team.name} went back and changed something. Steps that build on it are marked, and "
            "nothing is lost: each shows what has changed and asks whether to keep it or "
            "to redraft it.",
            at='[class*="st-key-status-table"]',
            link=f"See {steps.step(step).name}" if team.link else "",
            href=_address(team, step),
        )


def _broken_off(room: WorkshopOverview) -> Iterator[Stop]:
    for team, step in _first(room, lambda cell: cell.unfinished > 0):
        # Retry is on the team's own page, which opens by the team's link.
        if not team.link:
            return
        yield Stop(
            "An interrupted reply",
            f"For {team.name} the guide stopped in the middle of a sentence. The whole conversation "
            "is there, and Retry asks the same question again.",
            link="See where Retry is",
            href=_address(team, step),
        )


def _finished(room: WorkshopOverview) -> Iterator[Stop]:
    for team, step in _first(room, lambda cell: cell.state.status is Status.COMPLETE):
        if not team.link:
            return
        yield Stop(
            "Change your mind",
            f"{team.name} has confirmed {steps.step(step).name}. “Revise this step” reopens it. "
            "First you see which steps this affects, and you can undo it.",
            link=f"See {steps.step(step).name}",
            href=_address(team, step),
        )


def _first(
    room: WorkshopOverview, wanted: Callable[[StepOverview], bool]
) -> Iterator[tuple[Team, str]]:
    """Yield the first team and step that is *wanted*, if there is one."""
    for row in room.rows:
        for step, cell in row.cells.items():
            if wanted(cell):
                yield row.team, step
                return


def _address(team: Team, step: str) -> str:
    """Return where a team's step opens; empty without the right to see the team's link."""
    if not team.link:
        return ""
    return f"{navigation.base_address()}/{step}?{urlencode(navigation.query(team.link, ''))}"
