"""The timer as a page shows it: counted down in the browser, the same on every page."""

from pathlib import Path

import streamlit as st

from lib import steps
from lib.agenda import Timer
from lib.replies import utc_now

_HERE = Path(__file__).parent

_mounted = st.components.v2.component(
    "throughline_countdown",
    html=(_HERE / "countdown.html").read_text(encoding="utf-8"),
    css=(_HERE / "countdown.css").read_text(encoding="utf-8"),
    js=(_HERE / "countdown.js").read_text(encoding="utf-8"),
)


def show(timer: Timer | None) -> None:
    """Draw the timer; nothing where there is none."""
    if timer is None:
        return
    _mounted(
        key="countdown",
        width="content",
        data={
            "step": steps.step(timer.step).name,
            "ends_at": timer.ends_at.timestamp() * 1000 if timer.ends_at else None,
            "left": timer.left,
            "now": utc_now().timestamp() * 1000,
        },
    )
