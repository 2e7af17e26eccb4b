"""A table as a file: two small buttons, and what they hold is read when one is pressed."""

import re
from collections.abc import Callable

import streamlit as st

from lib.facilitation import exports
from lib.facilitation.exports import Sheet
from lib.team.process import Process
from lib.ui import gate
from lib.workshop.roles import Action

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(
    process: Process, workshop_id: str, key: str, sheet: Callable[[], Sheet], *words: str
) -> None:
    """
    Draw the download buttons for what *sheet* returns; *words* make up the file's name.

    The right to download is checked at the press.
    """
    ask = gate.later(process, Action.DOWNLOAD, workshop_id)

    def authorized_sheet() -> Sheet:
        ask()
        return sheet()

    with st.container(horizontal=True, key=f"{key}-files"):
        for label, kind, mime, write in (
            ("CSV", "csv", "text/csv", exports.csv),
            ("Excel", "xlsx", _XLSX, exports.xlsx),
        ):
            st.download_button(
                label,
                lambda write=write: write(authorized_sheet()),
                file_name=file_name(*words, kind=kind),
                mime=mime,
                key=f"{key}-{kind}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def file_name(*words: str, kind: str) -> str:
    """Return a file's name made of *words*, of characters that every system takes."""
    slugs = (re.sub(r"[^\w-]+", "-", word).strip("-").lower()[:40] for word in words)
    return "-".join(slug for slug in slugs if slug) + f".{kind}"
