"""
The box a message is typed into: a component of ours with an outbox.

Streamlit's own chat input sends a message once, as an event. Sent five within a quarter of a second
to a page that is following a reply, two of five never arrived; with its modes "stop" and "disable",
which close the box while a script runs, four of five did not. So ours keeps what was sent in its
state until the page has confirmed it, and each message carries an id. A page that is left in the
moment of sending takes its state with it, about once in four: then the box delivers by itself.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lib.ui.components.component import component, drawn
from lib.workshop.transcript import MAX_CHARACTERS

_mounted = component("chat_box")


@dataclass(frozen=True)
class Refusal:
    """A message that went back into its box, and the sentence that says why."""

    id: str
    sentence: str


@dataclass(frozen=True)
class Suggested:
    """What the team might say next, one button each, and the id of the reply that suggests it."""

    of: str = ""
    texts: Sequence[str] = ()


@dataclass(frozen=True)
class Delivery:
    """
    Where, and as whom, the box delivers what it holds.

    *address* takes what was sent and not confirmed when the page is left; *typed* what is being
    typed, while it is.
    """

    address: str
    typed: str
    link: str
    step: str
    member: str


def show(
    key: str,
    *,
    storage: str,
    placeholder: str,
    settled: Sequence[str],
    refused: Sequence[Refusal],
    delivery: Delivery,
    suggested: Suggested,
) -> None:
    """
    Draw the box.

    *storage* names what the browser keeps for it across a reload. *settled* are the ids of messages
    that need not be sent again: stored or refused. A click on what is *suggested* sends it like what
    is typed; whatever is sent first takes all of it away.
    """
    _mounted(
        key=key,
        data={
            "drawn": drawn(),
            "storage": storage,
            "placeholder": placeholder,
            "limit": MAX_CHARACTERS,
            "settled": list(settled),
            "delivery": asdict(delivery),
            "suggested": asdict(suggested),
            "refused": [{"id": each.id, "sentence": each.sentence} for each in refused],
        },
        on_outbox_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit declares a component's state by its callback; the page reads it when it runs."""
