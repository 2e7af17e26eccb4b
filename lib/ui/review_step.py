"""One team's step, read-only beside the tables: where it stands, what was made, what was said."""

import re

import streamlit as st

from lib import exports, review, steps
from lib.process import Process
from lib.review import Room, TeamSummary
from lib.status import Status
from lib.transcript import Message, MessageStatus, Role
from lib.ui import archive_panel, artifact_card, history_panel, override_panel, safe
from lib.ui.moment import zone
from lib.working_copy import WINDOW
from lib.workshop import StepKey

#: The query parameters that say whose step is open, and how much of its transcript. (`team` is
#: taken: it holds a team's link.)
OPEN_TEAM, OPEN_STEP, SHOWN = "at", "step", "shown"

#: The most messages a page shows; the file holds all.
MAX_SHOWN = 2_000

#: Characters of a message a page shows; the file holds all.
MAX_CHARACTERS = 20_000

#: Pixels of a transcript before it scrolls.
HEIGHT = 560

_AVATARS = {Role.USER: ":material/group:", Role.ASSISTANT: ":material/explore:"}

_ENDINGS = {
    MessageStatus.STREAMING: "being written",
    MessageStatus.INTERRUPTED: "interrupted",
    MessageStatus.ERROR: "the guide failed",
}


def choose(team_id: str, step: str) -> None:
    """Open a team's step in this tab's address; nothing happens where one of them is empty."""
    if team_id and step:
        st.query_params.update({OPEN_TEAM: team_id, OPEN_STEP: step})
        st.query_params.pop(SHOWN, None)


def show(process: Process, room: Room) -> None:
    """Draw the choice of a team and a step, and that step."""
    row, step = _chosen(room)
    if row is None:
        st.caption("Click a cell of the table, or choose a team, to read along.")
        return
    key = row.team.step_key(step)
    said, made = st.columns([3, 2], gap="large")
    with made, st.container(key="draft-panel"):
        _made(process, row, key)
    with said:
        _said(process, row, key)


def _chosen(room: Room) -> tuple[TeamSummary | None, str]:
    """Draw the two boxes; return what is open, whose boxes hold what the address says."""
    rows = {row.team.id: row for row in room.rows}
    team_id = _known(st.query_params.get(OPEN_TEAM), list(rows))
    step = _known(st.query_params.get(OPEN_STEP), list(steps.SLUGS))
    if team_id and not step:
        step = rows[team_id].current_step
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = _pick("Team", list(rows), team_id, {id_: r.team.name for id_, r in rows.items()})
        picked_step = _pick("Step", list(steps.SLUGS), step, review.COLUMNS) if picked else step
    if picked and (picked, picked_step) != (team_id, step):
        choose(picked, picked_step or rows[picked].current_step)
        st.rerun()
    return (rows[team_id], step or steps.SLUGS[0]) if team_id else (None, "")


def _known(value: str | None, options: list[str]) -> str | None:
    return value if value in options else None


def _pick(label: str, options: list[str], chosen: str | None, names: dict[str, str]) -> str | None:
    # The address is what holds the choice: with another one, this is another box.
    return st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen else None,
        format_func=lambda option: names[option],
        key=f"open-{label.lower()}/{chosen or ''}",
        placeholder=f"Choose a {label.lower()}",
        width=240,
    )


# What was made


def _made(process: Process, row: TeamSummary, key: StepKey) -> None:
    about, state = steps.step(key.step), row.cells[key.step].state
    st.subheader(about.artifact[:1].upper() + about.artifact[1:], anchor=False)
    st.markdown(f"**{review.WORDS[state.status]}**")
    version = process.store.artifacts(key.team).get(key.step)
    if version is not None and state.status is not Status.IN_PROGRESS:
        when = review.clock(version.confirmed_at, zone())
        st.caption(
            f"Version {version.version}, confirmed by {safe.escaped(version.confirmed_by)}, {when}"
        )
        fields = version.fields
    else:
        draft = process.drafts.current(key)
        st.caption(f"Draft · the conversation is at: {draft.phase.value}")
        fields = draft.fields
    st.markdown(artifact_card.markdown(key.step, fields) or "*Nothing yet.*")
    _history(process, key)
    override_panel.show(process, key, state)


def _history(process: Process, key: StepKey) -> None:
    """Draw the versions of a step, its overrides, and what a reset has archived."""
    versions = process.store.versions(key)
    if versions:
        with st.expander("History", icon=":material/history:", key="versions"):
            history_panel.compare(key.step, versions)
            if versions[-1].summary:
                st.caption("What it came to")
                st.markdown(
                    "\n".join(f"- {safe.escaped(s)}" for s in versions[-1].summary.splitlines())
                )
    archive_panel.show(process, key)


# What was said


def _said(process: Process, row: TeamSummary, key: StepKey) -> None:
    about = steps.step(key.step)
    st.subheader(f"{safe.escaped(row.team.name)} · {about.number}\\. {about.name}", anchor=False)
    shown = _shown()
    # One more than is shown, to know whether there is one.
    stored = process.store.messages(key, last=shown + 1)
    messages = review.with_unsaved(stored, process.autosave.pending(key).messages)
    if not messages:
        st.caption("Nothing has been said here yet.")
        return
    _download(process, row, key)
    if len(messages) > shown and shown < MAX_SHOWN:
        st.button("Show earlier", key="show-earlier", icon=":material/expand_less:", on_click=_more)
    for message in messages[-shown:]:
        _message(message)
    _discarded(process, key)


def _discarded(process: Process, key: StepKey) -> None:
    """Draw what was written anew: the team does not see it any more."""
    discarded = process.store.discarded(key)
    if not discarded:
        return
    label = f"Replies the team had written anew: {len(discarded)}"
    with st.expander(label, icon=":material/autorenew:", key="discarded"):
        for each in discarded:
            st.caption(f"Message {each.position}, put away {review.clock(each.at, zone())}")
            st.markdown(safe.markdown(each.text[:MAX_CHARACTERS]))


def _shown() -> int:
    """Return how many messages the address asks for, within reason."""
    asked = st.query_params.get(SHOWN, "")
    number = int(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else WINDOW
    return min(max(number, WINDOW), MAX_SHOWN)


def _more() -> None:
    st.query_params[SHOWN] = str(_shown() + WINDOW)


def _message(message: Message) -> None:
    ending = _ENDINGS.get(message.status)
    with st.chat_message(message.role.value, avatar=_AVATARS[message.role]):
        st.caption(
            f"{safe.escaped(message.author)} · {review.clock(message.created_at, zone())}"
            + (f" · {ending}" if ending else "")
        )
        text = message.text[:MAX_CHARACTERS]
        if message.role is Role.ASSISTANT:
            st.markdown(safe.markdown(text))
        else:
            st.markdown(safe.plain(text))
        if len(message.text) > MAX_CHARACTERS:
            st.caption(f"… {len(message.text):,} characters in all: the file holds every one.")


def _download(process: Process, row: TeamSummary, key: StepKey) -> None:
    def data() -> bytes:
        process.autosave.flush(key)
        return exports.messages_csv(process.store.messages(key))

    st.download_button(
        "Messages as CSV",
        data,
        file_name=file_name(row.team.name, key.step),
        mime="text/csv",
        key="messages-csv",
        icon=":material/download:",
        on_click="ignore",
    )


def file_name(*words: str) -> str:
    """Return a file's name made of *words*, of characters that every system takes."""
    slugs = (re.sub(r"[^\w-]+", "-", word).strip("-").lower()[:40] for word in words)
    return "-".join(slug for slug in slugs if slug) + ".csv"
