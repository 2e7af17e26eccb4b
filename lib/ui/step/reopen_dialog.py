"""The question before a step is reopened: what becomes of it, and which steps need another look."""

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

_WHAT = {
    "revise": "Everything in it stays as it is, and you can change it.",
    "reset": "It begins again, empty. What was said and drafted is archived: your facilitator can "
    "still read it, and you can undo this until you go on.",
    "restore": "What this version said becomes the draft, and you can change it. No version is lost.",
}


def offer(copy: WorkingCopy, asking: ReopenQuestion) -> None:
    """Have the question asked when the page is drawn next."""
    copy.reopen_question = asking


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Ask, where there is something to ask; a page that is drawn anew meanwhile asks again."""
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
    st.markdown(_WHAT[asking.what])
    try:
        stale = cascade.made_stale(process.store.standing(copy.team.key), step)
    except StoreError as exc:
        st.warning(f"Not now. {exc}")
        return
    if stale:
        st.markdown(
            "These steps were made from it and will need another look. Nothing in them is lost:\n"
            + "\n".join(f"- {steps.step(slug).name}" for slug in stale)
        )
    else:
        st.markdown("No other step was made from it yet.")
    with st.container(horizontal=True):
        if buttons.button(_TITLES[asking.what].partition(" a ")[0], key="reopen", type="primary"):
            decided(
                process,
                copy,
                copy.key(step),
                Action.REOPEN,
                lambda: _do(process, copy, step, asking),
                told=_told(step, asking, stale),
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


def _told(step: str, asking: ReopenQuestion, stale: Sequence[str]) -> str:
    name = steps.step(step).name
    what = f"{name} begins again." if asking.what == "reset" else f"{name} is open again."
    if not stale:
        return what
    names = ", ".join(steps.step(slug).name for slug in stale)
    return f"{what} To be looked at again: {names}."


def decided(
    process: Process,
    copy: WorkingCopy,
    key: StepKey,
    action: Action,
    decide: Callable[[], None],
    *,
    told: str,
) -> None:
    """Do what was decided and draw the page anew with *told* at its top; or say why not."""
    try:
        with copy.acting(process, action, key.step):
            decide()
    except TransitionRefused as exc:
        st.warning(str(exc))
    except Conflict:
        _forget(copy)
        tab.notify("Somebody in your team was faster: this is how things stand now.")
        st.rerun()
    except Closed as exc:
        st.warning(buttons.failed(exc))
    except StoreError as exc:
        st.warning(f"Not done, nothing is lost. {exc} Please try again in a moment.")
    else:
        _forget(copy)
        tab.notify(told)
        st.rerun()
