"""Full-text search in the drafts and artifacts of a workshop."""

from itertools import islice

import streamlit as st

from lib import facilitation
from lib.facilitation import WorkshopOverview, exports
from lib.facilitation.search import MAX_MATCHES, MAX_SEARCHED, Match, matches, search_words
from lib.team.process import Process
from lib.ui import problem
from lib.ui.escape import escaped
from lib.ui.review import downloads, step_panel
from lib.workshop import steps
from lib.workshop.transcript import clean

#: Pixels of what is found before it scrolls, and how many places fit in.
HEIGHT, FIT = 260, 6

#: Characters of a search.
MAX_QUERY = 200


def box() -> list[str]:
    """Draw the box; return the words that are looked for."""
    query = st.text_input(
        "Search drafts and artifacts",
        key="search",
        icon=":material/manage_search:",
        width=260,
        help="All the words, in any order, in one draft or artifact.",
    )
    if long := problem.too_long("search", query or "", MAX_QUERY):
        st.warning(long, width=260)
        return []
    return search_words(clean(query or ""))


def show(process: Process, room: WorkshopOverview, words: list[str]) -> None:
    """Draw what is found; nothing where nothing is looked for."""
    if not words:
        return
    candidates = process.store.made_with(room.workshop.id, words, MAX_SEARCHED + 1)
    found = list(islice(matches(candidates[:MAX_SEARCHED], words), MAX_MATCHES + 1))
    with st.container(border=True, key="matches"):
        st.markdown(f"**{_summary(len(found), is_more=len(candidates) > MAX_SEARCHED)}**")
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


def _summary(number: int, *, is_more: bool) -> str:
    if number > MAX_MATCHES or is_more:
        return (
            f"Too many to show. These are the first {min(number, MAX_MATCHES)}; add a word to narrow "
            "the search."
        )
    return (
        f"Found in {facilitation.counted(number, 'place')}"
        if number
        else "No draft or artifact contains these words."
    )


def _find(number: int, find: Match, team: str) -> None:
    about = steps.step(find.step)
    kind = f"version {find.version}" if find.version else "draft"
    st.button(
        f"**{escaped(team)} · {about.number}\\. {about.name}** · {escaped(find.field)} ({kind}): "
        f"{escaped(find.snippet)}",
        key=f"find/{number}",
        type="tertiary",
        on_click=step_panel.choose,
        args=(find.team_id, find.step),
    )
