"""QR codes of teams' links, to be shown to a room: large, black on white, with the address in words."""

import html

import streamlit as st
from segno import make

from lib.access import codes
from lib.team.process import Process
from lib.ui import navigation
from lib.ui.escape import escaped
from lib.workshop.records import Code, Team, Workshop

#: White modules around a code: a camera finds it by them.
QUIET = 4


def link(workshop_id: str, label: str, team_id: str = "") -> None:
    """Draw the way to the code of a team, or to those of all."""
    of = {navigation.OF: team_id} if team_id else {}
    st.page_link(
        navigation.REVIEW,
        label=label,
        icon=":material/qr_code_2:",
        query_params={navigation.WORKSHOP: workshop_id, navigation.SHOW: navigation.QR, **of},
        width="content",
    )


def back(workshop_id: str) -> None:
    """Draw the way back to the table."""
    st.page_link(
        navigation.REVIEW,
        label="Back to the table",
        icon=":material/arrow_back:",
        query_params={navigation.WORKSHOP: workshop_id},
    )


def show(process: Process, workshop: Workshop, teams: list[Team], of: str) -> None:
    """Draw the code of the team whose id is *of*, or those of all where there is no such team."""
    back(workshop.id)
    open_ = [team for team in teams if not team.revoked]
    chosen = [team for team in open_ if team.id == of] or open_
    team_codes = process.store.codes(workshop.id)
    if not chosen:
        st.info("No team has a link. Create one under People and links.")
        return
    columns = st.columns(min(len(chosen), 3), gap="large")
    for place, team in enumerate(chosen):
        with columns[place % len(columns)]:
            _code(team, team_codes.get(team.id))


def _code(team: Team, code: Code | None) -> None:
    address = navigation.address(team.link)
    st.header(escaped(team.name), anchor=False, text_alignment="center")
    named = html.escape(f"QR code of the link of {team.name}", quote=True)
    st.html(f'<img class="qr" src="{picture(address)}" alt="{named}">')
    if code:
        front = navigation.base_address().partition("//")[2]
        st.markdown(f"{escaped(front)} · code", text_alignment="center")
        st.title(codes.spelled(code.code), anchor=False, text_alignment="center")


def picture(address: str) -> str:
    """Return the QR code of an address as a picture in the address of a picture."""
    code = make(address, error="m", micro=False)
    return code.svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)
