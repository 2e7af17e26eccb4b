"""One team's step, read-only beside the table: conversation, result, history and events."""

import re

import streamlit as st

from lib import facilitation
from lib.facilitation import TeamSummary, WorkshopOverview, exports
from lib.team.process import Process
from lib.team.working_copy import WINDOW
from lib.ui import escape, gate
from lib.ui.components import artifact_card, bubbles
from lib.ui.local_time import zone
from lib.ui.review import downloads, override_panel, redact_panel, reset_archive
from lib.ui.step import earlier_drafts_panel, history_panel
from lib.workshop import steps
from lib.workshop.records import StepKey
from lib.workshop.roles import Action
from lib.workshop.status import Status
from lib.workshop.transcript import Message, MessageStatus

#: The query parameters that say whose step is open, and how much of its transcript. (`team` is
#: taken: it holds a team's link.)
OPEN_TEAM, OPEN_STEP, SHOWN = "at", "step", "shown"

#: The most messages a page shows; the file holds all.
MAX_SHOWN = 2_000

#: Characters of a message a page shows; the file holds all.
MAX_CHARACTERS = 20_000

#: Pixels of a transcript before it scrolls.
HEIGHT = 480

_ENDINGS = {
    MessageStatus.INTERRUPTED: "interrupted",
    MessageStatus.ERROR: "the guide failed",
}


# What is open


def choose(team_id: str, step: str) -> None:
    """Open a team's step in this tab's address; nothing happens where one of them is empty."""
    if team_id and step:
        st.query_params.update({OPEN_TEAM: team_id, OPEN_STEP: step})
        st.query_params.pop(SHOWN, None)


def opened(room: WorkshopOverview) -> tuple[str, str] | None:
    """Return the team's id and the step the address says, as far as it makes sense."""
    requested = st.query_params.get(OPEN_TEAM)
    if requested is None:
        return None
    rows = {row.team.id: row for row in room.rows}
    team_id = _known(requested, list(rows))
    if team_id is None:
        return None
    step = _known(st.query_params.get(OPEN_STEP), list(steps.SLUGS))
    return team_id, step or rows[team_id].current_step


def _known(value: str | None, options: list[str]) -> str | None:
    return value if value in options else None


def _close() -> None:
    for name in (OPEN_TEAM, OPEN_STEP, SHOWN):
        st.query_params.pop(name, None)


# Drawing


def show(process: Process, room: WorkshopOverview, chosen: tuple[str, str] | None) -> None:
    """Draw the choice of a team and a step, and that step where one is *chosen*."""
    rows = {row.team.id: row for row in room.rows}
    _choice(rows, chosen)
    if chosen is None:
        st.caption("Click a cell of the table, or choose a team, to open a step here.")
        return
    team_id, step = chosen
    row, about = rows[team_id], steps.step(step)
    key = row.team.step_key(step)
    st.subheader(f"{escape.escaped(row.team.name)} · {about.number}\\. {about.name}", anchor=False)
    conversation, result, history, event_log = st.tabs(
        ["Conversation", "Result", "History", "Events"]
    )
    with conversation:
        _conversation(process, row, key)
    with result:
        _result(process, room, row, key)
    with history:
        _history(process, key)
    with event_log:
        _events(process, key)


def _choice(rows: dict[str, TeamSummary], chosen: tuple[str, str] | None) -> None:
    """Draw the boxes, which hold what the address says; the address follows them."""
    team_id, step = chosen or (None, None)
    names = {id_: row.team.name for id_, row in rows.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = _pick("Team", list(rows), team_id, names)
        picked_step = (
            _pick("Step", list(steps.SLUGS), step, facilitation.COLUMNS) if picked else step
        )
        if chosen:
            st.button(
                "Close", key="close-step", icon=":material/close:", type="tertiary", on_click=_close
            )
    if picked and (picked, picked_step) != (team_id, step):
        choose(picked, picked_step or rows[picked].current_step)
        st.rerun()


def _pick(label: str, options: list[str], chosen: str | None, names: dict[str, str]) -> str | None:
    # The address is what holds the choice: with another one, this is another box.
    return st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen else None,
        format_func=lambda option: names[option],
        key=f"open-{label.lower()}/{chosen or ''}",
        placeholder=f"Choose a {label.lower()}",
        width=200,
    )


# Conversation


def _conversation(process: Process, row: TeamSummary, key: StepKey) -> None:
    shown = _requested_count()
    # One more than is shown, to know whether there is one.
    stored = process.store.messages(key, last=shown + 1)
    messages = facilitation.with_unsaved(stored, process.autosave.pending(key).messages)
    if not messages:
        st.caption("No messages yet.")
        redact_panel.show(process, key)
        return
    with st.container(key="said", height=HEIGHT, border=False, autoscroll=True):
        if len(messages) > shown and shown < MAX_SHOWN:
            st.button(
                "Show earlier", key="show-earlier", icon=":material/expand_less:", on_click=_more
            )
        st.html(bubbles.html(messages[-shown:], MAX_CHARACTERS, note_of=_note))
    if any(len(each.text) > MAX_CHARACTERS for each in messages[-shown:]):
        st.caption("Long messages are shortened here. The CSV has the full text.")
    _download(process, row, key)
    _replaced(process, key)
    redact_panel.show(process, key)


def _note(message: Message) -> str:
    """Return what stands behind a message's author: when it was, and how it ended."""
    ending = _ENDINGS.get(message.status)
    return facilitation.clock(message.created_at, zone()) + (f" · {ending}" if ending else "")


def _requested_count() -> int:
    """Return how many messages the address asks for, within reason."""
    requested = st.query_params.get(SHOWN, "")
    number = int(requested) if re.fullmatch(r"[0-9]{1,6}", requested) else WINDOW
    return min(max(number, WINDOW), MAX_SHOWN)


def _more() -> None:
    st.query_params[SHOWN] = str(_requested_count() + WINDOW)


def _download(process: Process, row: TeamSummary, key: StepKey) -> None:
    def sheet() -> exports.Sheet:
        process.autosave.flush(key)
        return exports.messages(process.store.messages(key))

    downloads.show(process, key.workshop_id, "messages", sheet, row.team.name, key.step)


def _replaced(process: Process, key: StepKey) -> None:
    """Draw replaced replies, which the team no longer sees."""
    discarded = process.store.discarded(key)
    if not discarded:
        return
    label = f"Replaced replies: {len(discarded)}"
    with st.expander(label, icon=":material/autorenew:", key="discarded"):
        for each in discarded:
            st.caption(f"Message {each.position}, replaced {facilitation.clock(each.at, zone())}")
            st.markdown(escape.markdown(each.text[:MAX_CHARACTERS]))


# Result


def _result(process: Process, room: WorkshopOverview, row: TeamSummary, key: StepKey) -> None:
    about, state = steps.step(key.step), row.cells[key.step].state
    st.subheader(about.artifact[:1].upper() + about.artifact[1:], anchor=False)
    st.markdown(f"**{facilitation.WORDS[state.status]}**")
    version = process.store.artifacts(key.team).get(key.step)
    if version is not None and state.status is not Status.IN_PROGRESS:
        when = facilitation.clock(version.confirmed_at, zone())
        st.caption(
            f"Version {version.version}, confirmed by {escape.escaped(version.confirmed_by)}, {when}"
        )
        fields = version.fields
    else:
        draft = process.drafts.current(key)
        st.caption(f"Draft · conversation phase: {draft.phase.value}")
        fields = draft.fields
    st.markdown(artifact_card.markdown(key.step, fields) or "*Nothing yet.*")
    closed = gate.closed(room.workshop, Action.OVERRIDE)
    if not closed and gate.may(process, Action.OVERRIDE, key.workshop_id):
        override_panel.show(process, key, state)


def _history(process: Process, key: StepKey) -> None:
    """Draw the versions of a step, and what a reset has archived."""
    versions = process.store.versions(key)
    history_panel.compare(key.step, versions)
    if versions and versions[-1].summary:
        st.caption("Summary")
        st.markdown("\n".join(f"- {escape.escaped(s)}" for s in versions[-1].summary.splitlines()))
    earlier_drafts_panel.read(process, key)
    reset_archive.show(process, key)


def _events(process: Process, key: StepKey) -> None:
    own = [
        each
        for each in process.store.events(key.workshop_id)
        if (each.team_id, each.step) == (key.team_id, key.step)
    ]
    redactions = [
        each
        for each in process.store.redactions(key.workshop_id)
        if (each.team_id, each.step) == (key.team_id, key.step)
    ]
    st.dataframe(
        facilitation.step_table(own, zone(), redactions),
        hide_index=True,
        key="step-events",
        alt="Event log of this step",
    )
