"""
The facilitator's page: where each team stands, and one team's step beside the table.

The address holds the whole state: the workshop, and which team's step is open.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import streamlit as st

from lib import facilitation
from lib.facilitation import Filters, TableContext, WorkshopOverview, archive, exports
from lib.store.errors import NotFound, StoreUnavailable
from lib.team.process import Process
from lib.ui import escape, gate, local_time, navigation, page, render_queue
from lib.ui.components import status_table, tour
from lib.ui.review import (
    agenda_panel,
    downloads,
    events,
    messages_panel,
    people_page,
    qr_page,
    search,
    step_panel,
    timeline,
    usage_panel,
    workshop_panel,
)
from lib.workshop import notes, steps
from lib.workshop.clock import utc_now
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import Status
from lib.workshop.transcript import clean

#: The pixels a number or a filter is wide: two of them fit beside each other on a phone.
BOX = 168


def show() -> None:
    """Draw the review page of the workshop in the URL, or the list of workshops."""
    process = page.begin("Review")
    with page.show_errors():
        navigation.leave(process)
        workshop_id = st.query_params.get(navigation.WORKSHOP, "")
        wanted = Action.SEE_TABLE if workshop_id else Action.LIST_WORKSHOPS
        gate.open_or_stop(process, wanted, workshop_id)
        room = _read(process, clean(workshop_id)) if workshop_id else None
        if room is None:
            _choose(process, unknown=bool(workshop_id))
        else:
            _show(process, room)


def _show(process: Process, room: WorkshopOverview) -> None:
    """Draw what the address asks for of a room, to whom it is open: else its table."""
    # A link from this page to itself changes the parameters, but not what the browser shows.
    st.query_params[navigation.WORKSHOP] = room.workshop.id
    shown = st.query_params.get(navigation.SHOW, "")
    teams = list(room.teams)
    if not gate.may(process, Action.SEE_LINKS, room.workshop.id):
        shown = ""
    if shown == navigation.PEOPLE:
        people_page.show(process, room.workshop, teams)
    elif shown == navigation.QR:
        qr_page.show(process, room.workshop, teams, st.query_params.get(navigation.OF, ""))
    else:
        _show_room(process, room)


def _read(process: Process, workshop_id: str) -> WorkshopOverview | None:
    """
    Save what is unsaved of the workshop, then read it; None where there is no such workshop.

    Three queries, however many teams and messages there are.
    """
    process.autosave.flush_workshop(workshop_id)
    try:
        workshop, teams, usage = process.store.roster(workshop_id)
        if archive.is_due(workshop, utc_now()):
            return None
        teams = gate.teams(process, workshop_id, teams)
        cells, desk = process.store.overview(workshop_id), process.store.desk(workshop_id)
        return WorkshopOverview(workshop, teams, cells, desk, usage)
    except NotFound:
        return None
    except StoreUnavailable:
        _show_unsaved(facilitation.unsaved_lines(process.autosave.report(), workshop_id, {}))
        raise


def _choose(process: Process, *, unknown: bool) -> None:
    shelves = archive.by_state(gate.workshops(process), utc_now())
    _front_door()
    st.title("Review", anchor=False)
    if unknown:
        st.warning(
            "There is no workshop at this address. Check that you copied all of it, "
            "or choose a workshop here.",
            icon=":material/link_off:",
        )
    if not shelves.live:
        st.info("No workshop has been started yet. Start one on the start page.")
    for workshop in shelves.live:
        with st.container(border=True):
            st.page_link(
                navigation.REVIEW,
                label=f"**{escape.escaped(workshop.title)}**",
                icon=":material/table_chart:",
                query_params={navigation.WORKSHOP: workshop.id},
            )
            st.caption(f"{escape.escaped(workshop.challenge)} · {workshop.created_at:%d %B %Y}")
    workshop_panel.put_away(process, shelves)


def _front_door() -> None:
    st.page_link(navigation.FRONT_DOOR, label="Start page", icon=":material/arrow_back:")


# A workshop


def _show_room(process: Process, room: WorkshopOverview) -> None:
    # Before anybody has come in, the links are what the facilitator is here for.
    fresh = not any(row.messages for row in room.rows)

    def may(action: Action) -> bool:
        is_open = not gate.closed(room.workshop, action)
        return is_open and gate.may(process, action, room.workshop.id)

    with page.stable_place():
        _heading(room)
        page.show_notice()
        workshop_panel.banner(process, room.workshop)
        if fresh and may(Action.SEE_LINKS):
            _links(room, expanded=True)
        if may(Action.RUN_AGENDA):
            agenda_panel.show(process, room)
        if may(Action.ANSWER_FLAG):
            messages_panel.show(process, room)
    _table(process, room, may)
    st.divider()
    if not fresh and may(Action.SEE_LINKS):
        _links(room, expanded=False)
    timeline.show(process, room)
    for action, panel in (
        (Action.READ_USAGE, usage_panel),
        (Action.READ_STORY, events),
        (Action.ARCHIVE, workshop_panel),
    ):
        if may(action):
            panel.show(process, room)


def _table(process: Process, room: WorkshopOverview, may: Callable[[Action], bool]) -> None:
    """Draw the table with its filters and the search over it, and beside it the open step."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        filters = _filters()
        words = search.box() if may(Action.SEARCH) else []
    with page.stable_place():
        search.show(process, room, words)
    reads = may(Action.READ_STEPS)
    opened = step_panel.opened(room) if reads else None
    # One column or two: the table stays where it is, and as far as it was scrolled.
    first, *second = st.columns([11, 9] if opened else 1, gap="medium")
    with first:
        _live(process, room, filters)
        _download(process, room, filters)
    with second[0] if second else nullcontext():
        if reads:
            step_panel.show(process, room, opened)


def _heading(room: WorkshopOverview) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        _front_door()
        tour.show(room)
        st.button("Refresh", key="refresh", icon=":material/refresh:", type="tertiary")
    st.title(escape.escaped(room.workshop.title), anchor=False)
    st.markdown(escape.escaped(room.workshop.challenge))


def _filters() -> Filters:
    name = st.text_input(
        "Find a team", key="find-team", icon=":material/search:", live=True, width=BOX
    )
    step = st.selectbox(
        "At step",
        list(steps.SLUGS),
        index=None,
        format_func=lambda slug: facilitation.COLUMNS[slug],
        key="filter-step",
        placeholder="any step",
        width=BOX,
    )
    status = st.selectbox(
        "With status",
        list(Status),
        index=None,
        format_func=lambda status: facilitation.WORDS[status],
        key="filter-status",
        placeholder="any status",
        help="If you also choose a step: teams whose step has this status.",
        width=BOX,
    )
    unfinished = st.toggle("Only with unfinished replies", key="filter-unfinished")
    return Filters(name or "", status, step, unfinished)


# The table, which updates itself


def _live(process: Process, room: WorkshopOverview, filters: Filters) -> None:
    """Draw the table, and redraw it at each poll: one query."""
    shown = room
    first = True
    clicks: list[str] = []

    def clicked(team_id: str, step: str) -> None:
        step_panel.choose(team_id, step)
        clicks.append(team_id)

    @st.fragment
    def look() -> None:
        nonlocal shown, first
        if clicks:
            clicks.clear()
            st.rerun()
        with render_queue.turn(unasked=not first):
            if not first:
                shown = _read_again(process, shown)
            first = False
            opened = step_panel.opened(shown) or ("", "")
            news = (
                facilitation.step_news(room.cell(*opened), shown.cell(*opened))
                if any(opened)
                else ""
            )
            _show_table(process, shown, filters, clicked=clicked, opened=opened, news=news)

    look()


def _read_again(process: Process, room: WorkshopOverview) -> WorkshopOverview:
    """Return the room as it is now; while the database is away, as it was."""
    try:
        gate.ask(process, Action.SEE_TABLE, room.workshop.id)
        return replace(room, cells=process.store.overview(room.workshop.id))
    except AccessRefused:
        # Signed out meanwhile: the whole page says so.
        st.rerun()
    except StoreUnavailable:
        st.warning(
            "The database cannot be reached right now. This table may be out of date.",
            icon=":material/cloud_off:",
        )
        return room


def _show_table(
    process: Process,
    room: WorkshopOverview,
    filters: Filters,
    *,
    clicked: status_table.Clicked,
    opened: tuple[str, str],
    news: str,
) -> None:
    now, report = utc_now(), process.autosave.report()
    look = TableContext(now, room.desk.agenda.plan, report, notes.raised(room.desk.records))
    kept = [row for row in room.rows if filters.keep(row)]
    status_table.show(
        facilitation.table_rows(kept, look),
        workshop_id=room.workshop.id,
        opened=opened,
        headline=facilitation.headline(room.rows, now),
        looked=f"Updated at {now.astimezone(local_time.zone()):%H:%M:%S}",
        news=news,
        clicked=clicked,
    )
    if not kept:
        st.info("No team matches these filters.")
    _show_unsaved(facilitation.unsaved_lines(report, room.workshop.id, room.names))
    _show_dropped(
        facilitation.dropped_lines(process.autosave.dropped(), room.workshop.id, room.names)
    )


def _show_dropped(lines: list[str]) -> None:
    if lines:
        st.error(
            "These changes could not be saved and are lost. Ask the team to check and type them "
            "again:\n\n" + "\n".join(f"- {escape.escaped(line)}" for line in lines),
            icon=":material/error:",
        )


def _show_unsaved(lines: list[str]) -> None:
    if lines:
        st.warning(
            "Not saved yet on this server; it keeps trying:\n\n"
            + "\n".join(f"- {escape.escaped(line)}" for line in lines),
            icon=":material/sync_problem:",
        )


# Below the table


def _download(process: Process, room: WorkshopOverview, filters: Filters) -> None:
    """Draw the buttons for the table as a file; it is read when one is pressed."""

    def sheet() -> exports.Sheet:
        process.autosave.flush_workshop(room.workshop.id)
        now = replace(room, cells=process.store.overview(room.workshop.id))
        return exports.status([row for row in now.rows if filters.keep(row)], utc_now())

    downloads.show(process, room.workshop.id, "status", sheet, room.workshop.title, "status")


def _links(room: WorkshopOverview, *, expanded: bool) -> None:
    with st.expander("Team links", icon=":material/link:", key="team-links", expanded=expanded):
        st.caption("Anyone with a team's link can join that team. Give each team its own link.")
        people_page.link(room.workshop)
        for team in room.teams:
            st.markdown(f"**{escape.escaped(team.name)}**")
            if team.revoked:
                st.caption("Its link was revoked.")
            else:
                st.code(navigation.address(team.link), language=None)
