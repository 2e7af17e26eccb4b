"""On a team's page: what its facilitator has written, the time, and the way to ask for help."""

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
        help="Takes it away for the whole team.",
        on_click=_done,
        args=(lambda: _close(process, copy, note),),
    )


def show_time(process: Process, copy: WorkingCopy) -> None:
    """Draw the timer, and the team's way to say that it is stuck."""
    countdown.show(copy.briefing.agenda.timer)
    if copy.briefing.is_put_away:
        return
    if flags := copy.briefing.flags:
        st.button(
            "We go on",
            key="lower-flag",
            icon=":material/flag:",
            type="tertiary",
            help="Your facilitator knows that you are stuck. Press this when you are not any more.",
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
            help="You may leave it empty.",
        )
        if buttons.submit("Call the facilitator", key="raise-flag"):
            _raise(process, copy, words)


def _raise(process: Process, copy: WorkingCopy, words: str) -> None:
    author, at = _who(copy), utc_now()
    try:
        with copy.acting(process, Action.RAISE_FLAG):
            controls.ask_for_help(process.store, copy.team.key, words, author=author, at=at)
    except (NoteRefused, StoreError) as exc:
        st.warning(f"Not sent yet. {exc}")
    else:
        # The team-mates' pages show it at their next look; this one now.
        tab.notify("Your facilitator sees that you are stuck.")
        st.rerun()


def _close(process: Process, copy: WorkingCopy, note: Note) -> None:
    # A flag is lowered by whoever may raise one; what the facilitator wrote is closed by who reads it.
    action = Action.RAISE_FLAG if note.kind is Kind.FLAG else Action.CLOSE_NOTICE
    with copy.acting(process, action):
        controls.close_note(process.store, copy.team.key, note, by=_who(copy), at=utc_now())


def _who(copy: WorkingCopy) -> str:
    return tab.member() or copy.team.name


def _done(do: Callable[[], object]) -> None:
    """Do it before the page is drawn anew; where it cannot be done, all stays as it is."""
    try:
        do()
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))
