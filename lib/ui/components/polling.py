"""
Polls the server from the browser and reruns the page if it is out of date; draws nothing.

Streamlit's timer (`run_every`) reruns the script for each poll, even in a hidden tab. This component
asks a route of the server, and requests a rerun only if the fingerprint differs.
"""

from lib.team.working_copy import WorkingCopy
from lib.ui import navigation, tab
from lib.ui.components.component import component, drawn

#: Seconds between two polls; a bit over half of the delay a team is promised.
EVERY = 3.0

#: Seconds between two polls of a page that follows a reply: it reruns anyway when the reply ends.
EVERY_WHILE_FOLLOWING = 20.0

_mounted = component("polling", html="", css="")


def show(copy: WorkingCopy, step: str, *, late: bool = False, following: bool = False) -> None:
    """
    Start polling; rerun the page if the stored state differs from what it shows.

    *late* says whether the page shows the unsaved line, *following* whether it follows a reply.
    """
    _mounted(
        key="look",
        data={
            "drawn": drawn(),
            "address": navigation.look_address(),
            "link": copy.team.link,
            "step": step,
            "seen": copy.seen[step],
            "late": late,
            "every": EVERY_WHILE_FOLLOWING if following else EVERY,
        },
        on_look_change=tab.mark_rerun_automatic,
    )
