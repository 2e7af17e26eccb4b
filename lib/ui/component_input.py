"""Hands what this tab's components sent with a rerun to the use cases that store it."""

from lib.team import chat_input, draft_input
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import tab


def take_in_messages(process: Process, copy: WorkingCopy, step: str) -> bool:
    """Store the messages that the chat box sent; see `lib.team.chat_input.receive`."""
    state = tab.component_state(chat_input.box_key(copy, step))
    stored = chat_input.receive(process, copy, step, state, tab.member())
    if copy.is_over_rate:
        tab.notify(chat_input.TOO_MANY)
    return stored


def take_in_edits(process: Process, copy: WorkingCopy, step: str) -> None:
    """Store the edits that the draft's form and card sent; see `lib.team.draft_input.receive`."""
    for key in (draft_input.form_key(copy, step), draft_input.card_key(copy, step)):
        draft_input.receive(process, copy, step, tab.component_state(key), tab.member())
