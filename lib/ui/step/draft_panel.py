"""The draft of a step as a card and as a form, what is missing, and Confirm."""

import streamlit as st

from lib.store.errors import Conflict, StoreUnavailable
from lib.store.port import Closed
from lib.team import confirm, interview_input
from lib.team.process import Process
from lib.team.working_copy import ReopenQuestion, WorkingCopy
from lib.ui import buttons, navigation, tab
from lib.ui.components import artifact_card
from lib.ui.step import (
    conflict_panel,
    draft_form,
    history_panel,
    interviews_panel,
    reopen_dialog,
)
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.clock import utc_now
from lib.workshop.roles import Action
from lib.workshop.status import Status, TransitionRefused, is_locked, is_read_only
from lib.workshop.views import OPENS_NEXT


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the panel of *step*."""
    about = steps.step(step)
    st.subheader(_sentence_case(about.artifact), anchor="draft")
    if is_read_only(copy.states[step].status):
        _finished(copy, step)
        conflict_panel.show(process, copy, step)
        if not copy.closed_because(step):
            history_panel.show(process, copy, step)
        else:
            history_panel.read(process, copy, step)
        return
    if copy.closed_because(step):
        # Edits typed just before the closing are still stored: see `lib.team.draft_input`.
        _card(copy, step)
        conflict_panel.show(process, copy, step)
        history_panel.read(process, copy, step)
        return
    has_interviews = step == interview_input.STEP
    names = ["Draft", "Edit", "Interviews"] if has_interviews else ["Draft", "Edit"]
    with st.container(key="draft-panel"):
        card, form, *more = st.tabs(names, key=f"draft-tabs/{step}")
    with form:
        draft_form.show(copy, step)
    for each in more:
        with each:
            interviews_panel.show(process, copy, step)
    with card:
        _card(copy, step)
    conflict_panel.show(process, copy, step)
    _confirm(process, copy, step)
    history_panel.show(process, copy, step)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finished(copy: WorkingCopy, step: str) -> None:
    st.badge("complete", icon=":material/check_circle:", color="green")
    st.markdown(artifact_card.markdown(step, copy.drafts[step].fields))
    closed = bool(copy.closed_because(step))
    if not closed and buttons.button(
        "Revise this step", key="revise", icon=":material/edit:", width="stretch"
    ):
        reopen_dialog.offer(copy, ReopenQuestion("revise"))
        st.rerun()
    after = steps.after(step)
    if after and is_locked(copy.states[after.slug].status):
        st.caption(f":material/front_hand: {OPENS_NEXT}")
    elif after:
        st.page_link(
            navigation.step_page(after.slug),
            label=f"On to {after.name}",
            icon=":material/arrow_forward:",
            query_params=navigation.team_query(copy),
        )


def _card(copy: WorkingCopy, step: str) -> None:
    text = artifact_card.markdown(step, copy.drafts[step].fields)
    if text:
        st.markdown(text)
    else:
        st.caption(
            "Nothing here yet. The draft grows while you talk, and you can edit it at any time."
        )


def _confirm(process: Process, copy: WorkingCopy, step: str) -> None:
    missing = criteria.missing(step, copy.drafts[step].fields, copy.upstream[step])
    if missing:
        with st.expander(
            f"Still missing: {len(missing)}", key="missing", expanded=len(missing) < 5
        ):
            st.markdown("\n".join(f"- {_flat(sentence)}" for sentence in missing))
    pressed = buttons.button(
        "Confirm this step",
        key="confirm",
        type="primary",
        icon=":material/check:",
        disabled=bool(missing),
        help="The list above shows what is missing." if missing else None,
        width="stretch",
    )
    if pressed:
        _complete(process, copy, step)


def _flat(sentence: str) -> str:
    return artifact_card.escaped(sentence)


def _complete(process: Process, copy: WorkingCopy, step: str) -> None:
    actor = tab.member() or copy.team.name
    key = copy.key(step)
    try:
        with copy.acting(process, Action.CONFIRM, step):
            confirm.confirm(process.store, process.drafts, key, actor=actor, at=utc_now())
    except confirm.NotReady as exc:
        st.warning("Not ready to confirm: " + _flat(" ".join(exc.missing)))
    except (TransitionRefused, Conflict):
        tab.notify("Someone on your team confirmed this step a moment ago.")
        st.rerun()
    except Closed as exc:
        st.warning(buttons.failed(exc))
    except StoreUnavailable as exc:
        st.warning(f"Couldn't confirm this step. {exc} Nothing is lost. Try again in a moment.")
    else:
        _go_on(process, copy, step)


def _go_on(process: Process, copy: WorkingCopy, step: str) -> None:
    copy.refresh(process, step)
    following = steps.after(step)
    if following is not None and copy.states[following.slug].status is Status.NOT_STARTED:
        tab.notify(f"{steps.step(step).name} is complete. {OPENS_NEXT}")
        st.rerun()
    if following is None:
        tab.notify("That was the last step: your workshop is complete. 🎉")
        st.rerun()
    tab.notify(f"{steps.step(step).name} is complete.")
    navigation.go_to_step(process, copy, following.slug)
