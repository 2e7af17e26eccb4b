"""
What replies took and offer, with what can be pressed: a component of ours.

Six lines with three buttons each would be two dozen elements of Streamlit's, which every rerun sends
again; this is one. A press stays in its state until the page has confirmed it, so that a rerun that
replaces another one loses none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.team.read_backs import MAX_TEXT
from lib.ui.components.component import component, drawn

_mounted = component("read_back")


def show(
    key: str,
    replies: Sequence[Mapping[str, Any]],
    *,
    newest: str,
    is_open: bool,
    settled: Iterable[str],
) -> None:
    """
    Draw *replies*, made by `lib.team.reply_lines`, newest first.

    Those but *newest* are folded. Nothing can be pressed unless *is_open*. *settled* are the ids of
    presses that need not be sent again.
    """
    _mounted(
        key=key,
        data={
            "drawn": drawn(),
            "replies": replies,
            "newest": newest,
            "open": is_open,
            "settled": sorted(settled),
            "most": MAX_TEXT,
        },
        on_presses_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit declares a component's state by its callback; the page reads it when it runs."""
