"""What the last reply changed in the draft: a line under the card, with Undo."""

import streamlit as st

from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons
from lib.workshop.artifacts.models import MODELS
from lib.workshop.roles import Action
from lib.workshop.updates import Update


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Name the fields the guide changed and nobody has edited since, until the next message."""
    update = copy.updates.get(step)
    messages = copy.transcripts.get(step)
    if update is None or not messages or messages[-1].id != update.reply:
        return
    names = update.standing(copy.drafts[step])
    titles = [
        info.title or name for name, info in MODELS[step].model_fields.items() if name in names
    ]
    if not titles:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="update-row"):
        st.caption(f":material/edit_note: Just changed: {', '.join(titles)}", width="stretch")
        if buttons.button("Undo", key="undo-update", type="tertiary", icon=":material/undo:"):
            _undo(process, copy, step, update)


def _undo(process: Process, copy: WorkingCopy, step: str, update: Update) -> None:
    try:
        with copy.acting(process, Action.UNDO_UPDATE, step):
            copy.drafts[step] = process.drafts.undo(copy.key(step), update)
    except StoreError as exc:
        st.toast(buttons.failed(exc))
    else:
        st.rerun()
