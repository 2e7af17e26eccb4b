"""A facilitator redacts a message of a step, and its words wherever they were used."""

from collections.abc import Sequence

import streamlit as st

from lib import facilitation
from lib.facilitation import controls, reset_archive
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.ui import buttons, escape, gate, problem, tab
from lib.ui.local_time import zone
from lib.ui.review.override_panel import FACILITATOR, MAX_REASON
from lib.workshop.clock import utc_now
from lib.workshop.records import StepKey
from lib.workshop.redaction import MARKER, RedactionRefused, Trace
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.transcript import Message

#: Characters of a message in the list to choose from, and in the question whether to redact it.
CHOICE, SHOWN = 60, 1_000

#: Places listed one by one; where there are more, all of those are redacted.
MAX_PLACES = 100

#: Keys of the question's boxes; a place's is followed by the place.
_REASON, _AUTHOR, _PLACE = "redact-reason", "redact-author", "redact-place/"


def show(process: Process, key: StepKey) -> None:
    """Draw the choice of a message, of this era or an earlier one, and the button to redact it."""
    if not gate.may(process, Action.REDACT, key.workshop_id):
        return
    name = f"redact/{key.team_id}/{key.step}"
    place = st.expander(
        "Redact a message", icon=":material/ink_eraser:", key=name, on_change="rerun"
    )
    if not place.open:
        return
    with place:
        st.caption(
            "Replaces a message, and its words wherever they were used, with a marker. "
            "This cannot be undone."
        )
        found = {each.id: each for each in _all(process, key)}
        chosen = st.selectbox(
            "Message",
            list(found),
            index=None,
            format_func=lambda id_: _label(found[id_]),
            key=f"redact-message/{key.team_id}/{key.step}",
            placeholder="Choose a message",
        )
        if buttons.button("Redact …", key="redact", icon=":material/ink_eraser:") and chosen:
            _ask(process, key, found[chosen])


def _all(process: Process, key: StepKey) -> list[Message]:
    """
    Return what can be redacted, the newest first; a marker cannot.

    All of it, however long ago: the page may show only the last messages.
    """
    unsaved = process.autosave.pending(key).messages
    messages = facilitation.with_unsaved(process.store.messages(key), unsaved)
    earlier = [
        message
        for each in reset_archive.archived(process.store, key)
        for message in reversed(process.store.messages(key, era=each.era))
    ]
    return [each for each in [*reversed(messages), *earlier] if each.text not in ("", MARKER)]


def _label(message: Message) -> str:
    words = " ".join(message.text.split())
    short = words if len(words) <= CHOICE else f"{words[:CHOICE]} …"
    return f"{message.author}, {facilitation.clock(message.created_at, zone())}: {short}"


@st.dialog("Redact this message?", width="large")
def _ask(process: Process, key: StepKey, message: Message) -> None:
    text = message.text if len(message.text) <= SHOWN else f"{message.text[:SHOWN]} …"
    st.text(text)
    try:
        # What is unsaved may hold the words too.
        process.drafts.flush(key.team)
        traces = process.store.traces(key, message.id)
    except StoreError as exc:
        st.warning(buttons.failed(exc))
        return
    _places(traces)
    st.checkbox("Also remove the author's name", key=_AUTHOR)
    reason = st.text_input(
        "Reason",
        key=_REASON,
        help="The event log shows it, with the time. Do not repeat the words here.",
    )
    if long := problem.too_long("reason", reason, MAX_REASON):
        st.warning(long)
    with st.container(horizontal=True):
        st.button(
            "Redact",
            key="redact-yes",
            type="primary",
            disabled=bool(long),
            on_click=_redact,
            args=(process, key, message, [each.place for each in traces[:MAX_PLACES]]),
        )
        if buttons.button("Cancel", key="redact-no", type="tertiary"):
            st.rerun()
    if any(each.message_id == message.id for each in process.store.redactions(key.workshop_id)):
        st.rerun()


def _places(traces: Sequence[Trace]) -> None:
    """Draw where the words stand besides the message; a place that is unticked stays as it is."""
    if not traces:
        st.caption("Its words were found nowhere else.")
        return
    st.markdown(f"**Its words also appear in {facilitation.counted(len(traces), 'other place')}.**")
    with st.container(height=240 if len(traces) > 4 else "content", border=True):
        for each in traces[:MAX_PLACES]:
            label = f"**{escape.escaped(each.where)}**: {escape.escaped(each.text)}"
            st.checkbox(label, value=True, key=_PLACE + each.place)
    if len(traces) > MAX_PLACES:
        more = facilitation.counted(len(traces) - MAX_PLACES, "more place")
        st.caption(f"And {more}, redacted too.")


def _redact(process: Process, key: StepKey, message: Message, places: Sequence[str]) -> None:
    """Redact what is ticked, as the boxes are now: the press may come before they are drawn again."""
    form = st.session_state
    try:
        with gate.acting(process, Action.REDACT, key.workshop_id):
            controls.redact(
                process.store,
                process.drafts.flush,
                key,
                message,
                by=FACILITATOR,
                reason=form.get(_REASON, ""),
                at=utc_now(),
                keeping=[each for each in places if not form.get(_PLACE + each, True)],
                author_too=form.get(_AUTHOR, False),
            )
    except RedactionRefused as exc:
        st.toast(str(exc))
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))
    else:
        tab.notify("The message was redacted. Teams see the marker within a few seconds.")
