"""
The facilitator's page: who stands where in a workshop, and what any team has said and made.

The address says it all: which workshop, and which team's step is open beside the table.
"""

from dataclasses import replace
from datetime import datetime

import streamlit as st

from lib import exports, navigation, review, steps
from lib.process import Process
from lib.replies import utc_now
from lib.review import Filters, Room, TeamSummary
from lib.status import Status
from lib.store.port import NotFound, StoreUnavailable
from lib.transcript import clean
from lib.ui import moment, page, review_step, safe, tables, tour, usage_panel
from lib.workshop import Workshop

#: Seconds between two looks at the table.
LOOK_EVERY = 5.0

#: The most events shown: what a facilitator reads back over is the last hours.
MAX_EVENTS = 500

#: The pixels a number or a filter is wide: two of them fit beside each other on a phone.
BOX = 168


def show() -> None:
    """Draw the review page of the workshop in the URL, or the list of workshops."""
    process = page.begin("Review")
    with page.errors_shown():
        navigation.leave(process)
        asked = st.query_params.get(navigation.WORKSHOP, "")
        room = _read(process, clean(asked)) if asked else None
        if room is None:
            _choose(process.store.workshops(), unknown=bool(asked))
        else:
            _show_room(process, room)


def _read(process: Process, workshop_id: str) -> Room | None:
    """Save what is unsaved of the workshop, then read it; None where there is no such workshop."""
    process.autosave.flush_workshop(workshop_id)
    try:
        workshop = process.store.workshop(workshop_id)
        teams = process.store.teams(workshop_id)
        return Room(workshop, teams, process.store.overview(workshop_id))
    except NotFound:
        return None
    except StoreUnavailable:
        _show_unsaved(review.unsaved_lines(process.autosave.report(), workshop_id, {}))
        raise


def _choose(workshops: list[Workshop], *, unknown: bool) -> None:
    _front_door()
    st.title("Review", anchor=False)
    if unknown:
        st.warning(
            "There is no workshop at this address. Please check that all of it was copied, "
            "or choose one here.",
            icon=":material/link_off:",
        )
    if not workshops:
        st.info("No workshop has been started yet. Start one at the front door.")
    for workshop in workshops:
        with st.container(border=True):
            st.page_link(
                navigation.REVIEW,
                label=f"**{safe.escaped(workshop.title)}**",
                icon=":material/table_chart:",
                query_params={navigation.WORKSHOP: workshop.id},
            )
            st.caption(f"{safe.escaped(workshop.challenge)} · {workshop.created_at:%d %B %Y}")


def _front_door() -> None:
    st.page_link(navigation.FRONT_DOOR, label="Front door", icon=":material/arrow_back:")


# A workshop


def _show_room(process: Process, room: Room) -> None:
    # A link from this page to itself changes the parameters, but not what the browser shows.
    st.query_params[navigation.WORKSHOP] = room.workshop.id
    _heading(room)
    page.show_notice()
    # Before anybody has come in, the links are what the facilitator is here for.
    fresh = not any(row.messages for row in room.rows)
    if fresh:
        _links(room, expanded=True)
    headline = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        filters = _filters()
        _download(process, room, filters)
    _live(process, room, filters, headline)
    review_step.show(process, room)
    st.divider()
    if not fresh:
        _links(room, expanded=False)
    usage_panel.show(process, room)
    _events(process, room)


def _heading(room: Room) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        _front_door()
        tour.show(room)
        st.button("Refresh", key="refresh", icon=":material/refresh:", type="tertiary")
    st.title(safe.escaped(room.workshop.title), anchor=False)
    st.markdown(safe.escaped(room.workshop.challenge))


def _filters() -> Filters:
    name = st.text_input(
        "Find a team", key="find-team", icon=":material/search:", live=True, width=BOX
    )
    step = st.selectbox(
        "At step",
        list(steps.SLUGS),
        index=None,
        format_func=lambda slug: review.COLUMNS[slug],
        key="filter-step",
        placeholder="any step",
        width=BOX,
    )
    status = st.selectbox(
        "With status",
        list(Status),
        index=None,
        format_func=lambda status: review.WORDS[status],
        key="filter-status",
        placeholder="any status",
        help="Together with a step: the teams whose step has this status.",
        width=BOX,
    )
    unfinished = st.toggle("Only with unfinished replies", key="filter-unfinished")
    return Filters(name or "", status, step, unfinished)


def _live(
    process: Process, room: Room, filters: Filters, headline: "st.delta_generator.DeltaGenerator"
) -> None:
    """Draw what changes by itself, and again every few seconds: one question to the database."""
    shown = room
    first = True
    clicks: list[str] = []

    def clicked(team_id: str, step: str) -> None:
        review_step.choose(team_id, step)
        clicks.append(team_id)

    @st.fragment(run_every=LOOK_EVERY)
    def look() -> None:
        nonlocal shown, first
        if not first:
            shown = _read_again(process, shown)
        first = False
        names = shown.names
        _show_headline(headline, shown.rows, utc_now())
        _show_unsaved(review.unsaved_lines(process.autosave.report(), room.workshop.id, names))
        tables.show([row for row in shown.rows if filters.keep(row)], utc_now(), clicked)
        if clicks:
            clicks.clear()
            st.rerun()

    look()


def _read_again(process: Process, room: Room) -> Room:
    """Return the room as it is now; while the database is away, as it was."""
    process.autosave.flush_workshop(room.workshop.id)
    try:
        return replace(room, cells=process.store.overview(room.workshop.id))
    except StoreUnavailable:
        st.warning(
            "The database cannot be reached right now: this is how things stood before.",
            icon=":material/cloud_off:",
        )
        return room


def _show_headline(
    place: "st.delta_generator.DeltaGenerator", rows: list[TeamSummary], now: datetime
) -> None:
    steps_complete = sum(row.complete for row in rows)
    last = review.latest(row.last_activity for row in rows)
    with place.container(horizontal=True, key="headline"):
        for label, value in (
            ("Teams", str(len(rows))),
            ("Steps complete", f"{steps_complete} of {len(rows) * len(steps.STEPS)}"),
            ("Messages", f"{sum(row.messages for row in rows):,}"),
            ("Last activity", review.since(last, now)),
        ):
            st.metric(label, value, width=BOX)


def _show_unsaved(lines: list[str]) -> None:
    if lines:
        st.warning(
            "Not saved yet on this server; it keeps trying:\n\n"
            + "\n".join(f"- {safe.escaped(line)}" for line in lines),
            icon=":material/sync_problem:",
        )


# Below the table


def _download(process: Process, room: Room, filters: Filters) -> None:
    """Draw the button for the table as a file; it is read when the button is pressed."""

    def data() -> bytes:
        process.autosave.flush_workshop(room.workshop.id)
        now = replace(room, cells=process.store.overview(room.workshop.id))
        return exports.status_csv([row for row in now.rows if filters.keep(row)])

    st.download_button(
        "Table as CSV",
        data,
        file_name=review_step.file_name(room.workshop.title, "status"),
        mime="text/csv",
        key="status-csv",
        icon=":material/download:",
        help="The teams shown, with exact times in UTC",
        on_click="ignore",
    )


def _links(room: Room, *, expanded: bool) -> None:
    with st.expander("Team links", icon=":material/link:", key="team-links", expanded=expanded):
        st.caption("Whoever holds a team's link is in the team: give each team its own.")
        for team in room.teams:
            st.markdown(f"**{safe.escaped(team.name)}**")
            st.code(navigation.address(team.link), language=None)


def _events(process: Process, room: Room) -> None:
    with st.expander("What has happened", icon=":material/history:", key="events"):
        events = process.store.events(room.workshop.id)
        for line in review.overrides(room, events):
            st.markdown(f":material/rule: {safe.escaped(line)}")
        table = review.events_table(events[-MAX_EVENTS:], room.names, moment.zone())
        st.dataframe(table, hide_index=True, key="events-table", alt="What has happened")
