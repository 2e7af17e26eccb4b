"""QR codes of teams' links, to be shown to a room: large, black on white, with the address in words."""

import streamlit as st
from segno import make

from lib import navigation, ways
from lib.process import Process
from lib.ui.safe import escaped
from lib.workshop import Code, Team, Workshop

#: White modules around a code: a camera finds it by them.
QUIET = 4


def link(of: Team | Workshop, label: str) -> None:
    """Draw the way to the code of a team, or to those of all in a workshop."""
    team = of.id if isinstance(of, Team) else ""
    workshop_id = of.workshop_id if isinstance(of, Team) else of.id
    query = {navigation.WORKSHOP: workshop_id, navigation.SHOW: navigation.QR, navigation.OF: team}
    st.page_link(
        navigation.REVIEW,
        label=label,
        icon=":material/qr_code_2:",
        query_params={name: value for name, value in query.items() if value},
        width="content",
    )


def back(workshop: Workshop) -> None:
    """Draw the way back to the table."""
    st.page_link(
        navigation.REVIEW,
        label="Back to the table",
        icon=":material/arrow_back:",
        query_params={navigation.WORKSHOP: workshop.id},
    )


def show(process: Process, workshop: Workshop, teams: list[Team], of: str) -> None:
    """Draw the code of the team whose id is *of*, or those of all where there is no such team."""
    back(workshop)
    open_ = [team for team in teams if not team.revoked]
    chosen = [team for team in open_ if team.id == of] or open_
    codes = process.store.codes(workshop.id)
    if not chosen:
        st.info("No team has a link: give one at People and links.")
        return
    columns = st.columns(min(len(chosen), 3), gap="large")
    for place, team in enumerate(chosen):
        with columns[place % len(columns)]:
            _code(team, codes.get(team.id))


def _code(team: Team, code: Code | None) -> None:
    address = navigation.address(team.link)
    st.header(escaped(team.name), anchor=False, text_alignment="center")
    st.html(
        f'<img class="qr" src="{picture(address)}" alt="QR code of the link of this team">',
    )
    if code:
        front = navigation.base_address().partition("//")[2]
        st.markdown(f"{escaped(front)} · code", text_alignment="center")
        st.title(ways.spelled(code.code), anchor=False, text_alignment="center")


def picture(address: str) -> str:
    """Return the QR code of an address as a picture in the address of a picture."""
    made = make(address, error="m", micro=False)
    return made.svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)
