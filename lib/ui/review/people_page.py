"""People and links: team links and codes, the observer link, and co-facilitators."""

from collections.abc import Callable

import streamlit as st

from lib.access import codes, sharing
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.ui import buttons, gate, navigation, page
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.ui.review import qr_page
from lib.ui.tab import notify
from lib.workshop.records import Code, Team, Workshop
from lib.workshop.roles import AccessRefused, Action, Role

ROLES = {Role.CO_FACILITATOR: "Co-facilitator", Role.OBSERVER: "Observer"}

_NO_EMAIL = "This is not an e-mail address. Please check it."


def link(workshop: Workshop) -> None:
    """Draw the way here, on the review page."""
    st.page_link(
        navigation.REVIEW,
        label="Codes, QR codes, people",
        icon=":material/qr_code_2:",
        query_params={navigation.WORKSHOP: workshop.id, navigation.SHOW: navigation.PEOPLE},
    )


def show(process: Process, workshop: Workshop, teams: list[Team]) -> None:
    """Draw the page."""
    qr_page.back(workshop.id)
    st.title("People and links", anchor=False)
    st.markdown(f"**{escaped(workshop.title)}**")
    with page.stable_place():
        page.show_notice()
    st.caption("Anyone with a team's link or code can join that team. Give each team its own link.")
    if closed := gate.closed(workshop, Action.CHANGE_LINKS):
        st.info(closed, icon=":material/inventory_2:")
        return
    team_codes = process.store.codes(workshop.id)
    for team in teams:
        with st.container(border=True, key=f"way/{team.id}"):
            _team(process, team, team_codes.get(team.id))
    qr_page.link(workshop.id, "QR codes of all teams, full screen")
    _observers(process, workshop)
    if gate.may(process, Action.SHARE, workshop.id):
        _people(process, workshop)


def _team(process: Process, team: Team, code: Code | None) -> None:
    def button(label: str, key: str, do: Callable[[], str], icon: str | None = None) -> None:
        _button(process, team.workshop_id, label, f"{key}/{team.id}", do, icon=icon)

    st.subheader(escaped(team.name), anchor=False)
    if team.revoked:
        st.markdown("Its link was revoked. Nobody can join, and open tabs are closed.")
        button("Create a new link", "renew", _linked(process, team))
        return
    st.code(navigation.address(team.link), language=None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if code:
            st.markdown(
                f"Code **{codes.spelled(code.code)}**, until {when(code.expires_at)}",
                width="content",
            )
        label = "New code" if code else "Create a code"
        button(label, "code", _coded(process, team), ":material/pin:")
        qr_page.link(team.workshop_id, "QR code", team.id)
        with st.popover("Replace or revoke", icon=":material/key_off:", width="content"):
            st.markdown(
                "The current link and code stop working, and every tab opened with them is closed. "
                "Nothing the team has written changes."
            )
            button("Replace the link", "change", _linked(process, team))
            button("Revoke the link", "revoke", _linked(process, team, revoked=True))


def _coded(process: Process, team: Team) -> Callable[[], str]:
    def make() -> str:
        sharing.new_code(process.store, team.key)
        return f"{team.name} has a new code."

    return make


def _linked(process: Process, team: Team, *, revoked: bool = False) -> Callable[[], str]:
    def change() -> str:
        if revoked:
            sharing.revoke_link(process.store, team.key)
            return f"The link of {team.name} was revoked."
        sharing.replace_link(process.store, team.key)
        return f"{team.name} has a new link. Hand it out again."

    return change


def _button(
    process: Process,
    workshop_id: str,
    label: str,
    key: str,
    do: Callable[[], str],
    *,
    action: Action = Action.CHANGE_LINKS,
    icon: str | None = None,
) -> None:
    """Draw a button that needs a right; the page then shows what it did."""
    arguments = (process, action, workshop_id, do)
    st.button(label, key=key, icon=icon, on_click=_done, args=arguments)


def _done(process: Process, action: Action, workshop_id: str, do: Callable[[], str]) -> None:
    """Do it if allowed, and have the page say so; else change nothing and say why."""
    try:
        with gate.acting(process, action, workshop_id):
            notify(escaped(do()))
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))


# Observers


def _observers(process: Process, workshop: Workshop) -> None:
    st.subheader("Observers", anchor=False)
    held = process.store.observer_link(workshop.id)

    def change() -> str:
        sharing.new_observer_link(process.store, workshop.id)
        return "There is a new observer link."

    def take_away() -> str:
        sharing.revoke_observer_link(process.store, workshop.id)
        return "The observer link was revoked."

    if not held:
        st.caption("With an observer link, others can see everything here but change nothing.")
        _button(process, workshop.id, "Create a link", "observe", change)
        return
    st.caption("Anyone with this link can see the table and every conversation but change nothing.")
    if not gate.is_guarded(process):
        st.caption(
            "This server has no passcode, so anyone at this computer can do everything without the link."
        )
    st.code(navigation.observers_address(workshop.id, held), language=None)
    with st.container(horizontal=True):
        _button(process, workshop.id, "Replace the link", "observe", change)
        _button(process, workshop.id, "Revoke the link", "observe-not", take_away)


# People who sign in


def _people(process: Process, workshop: Workshop) -> None:
    st.subheader("People who sign in", anchor=False)
    for email, role in process.store.grants(workshop.id).items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{escaped(email)} · {ROLES[role].lower()}", width="content")
            out = _granted(process, workshop, email, None)
            key = f"drop/{email}"
            _button(process, workshop.id, "Remove", key, out, action=Action.SHARE)
    if not process.settings.signs_in:
        st.caption(
            "To add people by e-mail, connect this server to a sign-in provider: see “[auth]” in the "
            "README."
        )
        return
    with st.form("share", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("E-mail address", key="share-email")
        as_ = st.selectbox("Role", list(ROLES), format_func=ROLES.__getitem__, key="share-role")
        pressed = buttons.submit("Add", key="share-add")
    if not pressed:
        return
    if not (email := codes.email(typed)):
        st.error(_NO_EMAIL)
        return
    _done(process, Action.SHARE, workshop.id, _granted(process, workshop, email, as_))
    st.rerun()


def _granted(
    process: Process, workshop: Workshop, email: str, role: Role | None
) -> Callable[[], str]:
    def write() -> str:
        sharing.grant(process.store, workshop.id, email, role)
        return f"Added {email}." if role else f"Removed {email}."

    return write
