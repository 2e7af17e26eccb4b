"""The facilitator's controls: timer, held steps, agenda, and messages to the teams."""

from collections.abc import Callable, Mapping

import streamlit as st

from lib.facilitation import WorkshopOverview, controls
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.ui import buttons, gate
from lib.ui.components import countdown
from lib.ui.review import messages_panel
from lib.workshop import agenda as agenda_
from lib.workshop import steps
from lib.workshop.agenda import LEAST_MINUTES, MOST_MINUTES, Agenda
from lib.workshop.clock import utc_now
from lib.workshop.roles import AccessRefused, Action

#: Minutes that one press adds.
MORE = 5

_ALL = "All steps are open"


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the timer with its buttons, the hold, the plan, and the way to write, all in a row."""
    agenda, workshop_id = room.desk.agenda, room.workshop.id
    with st.container(horizontal=True, vertical_alignment="bottom", key="agenda"):
        _timer(process, workshop_id, agenda)
        _hold(process, workshop_id, agenda)
        total = _hours(sum(agenda.plan.values()))
        with st.popover(
            f"Agenda: {total}", icon=":material/schedule:", key="plan", width="content"
        ):
            _plan(process, workshop_id, agenda)
        with st.popover(
            "Write to the teams", icon=":material/campaign:", key="write", width="content"
        ):
            messages_panel.write(process, room)


def _timer(process: Process, workshop_id: str, agenda: Agenda) -> None:
    countdown.show(agenda.timer)

    def button(label: str, key: str, icon: str, change: Callable[[Agenda], Agenda]) -> None:
        st.button(label, key=key, icon=icon, on_click=_pace, args=(process, workshop_id, change))

    if agenda.timer is None:
        step = st.selectbox(
            "Time for",
            list(steps.SLUGS),
            format_func=lambda slug: f"{steps.step(slug).name} · {agenda.plan[slug]} min",
            key="timer-step",
            width=260,
        )
        start = _started(step)
        button("Start", "timer-start", ":material/play_arrow:", start)
        return
    if agenda.timer.is_paused:
        button("Resume", "timer-resume", ":material/play_arrow:", _at(agenda_.resumed))
    else:
        button("Pause", "timer-pause", ":material/pause:", _at(agenda_.paused))
    button(f"+{MORE} min", "timer-more", ":material/more_time:", _more)
    button("End", "timer-stop", ":material/stop:", agenda_.stopped)


def _started(step: str) -> Callable[[Agenda], Agenda]:
    return lambda agenda: agenda_.started(agenda, step, utc_now())


def _at(change: Callable[..., Agenda]) -> Callable[[Agenda], Agenda]:
    return lambda agenda: change(agenda, utc_now())


def _more(agenda: Agenda) -> Agenda:
    return agenda_.extended(agenda, MORE, utc_now())


def _hold(process: Process, workshop_id: str, agenda: Agenda) -> None:
    # The last step holds nothing back: that is "all".
    options = ["", *steps.SLUGS[:-1]]
    # If another facilitator changes it, a new key makes a new box with the new value.
    key = f"hold/{agenda.open_until}"
    chosen = st.selectbox(
        "Open to the teams",
        options,
        index=options.index(agenda.open_until),
        format_func=lambda slug: f"Until {steps.step(slug).name}" if slug else _ALL,
        key=key,
        help="Later steps stay closed. Teams can still read what they have started there.",
        width=260,
    )
    if chosen != agenda.open_until and _pace(
        process,
        workshop_id,
        lambda agenda: agenda_.opened_until(agenda, chosen),
        Action.HOLD_STEPS,
    ):
        st.rerun()


def _plan(process: Process, workshop_id: str, agenda: Agenda) -> None:
    with st.form(f"plan/{agenda.revision}", border=False):
        minutes: dict[str, int] = {}
        with st.container(horizontal=True):
            for step in steps.STEPS:
                minutes[step.slug] = st.number_input(
                    f"{step.number}. {step.name}",
                    LEAST_MINUTES,
                    MOST_MINUTES,
                    agenda.plan[step.slug],
                    key=f"minutes/{agenda.revision}/{step.slug}",
                    help="Minutes",
                    width=170,
                )
        if buttons.submit("Save the agenda", key="save-plan"):
            _keep_plan(process, workshop_id, minutes)


def _keep_plan(process: Process, workshop_id: str, minutes: Mapping[str, int]) -> None:
    if _pace(process, workshop_id, lambda agenda: agenda_.planned(agenda, minutes)):
        st.rerun()


def _pace(
    process: Process,
    workshop_id: str,
    change: Callable[[Agenda], Agenda],
    action: Action = Action.RUN_AGENDA,
) -> bool:
    """Change the agenda; where that cannot be done, say so and leave everything as it is."""
    try:
        with gate.acting(process, action, workshop_id):
            controls.change_agenda(process.store, workshop_id, change)
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))
        return False
    return True


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02} min"
