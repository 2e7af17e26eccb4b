"""
Whether a facilitator asks: before anything of the house or of a whole workshop is read or written.

The browser holds a pass as a cookie no script can read, so it is our own request that gives and takes
it; the page is loaded anew afterwards, and is the one that was asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lib.access import facilitators, links
from lib.store import permits
from lib.team.process import Process
from lib.ui import escape, navigation, page, tab
from lib.ui.components.component import component
from lib.workshop import roles
from lib.workshop.records import Team, Workshop
from lib.workshop.rights import NEEDS, FacilitatorPermit, Facts, closed_because
from lib.workshop.roles import NOBODY, AccessRefused, Action, Actor, Scope
from lib.workshop.transcript import clean

_NOT_HERE = (
    "This server has no passcode and no sign-in, so workshops are run at its own machine only. Teams "
    "come in by their links. To run workshops from elsewhere, set FACILITATOR_PASSCODE or [auth]."
)

_OBSERVES = (
    "This tab was opened by an observers' link, which lets you read one workshop. If the link opens "
    "nothing any more, ask your facilitator for it again. To run workshops, open this server's address "
    "in a new tab."
)

_NOT_VERIFIED = (
    "You have signed in, but your provider has not verified your e-mail address, or does not say that "
    "it has: nothing can be opened to it. Verify it there and sign in again, or sign in with another."
)

_mounted = component("gate")


@dataclass(frozen=True)
class Shown:
    """What a browser shows of who is at it: a pass, what a provider says of them, a link."""

    token: str
    headers: Mapping[str, str]
    claims: Mapping[str, Any]
    #: What lets anybody read along in the workshop it is of.
    observer_link: str

    def actor(self, process: Process) -> Actor:
        """Return who that is. Raises StoreError."""
        # Where nothing guards the house, an observers' link is all that tells its holder apart.
        if self.observer_link and not is_guarded(process):
            return NOBODY
        return facilitators.actor(
            process.store, process.settings, self.token, self.headers, self.claims
        )

    def standing(self, process: Process, workshop_id: str) -> tuple[Actor, Scope]:
        """Return who that is, and where they are. Raises AccessRefused, StoreError."""
        # What cannot be an id is no workshop's, and never the house.
        place = clean(workshop_id) or ("?" if workshop_id else "")
        return links.standing(process.store, self.actor(process), place, self.observer_link)


def _shown(process: Process) -> Shown:
    held = st.context.cookies.get(facilitators.COOKIE, "")
    claims = st.user.to_dict() if process.settings.signs_in else {}
    link = tab.observing(st.query_params.get(navigation.OBSERVE, ""))
    # Without a browser, as in a test, a cookie is something else.
    token = held if isinstance(held, str) else ""
    return Shown(token, st.context.headers, claims, link)


def ask(process: Process, action: Action, workshop_id: str = "") -> None:
    """
    Let whoever is at this page do something: in a workshop, or in the house.

    Raises AccessRefused, with one sentence for what is not theirs and what is not there; StoreError.
    """
    actor, scope = _shown(process).standing(process, workshop_id)
    tab.of_run().update({"actor": actor, f"standing/{workshop_id}": (actor, scope)})
    roles.authorize(actor, action, scope)


@contextmanager
def acting(process: Process, action: Action, workshop_id: str = "") -> Iterator[None]:
    """
    Let whoever is at this page do something, as `ask`: every write within checks it once more.

    Raises AccessRefused where the right is gone, also in the middle, Closed where the workshop takes
    no such change, StoreError.
    """
    shown = _shown(process)
    actor, scope = shown.standing(process, workshop_id)
    roles.authorize(actor, action, scope)
    by_pass = actor.is_house and bool(process.settings.passcode)
    digest = facilitators.digest(process.settings, shown.token) if by_pass else ""
    with permits.held(FacilitatorPermit(action, scope.workshop_id, actor, digest)):
        yield


def later(process: Process, action: Action, workshop_id: str) -> Callable[[], None]:
    """Return what asks as `ask` does, whenever it is called: also where there is no page any more."""
    shown = replace(_shown(process), headers=dict(st.context.headers))

    def ask_then() -> None:
        actor, scope = shown.standing(process, workshop_id)
        roles.authorize(actor, action, scope)

    return ask_then


def may(process: Process, action: Action, workshop_id: str = "") -> bool:
    """
    Whether whoever is at this page may do something: to draw only what they can use.

    As it was when it was last asked in this run of the page: who is about to write asks with `ask`.
    Raises StoreError.
    """
    known = tab.of_run().get(f"standing/{workshop_id}")
    try:
        actor, scope = known or _shown(process).standing(process, workshop_id)
    except AccessRefused:
        return False
    return roles.may(actor, action, scope)


def closed(workshop: Workshop, action: Action) -> str:
    """Return why a workshop that was archived or deleted takes no such change; empty where it does."""
    facts = Facts(workshop.archived_at, workshop.erase_at)
    return closed_because(facts, "", NEEDS.get(action, ()))


def _actor(process: Process) -> Actor:
    """Return who is at this page, as it was when that was last asked in this run of it."""
    known: Actor | None = tab.of_run().get("actor")
    return known or _shown(process).actor(process)


def workshops(process: Process) -> list[Workshop]:
    """Return the workshops whoever is at this page may look into, newest first."""
    actor = _actor(process)
    found = links.workshops_of(process.store, actor)
    # The query that lists them decides what `may` answers for each: no query per workshop.
    tab.of_run().update({f"standing/{each.id}": (actor, scope) for each, scope in found})
    return [each for each, _ in found]


def teams(process: Process, workshop_id: str, found: Sequence[Team]) -> list[Team]:
    """
    Return teams as whoever is at this page may know them.

    A link is a key: without the right to see links, each team's is empty, so that nothing drawn
    can hold one.
    """
    sees_links = may(process, Action.SEE_LINKS, workshop_id)
    return list(found) if sees_links else [replace(each, link="") for each in found]


def owner(process: Process) -> str:
    """Return whose a workshop is that is started at this page; empty for the house's."""
    actor = _actor(process)
    return actor.email if actor.is_listed else ""


def open_or_stop(process: Process, action: Action, workshop_id: str = "") -> None:
    """As `ask`, for a whole page: where nobody is let in, draw the way in, and stop."""
    try:
        ask(process, action, workshop_id)
    except AccessRefused as exc:
        if not is_guarded(process):
            raise AccessRefused(_OBSERVES if tab.observing() else _NOT_HERE) from exc
        _, middle, _ = st.columns([1, 2, 1])
        with middle:
            if email := _actor(process).email:
                page.closed(str(exc))
                _signed_in_as(email)
            elif st.query_params.get(navigation.OBSERVE):
                raise
            else:
                _way_in(process)
        st.stop()


def is_guarded(process: Process) -> bool:
    """Whether something opens the house: without, whoever reaches this server may do everything."""
    return bool(process.settings.passcode) or process.settings.signs_in


def _way_in(process: Process) -> None:
    st.title("For facilitators", anchor=False)
    st.markdown("Your team's link leads to your workshop; this way is for who runs it.")
    if process.settings.signs_in:
        if st.user.get("is_logged_in"):
            st.error(_NOT_VERIFIED, icon=":material/link_off:")
            st.button("Sign out", key="sign-out", on_click=st.logout)
        else:
            icon = ":material/login:"
            st.button("Sign in", key="sign-in", type="primary", icon=icon, on_click=st.login)
    _gate(shows="passcode" if process.settings.passcode else "nothing", wanted="keep")


def way_out(process: Process) -> None:
    """
    Draw who has signed in and the way to sign out, where there is one.

    Whoever has just signed in goes on to the page that was asked for.
    """
    if email := _actor(process).email:
        _signed_in_as(email)
        _gate(shows="nothing", wanted="follow")
    elif process.settings.passcode:
        _gate(shows="way out")


def _signed_in_as(email: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="signed-in"):
        st.caption(f"Signed in as {escape.escaped(email)}", width="content")
        st.button("Sign out", key="sign-out", type="tertiary", on_click=st.logout)


def _gate(*, shows: str, wanted: str = "") -> None:
    address = navigation.enter_address()
    _mounted(key=f"gate/{shows}", data={"address": address, "shows": shows, "wanted": wanted})
