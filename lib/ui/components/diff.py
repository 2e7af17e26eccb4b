"""Shows the differences between two artifacts: the old text and the new one."""

from collections.abc import Sequence

import streamlit as st

from lib.ui.escape import escaped
from lib.workshop.artifacts.diff import Difference, Kind

#: Characters of a text that is shown; the whole is in the artifact.
SHOWN = 400

_SIGNS = {Kind.ADDED: "new", Kind.REMOVED: "gone", Kind.CHANGED: "changed"}


def show(found: Sequence[Difference]) -> None:
    """Draw the differences, one below the other."""
    if not found:
        st.caption("No visible changes.")
        return
    st.markdown("\n".join(_line(each) for each in found))


def _line(each: Difference) -> str:
    label = f"- **{escaped(each.label)}** ({_SIGNS[each.kind]}): "
    parts = [f"~~{_text(each.before)}~~" if each.before else "", _text(each.after)]
    return label + " → ".join(part for part in parts if part)


def _text(text: str) -> str:
    flat = " ".join(text.split())
    return escaped(flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…")
