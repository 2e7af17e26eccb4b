"""
The line that says, in place of Streamlit's own dialog, that the server cannot be reached.

That dialog speaks of a terminal, lies over the page, and takes the focus away from whoever types:
tried in Chromium, it is there 3 s after the server was killed. The line takes nothing from anybody.
"""

from lib.ui.components.component import component

_SENTENCE = (
    "The server cannot be reached. What you write stays here, and the page goes on by itself."
)

_mounted = component("offline_notice", html='<p class="away" role="status" hidden></p>')


def show() -> None:
    """Have the browser watch over the connection; nothing is drawn while there is one."""
    _mounted(key="away-line", data={"sentence": _SENTENCE})
