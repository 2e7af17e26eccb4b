"""What the guide's last replies took and offer: under the messages, with one press each."""

from typing import Any

import streamlit as st

from lib.store.errors import StoreError, StoreUnavailable
from lib.team import read_backs, reply_lines
from lib.team.process import Process
from lib.team.read_backs import Press
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons, tab
from lib.ui.components import read_back
from lib.workshop.choices import ChoiceRefused
from lib.workshop.roles import Action


def _key(copy: WorkingCopy, step: str) -> str:
    return f"read-back/{copy.team.id}/{step}"


def receive(process: Process, copy: WorkingCopy, step: str) -> None:
    """
    Carry out the presses that came with this run, each once.

    One that cannot be carried out now is sent again with the next run. Raises AccessRefused if the
    team's link was replaced or revoked.
    """
    done = copy.pressed.setdefault(step, set())
    sent = read_backs.read(tab.component_state(_key(copy, step)))
    fresh = [press for press in sent if press.id not in done]
    for press in fresh:
        if not _carry_out(process, copy, step, press):
            break
        done.add(press.id)
    if fresh:
        copy.refresh(process, step)


def _carry_out(process: Process, copy: WorkingCopy, step: str, press: Press) -> bool:
    """Carry out one press; return whether it need not be repeated."""
    who = tab.member() or copy.team.name
    try:
        with copy.acting(process, Action.UNDO_UPDATE, step):
            read_backs.carry_out(process.store, process.drafts, copy.key(step), press, who)
    except StoreUnavailable as exc:
        st.toast(buttons.failed(exc))
        return False
    except (StoreError, ChoiceRefused) as exc:
        st.toast(buttons.failed(exc))
    return True


def _shown(copy: WorkingCopy, step: str) -> list[dict[str, Any]]:
    """Return the lines of the last replies, made again only if something has changed."""
    draft = copy.drafts[step]
    made_for = draft.epoch, draft.revision, copy.choices_read_for.get(step)
    known, shown = copy.reply_lines.get(step, (None, []))
    if known != made_for:
        replies, choices = copy.replies.get(step, []), copy.choices.get(step, [])
        shown = reply_lines.shown(step, draft, replies, choices)
        copy.reply_lines[step] = made_for, shown
    return shown


def show(copy: WorkingCopy, step: str) -> None:
    """Draw the lines of the last replies; those of all but the newest message are folded."""
    shown = _shown(copy, step)
    if not shown:
        return
    messages = copy.transcripts[step]
    read_back.show(
        _key(copy, step),
        shown,
        newest=messages[-1].id if messages else "",
        is_open=not copy.is_read_only(step),
        settled=copy.pressed.get(step, ()),
    )
