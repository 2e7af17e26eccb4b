"""
Authorizes facilitator pages before any read or write.

The browser holds the pass in a cookie that scripts cannot read, so our own request sets and deletes it;
afterwards the requested page is reloaded.
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
    "This server has no passcode and no sign-in, so you can run workshops only on the server "
    "itself. Teams join with their links. To run workshops from another computer, set "
    "FACILITATOR_PASSCODE or [auth]."
)

_OBSERVES = (
    "This tab was opened with an observer link, which lets you read one workshop. If the link no longer "
    "works, ask your facilitator for a new one. To run workshops, open this server's address "
    "in a new tab."
)

_NOT_VERIFIED = (
    "You are signed in, but your provider has not verified your e-mail address, so you have no access. "
    "Verify the address with your provider and sign in again, or use another account."
)

_mounted = component("gate")


@dataclass(frozen=True)
class Credentials:
    """The credentials a browser presents: a pass, a provider's claims, an observer link."""

    token: str
    headers: Mapping[str, str]
    claims: Mapping[str, Any]
    #: Lets anyone read the workshop it belongs to.
    observer_link: str

    def actor(self, process: Process) -> Actor:
        """Return the actor they identify. Raises StoreError."""
        # On an unguarded server, only the observer link distinguishes its holder.
        if self.observer_link and not is_guarded(process):
            return NOBODY
        return facilitators.actor(
            process.store, process.settings, self.token, self.headers, self.claims
        )

    def standing(self, process: Process, workshop_id: str) -> tuple[Actor, Scope]:
        """Return the actor and their scope. Raises AccessRefused, StoreError."""
        # An invalid id must not become the empty one, which means the whole server.
        place = clean(workshop_id) or ("?" if workshop_id else "")
        return links.standing(process.store, self.actor(process), place, self.observer_link)


def _credentials(process: Process) -> Credentials:
    held = st.context.cookies.get(facilitators.COOKIE, "")
    claims = st.user.to_dict() if process.settings.signs_in else {}
    link = tab.observing(st.query_params.get(navigation.OBSERVE, ""))
    # Without a browser, as in a test, a cookie is something else.
    token = held if isinstance(held, str) else ""
    return Credentials(token, st.context.headers, claims, link)


def ask(process: Process, action: Action, workshop_id: str = "") -> None:
    """
    Authorize an action of this page's user, in a workshop or on the whole server.

    Raises AccessRefused, with the same sentence for forbidden and unknown workshops; StoreError.
    """
    actor, scope = _credentials(process).standing(process, workshop_id)
    tab.run_cache().update({"actor": actor, f"standing/{workshop_id}": (actor, scope)})
    roles.authorize(actor, action, scope)


@contextmanager
def acting(process: Process, action: Action, workshop_id: str = "") -> Iterator[None]:
    """
    Authorize an action as `ask` does; each write within the context checks the right again.

    Raises AccessRefused if the right is gone, even half-way, Closed if the workshop accepts no such
    change, StoreError.
    """
    credentials = _credentials(process)
    actor, scope = credentials.standing(process, workshop_id)
    roles.authorize(actor, action, scope)
    by_pass = actor.is_house and bool(process.settings.passcode)
    digest = facilitators.digest(process.settings, credentials.token) if by_pass else ""
    with permits.held(FacilitatorPermit(action, scope.workshop_id, actor, digest)):
        yield


def later(process: Process, action: Action, workshop_id: str) -> Callable[[], None]:
    """Return a function that authorizes as `ask` does, even after the page is gone."""
    credentials = replace(_credentials(process), headers=dict(st.context.headers))

    def ask_then() -> None:
        actor, scope = credentials.standing(process, workshop_id)
        roles.authorize(actor, action, scope)

    return ask_then


def may(process: Process, action: Action, workshop_id: str = "") -> bool:
    """
    Return whether this page's user may do something, to draw only usable controls.

    Cached for this run of the page; before a write, use `acting`. Raises StoreError.
    """
    known = tab.run_cache().get(f"standing/{workshop_id}")
    try:
        actor, scope = known or _credentials(process).standing(process, workshop_id)
    except AccessRefused:
        return False
    return roles.may(actor, action, scope)


def closed(workshop: Workshop, action: Action) -> str:
    """Return why an archived or deleted workshop accepts no such change; empty if it does."""
    facts = Facts(workshop.archived_at, workshop.erase_at)
    return closed_because(facts, "", NEEDS.get(action, ()))


def _actor(process: Process) -> Actor:
    """Return this page's user, cached for this run."""
    known: Actor | None = tab.run_cache().get("actor")
    return known or _credentials(process).actor(process)


def workshops(process: Process) -> list[Workshop]:
    """Return the workshops this page's user may open, newest first."""
    actor = _actor(process)
    found = links.workshops_of(process.store, actor)
    # The query that lists them decides what `may` answers for each: no query per workshop.
    tab.run_cache().update({f"standing/{each.id}": (actor, scope) for each, scope in found})
    return [each for each, _ in found]


def teams(process: Process, workshop_id: str, found: Sequence[Team]) -> list[Team]:
    """
    Return *found*, without links if this page's user may not see them.

    A link is a key: an empty one cannot leak into anything drawn.
    """
    sees_links = may(process, Action.SEE_LINKS, workshop_id)
    return list(found) if sees_links else [replace(each, link="") for each in found]


def owner(process: Process) -> str:
    """Return the owner of a workshop started here; empty for the server's own."""
    actor = _actor(process)
    return actor.email if actor.is_listed else ""


def open_or_stop(process: Process, action: Action, workshop_id: str = "") -> None:
    """Authorize a whole page as `ask` does; if refused, draw the sign-in and stop."""
    try:
        ask(process, action, workshop_id)
    except AccessRefused as exc:
        if not is_guarded(process):
            raise AccessRefused(_OBSERVES if tab.observing() else _NOT_HERE) from exc
        _, middle, _ = st.columns([1, 2, 1])
        with middle:
            if email := _actor(process).email:
                page.show_refusal(str(exc))
                _signed_in_as(email)
            elif st.query_params.get(navigation.OBSERVE):
                raise
            else:
                _sign_in(process)
        st.stop()


def is_guarded(process: Process) -> bool:
    """Return whether the server has a passcode or sign-in; without, anyone may do everything."""
    return bool(process.settings.passcode) or process.settings.signs_in


def _sign_in(process: Process) -> None:
    st.title("For facilitators", anchor=False)
    st.markdown("This page is for facilitators. To join a workshop, open your team's link.")
    if process.settings.signs_in:
        if st.user.get("is_logged_in"):
            st.error(_NOT_VERIFIED, icon=":material/link_off:")
            st.button("Sign out", key="sign-out", on_click=st.logout)
        else:
            icon = ":material/login:"
            st.button("Sign in", key="sign-in", type="primary", icon=icon, on_click=st.login)
    _gate(shows="passcode" if process.settings.passcode else "nothing", wanted="keep")


def sign_out(process: Process) -> None:
    """
    Draw the signed-in address and the button to sign out, if there is one.

    After a sign-in, the browser continues to the page that was requested.
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
