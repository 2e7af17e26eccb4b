"""Help calls from teams, and the facilitator's messages and nudges to them."""

import streamlit as st

from lib.facilitation import WorkshopOverview, controls
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.ui import buttons, gate, problem, tab
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.ui.review.override_panel import FACILITATOR
from lib.workshop import notes, steps
from lib.workshop.clock import utc_now
from lib.workshop.notes import Kind, Note, NoteRecord
from lib.workshop.records import TeamKey
from lib.workshop.roles import AccessRefused, Action


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the open help calls, each with a button to close it."""
    for flag in notes.raised(room.desk.records):
        _flag(process, room, flag)


def write(process: Process, room: WorkshopOverview) -> None:
    """Draw the forms to message and nudge teams, and the recent messages."""
    _write(process, room)
    _nudge(process, room)
    _recent(room)


def _flag(process: Process, room: WorkshopOverview, flag: Note) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", border=True, key=f"flag/{flag.id}"
    ):
        team = escaped(room.names.get(flag.team_id or "", ""))
        words = f": {escaped(flag.text)}" if flag.text else ""
        st.markdown(
            f":material/flag: **{team}** is stuck{words}  \n"
            f":small[{escaped(flag.author)} · {when(flag.at)}]",
            width="stretch",
        )
        st.button(
            "Close the help call",
            key=f"lower/{flag.id}",
            on_click=_lower,
            args=(process, TeamKey(room.workshop.id, flag.team_id or ""), flag),
        )


def _lower(process: Process, team: TeamKey, flag: Note) -> None:
    try:
        with gate.acting(process, Action.ANSWER_FLAG, team.workshop_id):
            controls.close_note(process.store, team, flag, by=FACILITATOR, at=utc_now())
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))


def _write(process: Process, room: WorkshopOverview) -> None:
    # Each message has its own form, which is empty only after sending.
    sent = tab.tab().sent
    with st.form(f"message/{sent}", border=False):
        team = _team("To", room, "message-to")
        text = st.text_area("Message", key=f"message-text/{sent}", height=80)
        wrong = problem.place("message")
        pressed = buttons.submit("Send", key=f"send-message/{sent}", icon=":material/send:")
    if not pressed:
        return
    with wrong:
        sent_ok = _send(process, room, team, text)
    if sent_ok:
        tab.tab().sent += 1
        tab.notify("Sent. It stays at the top of their page until they close it.")
        st.rerun()


def _nudge(process: Process, room: WorkshopOverview) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        team = _team("Nudge", room, "nudge-whom")
        step = st.selectbox(
            "to move on to",
            list(steps.SLUGS),
            format_func=lambda slug: steps.step(slug).name,
            key="nudge-step",
            width=220,
        )
        pressed = buttons.button("Nudge", key="nudge", icon=":material/waving_hand:")
    if pressed and _send(process, room, team, notes.nudge(step)):
        st.success("Nudge sent.")


def _team(label: str, room: WorkshopOverview, key: str) -> str | None:
    names = room.names
    # Not None: a box shows that as nothing chosen.
    chosen = st.selectbox(
        label,
        ["", *names],
        format_func=lambda team_id: names.get(team_id, "All teams"),
        key=key,
        width=220,
    )
    return chosen or None


def _send(process: Process, room: WorkshopOverview, team_id: str | None, text: str) -> bool:
    try:
        with (
            gate.acting(process, Action.SEND_NOTICE, room.workshop.id),
            buttons.once("tell", room.workshop.id, team_id, text) as id_,
        ):
            controls.post_message(
                process.store,
                room.workshop.id,
                id_,
                text,
                team_id=team_id,
                author=FACILITATOR,
                at=utc_now(),
            )
    except notes.NoteRefused as exc:
        st.warning(str(exc))
    except (StoreError, AccessRefused) as exc:
        st.warning(f"{buttons.failed(exc)} Your text is still here.")
    else:
        return True
    return False


def _recent(room: WorkshopOverview) -> None:
    """Draw the recent messages and who closed them, newest first."""
    lines = [_line(room, record) for record in reversed(room.desk.records)]
    if lines:
        st.caption("Recent messages")
        st.markdown("\n".join(f"- {line}" for line in lines))


def _line(room: WorkshopOverview, record: NoteRecord) -> str:
    note, names = record.note, room.names
    whose = escaped(names.get(note.team_id, "")) if note.team_id else "all teams"
    closed = ", ".join(
        f"{escaped(names.get(each.team_id, ''))} ({escaped(each.by)}, {when(each.at)})"
        for each in record.closings
    )
    if note.kind is Kind.FLAG:
        words = f": {escaped(note.text)}" if note.text else ""
        end = f"closed by {closed}" if closed else "still open"
        return f"{when(note.at)} · {whose} was stuck{words} · {end}"
    end = f"closed by {closed}" if closed else "not closed yet"
    return f"{when(note.at)} · to {whose}: {escaped(note.text)} · {end}"
