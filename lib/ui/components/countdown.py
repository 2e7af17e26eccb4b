"""The timer as a page shows it: counted down in the browser, the same on every page."""

from lib.ui import navigation
from lib.ui.components.component import component, drawn
from lib.workshop import steps
from lib.workshop.agenda import Timer

_mounted = component("countdown")


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
            "drawn": drawn(),
            "address": navigation.clock_address(),
        },
    )
