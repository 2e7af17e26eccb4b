"""
The box a message is typed into: a component of ours with an outbox.

Streamlit's own chat input sends a message once, as an event. Sent five within a quarter of a second
to a page that is following a reply, two of five never arrived; with its modes "stop" and "disable",
which close the box while a script runs, four of five did not. So ours keeps what was sent in its
state until the page has confirmed it, and each message carries an id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from lib.transcript import MAX_CHARACTERS

_HERE = Path(__file__).parent

_mounted = st.components.v2.component(
    "throughline_chat_box",
    html=(_HERE / "chat_box.html").read_text(encoding="utf-8"),
    css=(_HERE / "chat_box.css").read_text(encoding="utf-8"),
    js=(_HERE / "chat_box.js").read_text(encoding="utf-8"),
)


class Sent(NamedTuple):
    """A message as it came from a browser: the id it was given there, and its text."""

    id: str
    text: str


@dataclass(frozen=True)
class Refusal:
    """A message that went back into its box, and the sentence that says why."""

    id: str
    sentence: str


def outbox(key: str) -> list[Sent]:
    """
    Return what the box called *key* has sent and may not know to be stored, oldest first.

    Comes from a browser: anything that is not a list of ids and texts is passed over.
    """
    state = st.session_state.get(key)
    entries = state.get("outbox") if hasattr(state, "get") else None
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return []
    return [sent for entry in entries if (sent := _sent(entry))]


def _sent(entry: Any) -> Sent | None:
    try:
        sent = Sent(entry["id"], entry["text"])
    except (TypeError, KeyError):
        return None
    return sent if isinstance(sent.id, str) and isinstance(sent.text, str) else None


def show(
    key: str, storage: str, placeholder: str, settled: Sequence[str], refused: Sequence[Refusal]
) -> None:
    """
    Draw the box.

    *storage* names what the browser keeps for it across a reload. *settled* are the ids of messages
    that need not be sent again: stored or refused.
    """
    _mounted(
        key=key,
        data={
            "storage": storage,
            "placeholder": placeholder,
            "limit": MAX_CHARACTERS,
            "settled": list(settled),
            "refused": [{"id": each.id, "sentence": each.sentence} for each in refused],
        },
        on_outbox_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit declares a component's state by its callback; the page reads it when it runs."""
