"""The dialog before a step is reopened: the consequences, and which steps become stale."""

from collections.abc import Callable, Sequence

import streamlit as st

from lib.store.errors import Conflict, StoreError
from lib.store.port import Closed
from lib.team import reopen
from lib.team.process import Process
from lib.team.working_copy import ReopenQuestion, WorkingCopy
from lib.ui import buttons, tab
from lib.workshop import cascade, steps
from lib.workshop.clock import utc_now
from lib.workshop.records import StepKey
from lib.workshop.roles import Action
from lib.workshop.status import TransitionRefused

_TITLES = {"revise": "Revise", "reset": "Start over", "restore": "Restore a version of"}

_CONSEQUENCES = {
    "revise": "Everything in it stays as it is, and you can edit it again.",
    "reset": "The step starts again, empty. The conversation and the draft are archived: your facilitator "
    "can still read them, and you can undo this until you continue.",
    "restore": "This version becomes the draft, and you can edit it. No version is lost.",
}


def offer(copy: WorkingCopy, asking: ReopenQuestion) -> None:
    """Open the dialog at the next rerun."""
    copy.reopen_question = asking


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the dialog if one is open; it stays open across reruns."""
    if copy.reopen_question is not None and copy.closed_because(step):
        _forget(copy)
    if copy.reopen_question is None:
        return
    title = f"{_TITLES[copy.reopen_question.what]} {steps.step(step).name}?"
    st.dialog(title, on_dismiss=lambda: _forget(copy))(_ask)(
        process, copy, step, copy.reopen_question
    )


def _forget(copy: WorkingCopy) -> None:
    copy.reopen_question = None


def _ask(process: Process, copy: WorkingCopy, step: str, asking: ReopenQuestion) -> None:
    st.markdown(_CONSEQUENCES[asking.what])
    try:
        stale = cascade.made_stale(process.store.standing(copy.team.key), step)
    except StoreError as exc:
        st.warning(f"Couldn't check which steps this affects. {exc}")
        return
    if stale:
        st.markdown(
            "These steps build on it and will need another look. Nothing in them is lost:\n"
            + "\n".join(f"- {steps.step(slug).name}" for slug in stale)
        )
    else:
        st.markdown("No other step builds on it yet.")
    with st.container(horizontal=True):
        if buttons.button(_TITLES[asking.what].partition(" a ")[0], key="reopen", type="primary"):
            carry_out(
                process,
                copy,
                copy.key(step),
                Action.REOPEN,
                lambda: _do(process, copy, step, asking),
                notice=_notice(step, asking, stale),
            )
        if buttons.button("Cancel", key="reopen-cancel", type="tertiary"):
            _forget(copy)
            st.rerun()


def _do(process: Process, copy: WorkingCopy, step: str, asking: ReopenQuestion) -> None:
    key, who = copy.key(step), tab.member() or copy.team.name
    store, drafts = process.store, process.drafts
    if asking.version is not None:
        reopen.restore(store, drafts, key, asking.version, actor=who, at=utc_now())
    elif asking.what == "reset":
        reopen.reset(store, drafts, key, actor=who, at=utc_now())
        process.replies.abandon(key)
    else:
        reopen.revise(store, drafts, key, actor=who, at=utc_now())


def _notice(step: str, asking: ReopenQuestion, stale: Sequence[str]) -> str:
    name = steps.step(step).name
    what = f"{name} starts over." if asking.what == "reset" else f"{name} is open again."
    if not stale:
        return what
    names = ", ".join(steps.step(slug).name for slug in stale)
    return f"{what} These steps need another look: {names}."


def carry_out(
    process: Process,
    copy: WorkingCopy,
    key: StepKey,
    action: Action,
    act: Callable[[], None],
    *,
    notice: str,
) -> None:
    """Carry out *action* and rerun with *notice* at the top; or say why it failed."""
    try:
        with copy.acting(process, action, key.step):
            act()
    except TransitionRefused as exc:
        st.warning(str(exc))
    except Conflict:
        _forget(copy)
        tab.notify("Someone on your team was faster. This page now shows their change.")
        st.rerun()
    except Closed as exc:
        st.warning(buttons.failed(exc))
    except StoreError as exc:
        st.warning(f"Couldn't do that. {exc} Nothing is lost. Try again in a moment.")
    else:
        _forget(copy)
        tab.notify(notice)
        st.rerun()
