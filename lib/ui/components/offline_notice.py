"""
One line that says the server cannot be reached; replaces Streamlit's own dialog.

The dialog mentions a terminal, covers the page and takes the focus from a person who is typing. In
Chromium it appears 3 s after the server was killed. The line does none of this.
"""

from lib.ui.components.component import component

_SENTENCE = (
    "The server cannot be reached. Your text is kept here, and the page reconnects by itself."
)

_mounted = component("offline_notice", html='<p class="away" role="status" hidden></p>')


def show() -> None:
    """Have the browser watch the connection; show the line while it is down."""
    _mounted(key="away-line", data={"sentence": _SENTENCE})
