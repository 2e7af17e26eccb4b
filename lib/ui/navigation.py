"""
Between pages: flush, then switch; and which page a step lives on.

Whichever way a page is left (rail, Back, Next, the browser's own buttons, a deep link), the next
page's opening call comes through here before it draws.
"""

import logging
from functools import cache
from pathlib import Path
from typing import NoReturn

import streamlit as st

from lib.access import links
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import component_input, tab
from lib.workshop import steps
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import is_locked
from lib.workshop.transcript import as_name
from lib.workshop.views import OPENS_NEXT

log = logging.getLogger(__name__)

FRONT_DOOR = "streamlit_app.py"
REVIEW = "pages/review.py"

#: Routes of `lib.server.endpoints` for messages sent as a page is left, and for typed text.
OUTBOX = "/throughline/outbox"
TYPED = "/throughline/typed"

#: Route for interviews, and for the sentences that are marked in them.
INTERVIEWS = "/throughline/interviews"

#: Route that pages poll.
LOOK = "/throughline/look"

#: Route that returns the server's time.
CLOCK = "/throughline/clock"

#: Route that exchanges the passcode for a pass, and ends it.
ENTER = "/throughline/enter"

_PAGES = Path(__file__).resolve().parents[2] / "pages"

#: Where each step lives: the page file that bears its slug behind a number for people.
STEP_PAGES = {
    file.stem.partition("_")[2]: f"pages/{file.name}" for file in sorted(_PAGES.glob("[0-9]*_*.py"))
}

#: The query parameters of a team's address.
TEAM = "team"
MEMBER = "member"

WORKSHOP = "workshop"

#: Holds an observer link.
OBSERVE = "observe"

#: Which page of a workshop replaces its table, and for which team.
SHOW, OF = "show", "of"
PEOPLE, QR = "people", "qr"


@cache
def step_page(step: str) -> st.Page:
    """
    Return the page of *step*, for links to it.

    Cached: given a file name, Streamlit would look for the file for each link of each rerun.
    """
    return st.Page(STEP_PAGES[step])


def open_step(process: Process, step: str) -> WorkingCopy:
    """
    Open *step* for the team in the URL: resolve the link, flush the page being left, read, redirect.

    A locked step redirects to the team's current one, with a notice. Raises AccessRefused for an
    invalid link, StoreError if the database cannot answer.
    """
    copy = tab.working_copy()
    link = st.query_params.get(TEAM, "")
    tab.set_member(as_name(st.query_params.get(MEMBER, "")))
    if copy is None or copy.team.link != link:
        leave(process)
        team = links.team_by_link(process.store, link)
        copy = WorkingCopy(team, process.store.workshop(team.workshop_id))
        tab.set_working_copy(copy)
    copy.ask(Action.OPEN_STEP, copy.key(step))
    copy.ask(Action.READ_ROOM)
    if copy.open_step != step:
        copy.reopen_question = None
        leave(process)
        process.autosave.flush(copy.key(step))
        copy.open_step = step
    process.autosave.poll(copy.key(step))
    copy.refresh(process, step)
    if is_locked(copy.states[step].status):
        landing = copy.landing_step
        on = f"Your team is at {steps.step(landing).name}, so that step was opened."
        waits = landing != copy.current_step
        reason = OPENS_NEXT if waits else on
        tab.notify(f"{steps.step(step).name} is not open yet. {reason}")
        go_to_step(process, copy, landing)
    return copy


def leave(process: Process) -> None:
    """
    Store what the step this tab had open has not saved yet; called when any page opens.

    What the database cannot store now waits in autosave, or in the chat box, which sends it again.
    """
    copy = tab.working_copy()
    if copy is None or copy.open_step is None:
        return
    step, copy.open_step = copy.open_step, None
    try:
        component_input.take_in_messages(process, copy, step)
    except (StoreError, AccessRefused) as exc:
        log.warning("What was sent in %s waits in its box: %s", step, exc)
    process.autosave.flush(copy.key(step))


def go_to_step(process: Process, copy: WorkingCopy, step: str) -> NoReturn:
    """Flush, then switch to the page of *step*."""
    leave(process)
    st.switch_page(STEP_PAGES[step], query_params=team_query(copy))


def team_query(copy: WorkingCopy) -> dict[str, str]:
    """Return the query parameters that keep a tab with its team, and its member's name."""
    return query(copy.team.link, tab.member())


def query(link: str, member: str) -> dict[str, str]:
    """Return the query parameters of a team's address, and of a member in it."""
    return {TEAM: link} | ({MEMBER: member} if member else {})


def address(link: str) -> str:
    """Return the address to hand to a team, as seen from this browser."""
    return f"{base_address()}/?{TEAM}={link}"


def observers_address(workshop_id: str, link: str) -> str:
    """Return the address to give to observers."""
    page = Path(REVIEW).stem
    return f"{base_address()}/{page}?{WORKSHOP}={workshop_id}&{OBSERVE}={link}"


def outbox_address() -> str:
    """Return the address the chat box delivers to when its page is left."""
    return f"{base_address()}{OUTBOX}"


def typed_address() -> str:
    """Return the address that typed text is sent to."""
    return f"{base_address()}{TYPED}"


def interviews_address() -> str:
    """Return the address of the interviews' route."""
    return f"{base_address()}{INTERVIEWS}"


def look_address() -> str:
    """Return the address that pages poll."""
    return f"{base_address()}{LOOK}"


def clock_address() -> str:
    """Return the address of the server's clock."""
    return f"{base_address()}{CLOCK}"


def enter_address() -> str:
    """Return the address that accepts the passcode."""
    return f"{base_address()}{ENTER}"


def base_address() -> str:
    """Return where the app is served, without a page's name: scheme, host and any folder."""
    url = (st.context.url or "http://localhost:8501").partition("?")[0].rstrip("/")
    head, _, tail = url.rpartition("/")
    return head if tail in STEP_PAGES or tail == Path(REVIEW).stem else url
