"""A facilitator completes a step in spite of its gaps, and says why."""

import streamlit as st

from lib.store.errors import Conflict, StoreError
from lib.store.port import upstream_artifacts
from lib.team import confirm
from lib.team.process import Process
from lib.ui import buttons, gate, problem
from lib.ui.escape import escaped
from lib.workshop.artifacts import criteria
from lib.workshop.clock import utc_now
from lib.workshop.records import StepKey, StepState
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import TransitionRefused, is_read_only

#: The actor recorded for an override: facilitators have no other name here.
FACILITATOR = "Facilitator"

#: Characters of a reason.
MAX_REASON = 300


def show(process: Process, key: StepKey, state: StepState) -> None:
    """Draw what an open step still lacks, and the form to complete it with gaps."""
    if is_read_only(state.status):
        return
    fields = process.drafts.current(key).fields
    lacking = criteria.missing(key.step, fields, upstream_artifacts(process.store, key))
    if not lacking:
        st.caption("Nothing is missing: the team can confirm this step.")
        return
    with st.expander(f"Still missing: {len(lacking)}", key=f"missing/{key.team_id}/{key.step}"):
        st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in lacking))
        with st.form(f"override/{key.team_id}/{key.step}", border=False):
            reason = st.text_input(
                "Reason to complete it as it is",
                help="The team sees your reason, and so do the tables.",
            )
            if buttons.submit(
                "Complete with gaps",
                key=f"override-with-gaps/{key.team_id}/{key.step}",
                icon=":material/rule:",
            ):
                _override(process, key, reason)


def _override(process: Process, key: StepKey, reason: str) -> None:
    if long := problem.too_long("reason", reason, MAX_REASON):
        st.warning(long)
        return
    try:
        with gate.acting(process, Action.OVERRIDE, key.workshop_id):
            confirm.override(
                process.store,
                process.drafts,
                key,
                actor=FACILITATOR,
                at=utc_now(),
                reason=reason,
            )
    except TransitionRefused as exc:
        st.warning(str(exc))
    except Conflict:
        st.warning("The team changed this step a moment ago. Check again and retry.")
    except (StoreError, AccessRefused) as exc:
        st.warning(buttons.failed(exc))
    else:
        st.rerun()
