"""The history of a step: its versions, its earlier drafts, and how to restore them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.store.errors import StoreError
from lib.team import reopen
from lib.team.process import Process
from lib.team.working_copy import ReopenQuestion, WorkingCopy
from lib.ui import buttons, tab
from lib.ui.components import diff
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.ui.step import earlier_drafts_panel, reopen_dialog
from lib.workshop.artifacts.diff import differences
from lib.workshop.clock import utc_now
from lib.workshop.records import ArtifactVersion
from lib.workshop.roles import Action
from lib.workshop.status import Status


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the history; only "Start over" if nothing has been drafted."""
    draft = copy.drafts[step]
    if not (draft.epoch or draft.revision):
        _start_over(copy, step)
        return
    versions: list[ArtifactVersion] = []
    if draft.epoch:
        try:
            _undo(process, copy, step)
            versions = process.store.versions(copy.key(step))
        except StoreError:
            return
    with _expander(step):
        if draft.epoch:
            compare(step, versions)
        if versions:
            _restore(copy, step, versions)
        earlier_drafts_panel.show(process, copy, step)
        _start_over(copy, step)


def read(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the history read-only, while the step accepts no changes."""
    if copy.drafts[step].epoch or copy.drafts[step].revision:
        with _expander(step):
            earlier_drafts_panel.show(process, copy, step)


def _expander(step: str) -> DeltaGenerator:
    return st.expander("History", icon=":material/history:", key=f"history/{step}")


def _undo(process: Process, copy: WorkingCopy, step: str) -> None:
    """Offer to take the last revise or reset back, until something was built on it."""
    if copy.states[step].status is Status.COMPLETE:
        return
    if not reopen.may_undo(process.store, process.drafts, copy.key(step)):
        return
    who = tab.member() or copy.team.name
    if buttons.button("Undo reopening", key="undo", icon=":material/undo:", width="stretch"):
        reopen_dialog.carry_out(
            process,
            copy,
            copy.key(step),
            Action.UNDO,
            lambda: reopen.undo(
                process.store, process.drafts, copy.key(step), actor=who, at=utc_now()
            ),
            notice="Undone. Everything is as it was before.",
        )


def compare(step: str, versions: list[ArtifactVersion]) -> None:
    """List the versions of *step*, and draw what differs between two of them."""
    if not versions:
        st.caption("Nothing has been confirmed here yet.")
        return
    st.markdown("\n".join(f"- {label(each)}" for each in reversed(versions)))
    if len(versions) < 2:
        return
    with st.container(horizontal=True):
        older = _pick("Compare", step, versions, len(versions) - 2)
        newer = _pick("with", step, versions, len(versions) - 1)
    diff.show(differences(step, older.fields, newer.fields))


def _pick(text: str, step: str, versions: list[ArtifactVersion], at: int) -> ArtifactVersion:
    # Another number of versions is another choice: its box starts again.
    return st.selectbox(
        text,
        versions,
        index=at,
        format_func=lambda each: f"Version {each.version}",
        key=f"compare/{step}/{text}/{len(versions)}",
    )


def label(version: ArtifactVersion) -> str:
    """Return a version in a line: which, by whom, and when."""
    return f"Version {version.version} · {escaped(version.confirmed_by)} · {when(version.confirmed_at)}"


def _restore(copy: WorkingCopy, step: str, versions: list[ArtifactVersion]) -> None:
    if copy.states[step].status is Status.IN_PROGRESS:
        st.caption("To restore an earlier version, first confirm this step or undo reopening it.")
        return
    older = versions[:-1]
    if not older:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _pick("Restore", step, older, len(older) - 1)
        if buttons.button("Restore it", key="restore", icon=":material/restore:"):
            reopen_dialog.offer(copy, ReopenQuestion("restore", chosen))
            st.rerun()


def _start_over(copy: WorkingCopy, step: str) -> None:
    if buttons.button(
        "Start this step over", key="reset", type="tertiary", icon=":material/replay:"
    ):
        reopen_dialog.offer(copy, ReopenQuestion("reset"))
        st.rerun()
