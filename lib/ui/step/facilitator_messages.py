"""On a team's page: the facilitator's messages, the timer, and the help call."""

from collections.abc import Callable

import streamlit as st

from lib.facilitation import controls
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons, tab
from lib.ui.components import countdown
from lib.ui.escape import escaped
from lib.ui.local_time import zone
from lib.workshop.clock import utc_now
from lib.workshop.notes import Kind, Note, NoteRefused
from lib.workshop.roles import AccessRefused, Action


def show(process: Process, copy: WorkingCopy) -> None:
    """Draw the facilitator's newest open message in full, and a way to the earlier ones."""
    if not copy.briefing.messages:
        return
    *earlier, newest = copy.briefing.messages
    with (
        st.container(key="bulletin"),
        st.container(horizontal=True, vertical_alignment="center", key="newest-note"),
    ):
        _message(process, copy, newest)
        if earlier:
            with st.popover(f"{len(earlier)} more", key="earlier-notes"):
                for note in reversed(earlier):
                    _message(process, copy, note)


def _message(process: Process, copy: WorkingCopy, note: Note) -> None:
    when = f"{note.at.astimezone(zone()):%H:%M}"
    st.markdown(
        f":material/campaign: **{escaped(note.text)}**  \n:small[{escaped(note.author)} · {when}]",
        width="stretch",
    )
    st.button(
        "Got it",
        key=f"close-note/{note.id}",
        help="Closes this message for the whole team.",
        on_click=_done,
        args=(lambda: _close(process, copy, note),),
    )


def show_time(process: Process, copy: WorkingCopy) -> None:
    """Draw the timer, and the button for a help call."""
    countdown.show(copy.briefing.agenda.timer)
    if copy.briefing.is_put_away:
        return
    if flags := copy.briefing.flags:
        st.button(
            "We can continue",
            key="lower-flag",
            icon=":material/flag:",
            type="tertiary",
            help="Your facilitator knows that you are stuck. Press this when you no longer need help.",
            on_click=_done,
            args=(lambda: [_close(process, copy, flag) for flag in flags],),
        )
        return
    with (
        st.popover("We are stuck", icon=":material/flag:", type="tertiary"),
        st.form("stuck", border=False),
    ):
        words = st.text_input(
            "What would help?",
            key="stuck-words",
            help="Optional.",
        )
        if buttons.submit("Call the facilitator", key="raise-flag"):
            _raise(process, copy, words)


def _raise(process: Process, copy: WorkingCopy, words: str) -> None:
    author, at = _who(copy), utc_now()
    try:
        with copy.acting(process, Action.RAISE_FLAG):
            controls.ask_for_help(process.store, copy.team.key, words, author=author, at=at)
    except (NoteRefused, StoreError) as exc:
        st.warning(f"Couldn't send that. {exc}")
    else:
        # The team-mates' pages show it at their next poll; this one now.
        tab.notify("Your facilitator can see that you are stuck.")
        st.rerun()


def _close(process: Process, copy: WorkingCopy, note: Note) -> None:
    # The right to make a help call includes closing it; any reader may close a facilitator's message.
    action = Action.RAISE_FLAG if note.kind is Kind.FLAG else Action.CLOSE_NOTICE
    with copy.acting(process, action):
        controls.close_note(process.store, copy.team.key, note, by=_who(copy), at=utc_now())


def _who(copy: WorkingCopy) -> str:
    return tab.member() or copy.team.name


def _done(do: Callable[[], object]) -> None:
    """Run *do* before the rerun; if it fails, show why and change nothing."""
    try:
        do()
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))
