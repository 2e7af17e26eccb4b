"""The conversation of a step: the messages, a growing reply, and the chat box."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from math import ceil

import streamlit as st

from lib.store import permits
from lib.store.errors import StoreError, StoreUnavailable
from lib.store.port import Closed
from lib.store.sql import deadline
from lib.team import chat_input
from lib.team.process import Process
from lib.team.reply import Reply
from lib.team.working_copy import WINDOW, WorkingCopy
from lib.ui import buttons, component_input, escape, navigation, page, render_queue, tab
from lib.ui.components import bubbles, chat_box
from lib.ui.components.chat_box import Delivery, Refusal, Suggested
from lib.ui.step import question_card, read_back_panel
from lib.ui.step.unsaved_line import UnsavedLine
from lib.workshop.records import StepKey
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import is_read_only
from lib.workshop.transcript import MAX_CHARACTERS, Message, MessageStatus, Role

#: Characters of a message a page shows before it folds the rest: every rerun sends them again.
SHOWN = 4_000


# Receiving


def receive(process: Process, copy: WorkingCopy, step: str) -> None:
    """
    Store what the chat box sent; if the conversation is empty, have the guide greet.

    What cannot be stored now stays in the box's outbox, which sends it again.
    """
    try:
        has_new = component_input.take_in_messages(process, copy, step)
        if not has_new and not copy.closed_because(step):
            with permits.held(copy.permit(Action.SAY, step)):
                process.replies.ensure_answered(
                    copy.key(step), copy.transcripts[step], copy.states[step].redraft
                )
    except (StoreUnavailable, Closed):
        return
    if has_new or not copy.transcripts[step]:
        copy.refresh(process, step)


# Drawing


def show(
    process: Process, copy: WorkingCopy, step: str, line: UnsavedLine, live: Reply | None
) -> None:
    """
    Draw the conversation; must come last on a page, because it follows a *live* reply to its end.

    Updates *line* while the reply grows.
    """
    growing = live.id if live else _growing_elsewhere(copy, step)
    written = [each for each in copy.transcripts[step] if live is None or each.id != live.id]
    with st.container(key="transcript", height=400, border=False, autoscroll=True):
        _earlier(process, copy, step)
        _messages(copy, written)
        slot = st.empty() if live else None
        read_back_panel.show(copy, step)
        if live is None:
            question_card.show(copy, step)
    _below(process, copy, step, growing)
    if live is not None and slot is not None:
        _follow(live, process.replies.guide_name, slot, line)


def _earlier(process: Process, copy: WorkingCopy, step: str) -> None:
    if not copy.has_earlier(step):
        return
    if buttons.button(f"Show {WINDOW} earlier", key="show-earlier", icon=":material/expand_less:"):
        try:
            copy.show_earlier(process, step)
        except StoreError as exc:
            st.toast(buttons.failed(exc))
        else:
            st.rerun()


def _messages(copy: WorkingCopy, messages: Sequence[Message]) -> None:
    """Draw messages as one element; only a folded one, which has a button, is one of its own."""
    for is_folded, run in groupby(messages, key=lambda each: _is_folded(copy, each)):
        if not is_folded:
            st.html(bubbles.html(list(run), MAX_CHARACTERS))
            continue
        for message in run:
            st.html(bubbles.html([message], SHOWN))
            _unfold(copy, message)


def _is_folded(copy: WorkingCopy, message: Message) -> bool:
    # A growing reply is read at its end.
    is_long = len(message.text) > SHOWN and message.status is not MessageStatus.STREAMING
    return is_long and message.id not in copy.unfolded


def _unfold(copy: WorkingCopy, message: Message) -> None:
    label = f"Show all {len(message.text):,} characters"
    if buttons.button(label, key=f"unfold/{message.id}", type="tertiary"):
        copy.unfolded.add(message.id)
        st.rerun()


def _follow(
    live: Reply, guide: str, slot: "st.delta_generator.DeltaGenerator", line: UnsavedLine
) -> None:
    """Draw the reply as it grows, then rerun the page."""
    render_queue.end()
    page.finish()
    for text in live.follow():
        line.update()
        slot.html(bubbles.growing(guide, text, ceil(live.wait)))
    page.redraw()


def _below(process: Process, copy: WorkingCopy, step: str, growing: str | None) -> None:
    """Draw the controls: stop the *growing* reply (a message id), retry, and the chat box."""
    if is_read_only(copy.states[step].status):
        st.info("This step is complete: the conversation is closed.", icon=":material/lock:")
        return
    closed = copy.closed_because(step)
    with page.stable_place():
        if closed:
            st.info(closed, icon=":material/front_hand:")
        if growing is not None and not copy.briefing.is_put_away:
            stop = partial(_stop, process, copy, copy.key(step), growing)
            st.button("Stop", key="stop", icon=":material/stop_circle:", on_click=stop)
        elif (last := _unfinished(copy, step)) is not None and not closed:
            _offer_retry(process, copy, step, last)
        elif not closed:
            _offer_another(process, copy, step)
    chat_box.show(
        chat_input.box_key(copy, step),
        storage=f"throughline/{copy.team.id}/{step}",
        placeholder="Tell the guide …",
        settled=sorted(copy.acknowledged.get(step, ())),
        refused=[Refusal(id_, sentence) for id_, sentence in copy.refused.items()],
        delivery=_delivery(copy, step),
        suggested=Suggested() if growing or closed else _suggested(copy.transcripts[step]),
    )


def _suggested(messages: Sequence[Message]) -> Suggested:
    """Return what the last reply suggests, where it is whole and nothing was said since."""
    if not messages or messages[-1].status is not MessageStatus.COMPLETE:
        return Suggested()
    return Suggested(messages[-1].id, messages[-1].suggestions)


def _delivery(copy: WorkingCopy, step: str) -> Delivery:
    return Delivery(
        navigation.outbox_address(),
        navigation.typed_address(),
        copy.team.link,
        step,
        tab.member(),
    )


def _stop(process: Process, copy: WorkingCopy, key: StepKey, message_id: str) -> None:
    try:
        with deadline.waiting_once(), copy.acting(process, Action.STOP_REPLY, key.step):
            process.replies.stop(key, message_id)
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))


def _growing_elsewhere(copy: WorkingCopy, step: str) -> str | None:
    """Return the id of the newest reply that grows; another server's, where none is this one's."""
    growing = [each for each in copy.transcripts[step] if each.status is MessageStatus.STREAMING]
    return growing[-1].id if growing else None


def _unfinished(copy: WorkingCopy, step: str) -> Message | None:
    """Return the guide's last message where it did not come to its end."""
    replies = [each for each in copy.transcripts[step] if each.role is Role.ASSISTANT]
    ended_early = (MessageStatus.INTERRUPTED, MessageStatus.ERROR)
    return replies[-1] if replies and replies[-1].status in ended_early else None


def _offer_retry(process: Process, copy: WorkingCopy, step: str, message: Message) -> None:
    why = (
        process.replies.sentence(copy.key(step)) or "The guide could not answer."
        if message.status is MessageStatus.ERROR
        else "This reply was interrupted."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="retry-row"):
        st.markdown(f":material/warning: {escape.escaped(why)}", width="stretch")
        if buttons.button("Retry", key="retry", icon=":material/refresh:"):
            try:
                with copy.acting(process, Action.RETRY_REPLY, step):
                    process.replies.retry(copy.key(step), message)
            except StoreError as exc:
                st.toast(buttons.failed(exc))
            st.rerun()


def _offer_another(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the button that regenerates the last reply; a script would only repeat itself."""
    messages = copy.transcripts[step]
    if not process.settings.asks_model or not messages or messages[-1].role is not Role.ASSISTANT:
        return
    if buttons.button(
        "Another reply",
        key="rewrite",
        icon=":material/autorenew:",
        type="tertiary",
        help="The guide answers your last message again. This reply leaves the conversation.",
    ):
        try:
            with copy.acting(process, Action.RETRY_REPLY, step):
                process.replies.rewrite(copy.key(step), messages[-1])
        except StoreError as exc:
            st.toast(buttons.failed(exc))
        else:
            st.rerun()
