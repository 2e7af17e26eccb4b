"""Earlier drafts of a step: when and by whom something was removed, and how to restore them."""

from collections.abc import Sequence

import streamlit as st

from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons, tab
from lib.ui.components import artifact_card, diff
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.workshop.artifacts.diff import differences
from lib.workshop.artifacts.models import MODELS
from lib.workshop.draft_history import taken_out
from lib.workshop.records import EarlierDraft, Fields, StepKey
from lib.workshop.roles import Action

#: Earlier drafts a page offers: all that are kept.
SHOWN = 100

#: Fields named in a line.
_NAMED = 3


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Let the team read the earlier drafts of *step*, and restore one while it takes edits."""
    now = copy.drafts[step].fields
    chosen = _choose(process, copy.key(step), now)
    if chosen is None:
        return
    if copy.is_read_only(step):
        _card(step, chosen)
        if not copy.closed_because(step):
            st.caption("To restore an earlier draft, revise this step first.")
        return
    st.caption("Restoring this draft changes:")
    diff.show(differences(step, now, chosen.fields))
    if buttons.button("Restore this draft", key="bring-back", icon=":material/restore:"):
        _bring_back(process, copy, step, chosen)


def read(process: Process, key: StepKey) -> None:
    """Let somebody outside the team read the earlier drafts of a step."""
    if chosen := _choose(process, key, process.drafts.current(key).fields):
        _card(key.step, chosen)


def _card(step: str, earlier: EarlierDraft) -> None:
    st.markdown(artifact_card.markdown(step, earlier.fields))


def _choose(process: Process, key: StepKey, now: Fields) -> EarlierDraft | None:
    # Read only where somebody wants them: they may be long, and a page is drawn often.
    if not st.toggle("Earlier drafts", key=f"earlier/{key.team_id}/{key.step}"):
        return None
    try:
        found = process.store.earlier_drafts(key, SHOWN)
    except StoreError:
        st.caption("Couldn't read the earlier drafts. Try again in a moment.")
        return None
    if not found:
        st.caption("Nothing has been removed from this draft yet.")
        return None
    lines = _lines(key.step, found, now)
    places = range(len(found))
    # Another number of them is another choice: its box begins again at the newest.
    at = st.selectbox(
        "Draft before a change",
        places,
        format_func=lambda place: lines[place],
        key=f"earlier-choice/{key.team_id}/{key.step}/{found[0].epoch}/{found[0].revision}",
    )
    # The box cuts a long line.
    st.caption(escaped(lines[at]))
    return found[at]


def _lines(step: str, found: Sequence[EarlierDraft], now: Fields) -> list[str]:
    """Return a line for each: when, by whom, and of which fields something was taken out."""
    followed = [now, *(each.fields for each in found[:-1])]
    return [_line(step, each, after) for each, after in zip(found, followed, strict=True)]


def _line(step: str, earlier: EarlierDraft, after: Fields) -> str:
    fields = MODELS[step].model_fields
    names = dict.fromkeys(name for name, _ in taken_out(earlier.fields, after) if name in fields)
    titles = [fields[name].title or name for name in names]
    named = ", ".join(titles[:_NAMED]) + (" …" if len(titles) > _NAMED else "")
    who = earlier.by or "Somebody"
    return f"{when(earlier.at)} · {who} changed {named or 'something'}"


def _bring_back(process: Process, copy: WorkingCopy, step: str, earlier: EarlierDraft) -> None:
    who = tab.member() or copy.team.name
    try:
        with copy.acting(process, Action.RESTORE_DRAFT, step):
            process.drafts.restore_earlier(copy.key(step), earlier, who)
    except StoreError as exc:
        st.warning(escaped(buttons.failed(exc)))
    else:
        tab.notify(
            f"Restored the draft from before {when(earlier.at)}. The draft it replaced is now among "
            "the earlier drafts."
        )
        st.rerun()
