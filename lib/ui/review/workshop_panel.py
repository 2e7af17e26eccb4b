"""Copying, archiving and deleting a workshop; and what its teams then read."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from lib.access import links
from lib.facilitation import WorkshopOverview, archive
from lib.facilitation.archive import WorkshopsByState
from lib.store.errors import StoreError
from lib.team.process import Process
from lib.ui import buttons, gate, navigation, tab
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.workshop.clock import utc_now
from lib.workshop.records import Workshop
from lib.workshop.roles import AccessRefused, Action


def banner(process: Process, workshop: Workshop) -> None:
    """Say on the facilitator's page that a workshop is archived or deleted, and offer undo."""
    if workshop.erase_at is not None:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f":material/delete: This workshop is deleted and will be erased on "
                f"**{when(workshop.erase_at)}**. Until then nothing in it is lost, but its teams "
                "cannot open it.",
                width="stretch",
            )
            _undo_button(process, workshop)
    elif workshop.archived_at is not None:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f":material/inventory_2: Archived {when(workshop.archived_at)}: its teams can read "
                "everything but change nothing.",
                width="stretch",
            )
            _undo_button(process, workshop)


def _undo_button(process: Process, workshop: Workshop) -> None:
    """Draw the button that undoes a deletion or an archiving, for users who may press it."""
    action = Action.DELETE if workshop.erase_at else Action.ARCHIVE
    if not gate.may(process, action, workshop.id):
        return
    (_undo_delete if workshop.erase_at else _unarchive)(process, workshop)


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the buttons to copy, archive and delete the workshop."""
    workshop = room.workshop
    with (
        st.expander("This workshop", icon=":material/folder:", key="this-workshop"),
        st.container(horizontal=True),
    ):
        if buttons.button("Duplicate", key="duplicate", icon=":material/content_copy:"):
            _duplicate(process, workshop)
        if workshop.erase_at is None:
            if workshop.archived_at is None:
                _button(
                    "Archive",
                    f"archive/{workshop.id}",
                    ":material/inventory_2:",
                    lambda: _archive(process, workshop, utc_now()),
                )
            if buttons.button("Delete …", key="delete", icon=":material/delete:"):
                _ask(process, room)


def _duplicate(process: Process, workshop: Workshop) -> None:
    try:
        owner = gate.owner(process)
        with (
            gate.acting(process, Action.DUPLICATE, workshop.id),
            buttons.once("duplicate", workshop.id, owner) as id_,
        ):
            copy = archive.duplicate(process.store, workshop, id_, at=utc_now(), owner=owner)
    except (StoreError, AccessRefused) as exc:
        st.warning(buttons.failed(exc))
        return
    tab.notify("This is the copy. It has the same teams, each with a new link, and no work yet.")
    st.switch_page(navigation.REVIEW, query_params={navigation.WORKSHOP: copy.id})


@st.dialog("Delete this workshop?")
def _ask(process: Process, room: WorkshopOverview) -> None:
    messages = sum(row.messages for row in room.rows)
    days = process.settings.delete_grace
    st.markdown(
        f"This deletes **{escaped(room.workshop.title)}** with its "
        f"{_count(len(room.rows), 'team')} and {_count(messages, 'message')}. "
        "The teams' links stop working at once."
    )
    st.markdown(
        f"It will be erased in {_count(days, 'day')}; until then you can undo this."
        if days
        else "It will be erased at once. This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete",
            key="delete-yes",
            type="primary",
            on_click=_done,
            args=(lambda: _delete(process, room.workshop),),
        ):
            st.rerun()
        if buttons.button("Keep it", key="delete-no", type="tertiary"):
            st.rerun()


def _archive(process: Process, workshop: Workshop, at: datetime | None) -> None:
    with gate.acting(process, Action.ARCHIVE, workshop.id):
        archive.set_archived(process.store, workshop.id, at)


def _not_deleted(process: Process, workshop: Workshop) -> None:
    with gate.acting(process, Action.DELETE, workshop.id):
        archive.restore(process.store, workshop.id)


def _delete(process: Process, workshop: Workshop) -> None:
    with gate.acting(process, Action.DELETE, workshop.id):
        archive.delete(process.store, workshop.id, at=utc_now(), days=process.settings.delete_grace)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _undo_delete(process: Process, workshop: Workshop) -> None:
    _button(
        "Undo delete",
        f"undo-delete/{workshop.id}",
        ":material/undo:",
        lambda: _not_deleted(process, workshop),
    )


def _unarchive(process: Process, workshop: Workshop) -> None:
    _button(
        "Unarchive",
        f"unarchive/{workshop.id}",
        ":material/unarchive:",
        lambda: _archive(process, workshop, None),
    )


def _button(label: str, key: str, icon: str, do: Callable[[], None]) -> None:
    st.button(label, key=key, icon=icon, on_click=_done, args=(do,))


def _done(do: Callable[[], None]) -> None:
    try:
        do()
    except (StoreError, AccessRefused) as exc:
        st.toast(buttons.failed(exc))


# The lists of workshops


def put_away(process: Process, shelves: WorkshopsByState) -> None:
    """Draw the archived and deleted workshops, each with its undo button."""
    away = [*shelves.archived, *shelves.deleted]
    if away:
        label = f"Archived and deleted: {len(away)}"
        with st.expander(label, icon=":material/inventory_2:", key="put-away"):
            for workshop in away:
                _away(process, workshop)


def _away(process: Process, workshop: Workshop) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        became = f"erased on {when(workshop.erase_at)}" if workshop.erase_at else "archived"
        st.markdown(f"**{escaped(workshop.title)}** · {became}", width="stretch")
        _undo_button(process, workshop)


# A team


def closed(erase_at: datetime) -> None:
    """
    Say to a team that its workshop is deleted.

    Raises AccessRefused once the grace period is over: it cannot be undone any more.
    """
    if erase_at <= utc_now():
        raise AccessRefused(links.NO_TEAM)
    st.title("This workshop is closed", anchor=False)
    st.info(
        "Your facilitator deleted this workshop. Everything in it is kept until "
        f"{when(erase_at)}. If that was a mistake, ask them to undo it; this page then "
        "reopens by itself.",
        icon=":material/lock:",
    )
