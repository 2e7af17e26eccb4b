"""
A page's own look at whether it shows what there is: a component of ours that draws nothing.

Streamlit's timer (`run_every`) reruns the script for each look, in a tab that nobody looks at too.
This one asks a route of the server, and has the page drawn anew where that says so.
"""

from lib.team.working_copy import WorkingCopy
from lib.ui import navigation, tab
from lib.ui.components.component import component, drawn

#: Seconds between two looks; half of what a team is promised, and a bit.
EVERY = 3.0

#: Seconds between two looks of a page that follows a reply: it is drawn anew at its end anyway.
EVERY_WHILE_FOLLOWING = 20.0

_mounted = component("polling", html="", css="")


def show(copy: WorkingCopy, step: str, *, late: bool = False, following: bool = False) -> None:
    """
    Look from now on, and draw the page anew where it shows something else than there is.

    *late* says whether the page tells of something unsaved, *following* whether it follows a reply.
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
        on_look_change=tab.draw_unasked,
    )
