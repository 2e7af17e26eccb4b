"""The interviews a team brings to its research: a tab beside the draft."""

import logging

from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import navigation, tab
from lib.ui.components.component import component
from lib.workshop.interviews.files import MAX_BYTES

log = logging.getLogger(__name__)

_mounted = component("interviews")


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw what is kept of *step*, and the form that brings more."""
    try:
        kept = process.store.interviews(copy.key(step))
    except StoreError as exc:
        log.warning("The interviews are not shown now: %s", exc)
        return
    _mounted(
        key=f"interviews/{copy.team.id}",
        data={
            "kept": [each._asdict() for each in kept],
            "open": True,
            "most": MAX_BYTES,
            "delivery": {
                "address": navigation.interviews_address(),
                "link": copy.team.link,
                "step": step,
                "member": tab.member(),
            },
        },
        on_changed_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit declares a component's state by its callback; the page shows what has changed."""
