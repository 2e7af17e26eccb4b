"""On top of a stale step: which step changed, how, and the three choices."""

import streamlit as st

from lib.store.errors import StoreError, StoreUnavailable
from lib.team import confirm, reopen
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons, navigation, tab
from lib.ui.components import diff
from lib.ui.escape import escaped
from lib.ui.step import reopen_dialog
from lib.workshop import cascade, steps
from lib.workshop.artifacts.diff import differences
from lib.workshop.cascade import Standing, Why
from lib.workshop.clock import utc_now
from lib.workshop.roles import Action
from lib.workshop.status import Status


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the panel; nothing for a step that is not stale."""
    if copy.states[step].status is not Status.NEEDS_REGENERATION:
        return
    try:
        standing = process.store.standing(copy.team.key)
        why = cascade.why_stale(standing, step)
        if why is not None:
            with st.container(border=True, key="stale-panel"):
                _panel(process, copy, step, standing, why)
    except StoreUnavailable:
        # What is on the page stays; the reason comes back with the database.
        st.caption(":material/sync_problem: This step needs another look.")


def _panel(process: Process, copy: WorkingCopy, step: str, standing: Standing, why: Why) -> None:
    cause = steps.step(why.mark.cause).name
    st.markdown(f"#### :material/sync_problem: {cause} has changed since this was made")
    if why.waits_for:
        _waiting(copy, why)
        return
    with st.container(key="stale-changes"):
        for slug in why.changed:
            # Where it is the one the heading names, it is not named again.
            if why.changed != (why.mark.cause,):
                st.markdown(f"**{steps.step(slug).name}**")
            diff.show(_changed(process, copy, slug, standing, why))
        if not why.changed:
            st.markdown("Nothing this step builds on is different now.")
    if closed := copy.closed_because(step):
        st.caption(closed)
        return
    st.caption("Keep it, let the guide redraft it, or edit it yourself and confirm it again.")
    with st.container(horizontal=True):
        _choices(process, copy, step)


def _waiting(copy: WorkingCopy, why: Why) -> None:
    names = " and ".join(steps.step(slug).name for slug in why.waits_for)
    st.markdown(f"Finish {names} first. Then you can see what that changes here.")
    first = steps.step(why.waits_for[0])
    st.page_link(
        navigation.step_page(first.slug),
        label=f"Go to {first.name}",
        icon=":material/arrow_back:",
        query_params=navigation.team_query(copy),
    )


def _changed(
    process: Process, copy: WorkingCopy, slug: str, standing: Standing, why: Why
) -> list["diff.Difference"]:
    number = why.mark.versions.get(slug)
    versions = process.store.versions(copy.key(slug))
    before = next((each.fields for each in versions if each.version == number), {})
    return differences(slug, before, standing.fields.get(slug, {}))


def _choices(process: Process, copy: WorkingCopy, step: str) -> None:
    key, who = copy.key(step), tab.member() or copy.team.name
    name = steps.step(step).name
    if buttons.button("Still valid", key="still-valid", icon=":material/check:"):
        try:
            reopen_dialog.carry_out(
                process,
                copy,
                key,
                Action.KEEP,
                lambda: confirm.still_valid(
                    process.store, process.drafts, key, actor=who, at=utc_now()
                ),
                notice=f"{name} stays as it is.",
            )
        except confirm.NotReady as exc:
            st.warning("It cannot stay as it is: " + escaped(" ".join(exc.missing)))
    if buttons.button("Regenerate", key="regenerate", icon=":material/autorenew:"):
        reopen_dialog.carry_out(
            process,
            copy,
            key,
            Action.REGENERATE,
            lambda: _regenerate(process, copy, step),
            notice=f"The guide is redrafting {name}. Its version will appear next to your draft.",
        )


def _regenerate(process: Process, copy: WorkingCopy, step: str) -> None:
    key, who = copy.key(step), tab.member() or copy.team.name
    reopen.regenerate(process.store, process.drafts, key, actor=who, at=utc_now())
    try:
        process.replies.redraft(key)
    except StoreError as exc:
        tab.notify(f"The guide couldn't start. {exc} Ask it in the conversation.")
