"""Looking for words in what the teams of a workshop have made."""

from itertools import islice

import streamlit as st

from lib import facilitation
from lib.facilitation import WorkshopOverview, exports
from lib.facilitation.search import MAX_MATCHES, MAX_SEARCHED, Match, matches, search_words
from lib.team.process import Process
from lib.ui import problem
from lib.ui.escape import escaped
from lib.ui.review import downloads, step
from lib.workshop import steps
from lib.workshop.transcript import clean

#: Pixels of what is found before it scrolls, and how many places fit in.
HEIGHT, FIT = 260, 6

#: Characters of what is looked for.
MAX_ASKED = 200


def box() -> list[str]:
    """Draw the box; return the words that are looked for."""
    asked = st.text_input(
        "Search drafts and artifacts",
        key="search",
        icon=":material/manage_search:",
        width=260,
        help="All the words, in any order, in one draft or artifact.",
    )
    if long := problem.too_long("search", asked or "", MAX_ASKED):
        st.warning(long, width=260)
        return []
    return search_words(clean(asked or ""))


def show(process: Process, room: WorkshopOverview, words: list[str]) -> None:
    """Draw what is found; nothing where nothing is looked for."""
    if not words:
        return
    made = process.store.made_with(room.workshop.id, words, MAX_SEARCHED + 1)
    found = list(islice(matches(made[:MAX_SEARCHED], words), MAX_MATCHES + 1))
    with st.container(border=True, key="matches"):
        st.markdown(f"**{_told(len(found), is_more=len(made) > MAX_SEARCHED)}**")
        names = room.names
        # What is found must not push the table out of sight.
        with st.container(height=HEIGHT if len(found) > FIT else "content", border=False, gap=None):
            for number, find in enumerate(found[:MAX_MATCHES]):
                _find(number, find, names[find.team_id])
        if found:
            downloads.show(
                process,
                room.workshop.id,
                "matches",
                lambda: exports.matches(found, names),
                room.workshop.title,
                "search",
            )


def _told(number: int, *, is_more: bool) -> str:
    if number > MAX_MATCHES or is_more:
        return f"More than is shown: here are the first {min(number, MAX_MATCHES)}. Add a word."
    return (
        f"Found in {facilitation.counted(number, 'place')}"
        if number
        else "Nothing holds these words."
    )


def _find(number: int, find: Match, team: str) -> None:
    about = steps.step(find.step)
    kind = f"version {find.version}" if find.version else "draft"
    st.button(
        f"**{escaped(team)} · {about.number}\\. {about.name}** · {escaped(find.field)} ({kind}): "
        f"{escaped(find.snippet)}",
        key=f"find/{number}",
        type="tertiary",
        on_click=step.choose,
        args=(find.team_id, find.step),
    )
