"""
What is typed, on its way: into a draft, or into the chat box of a message nobody has sent yet.

It comes by a request of its own, so that typing costs no rerun, and once more with the page's next
rerun, so that a click comes after what was typed before it. Every edit carries its writer (a tab)
and a growing revision, so it may come any number of times, by either way, to any server.
"""

from typing import Any

from lib import steps, working_copy
from lib.artifacts import MODELS, shaped
from lib.edits import Edit
from lib.ids import is_id
from lib.process import Process
from lib.status import is_locked
from lib.store.port import StoreUnavailable
from lib.transcript import clean
from lib.working_copy import WorkingCopy, as_name
from lib.workshop import Draft, StepKey, Team, Unsent

#: Bytes a request may have: every field of the longest step many times over.
MAX_TYPED = 4_000_000


def form_key(copy: WorkingCopy, step: str) -> str:
    """Return the name of the form a step's draft is typed into."""
    return f"form/{copy.team.id}/{step}"


def take_in(process: Process, copy: WorkingCopy, step: str) -> None:
    """Take in what came with this rerun from the form of *step*. Raises StoreError."""
    state = working_copy.component_state(form_key(copy, step)).get("edits")
    said = state if isinstance(state, dict) else {}
    author = working_copy.member() or copy.team.name
    for edit in _edits(step, said.get("writer"), said.get("edits"), author):
        copy.drafts[step] = process.drafts.take_in(copy.key(step), edit).draft


def deliver(process: Process, team: Team, said: Any) -> dict[str, Any]:
    """
    Take in what came by a request of its own, save it, and return what the browser is told.

    `stored` says whether all of it is in the database; until it is, the browser repeats it. Raises
    StoreError, and KeyError or TypeError for what no form of ours sends.
    """
    key, member = team.step_key(str(said["step"])), str(said["member"])
    if key.step not in steps.SLUGS or not is_id(said["writer"]):
        raise KeyError(key.step)
    told: dict[str, Any] = {"stored": True}
    if "unsent" in said:
        _keep_unsent(process, key, member, said)
    if "edits" in said:
        edits = _edits(key.step, said["writer"], said["edits"], as_name(member) or team.name)
        told |= _take_in(process, key, edits)
    return told


def _keep_unsent(process: Process, key: StepKey, member: str, said: Any) -> None:
    text, revision = clean(str(said["unsent"]["text"])), int(said["unsent"]["revision"])
    unsent = Unsent(said["writer"], as_name(member), text, revision)
    process.store.keep_unsent(key, unsent, str(said.get("instead_of") or ""))


def _take_in(process: Process, key: StepKey, edits: list[Edit]) -> dict[str, Any]:
    if edits and _is_locked(process, key):
        raise KeyError(key.step)
    taken = [(edit, process.drafts.take_in(key, edit)) for edit in edits]
    process.autosave.flush(key)
    draft = process.drafts.current(key)
    return {
        "stored": process.autosave.pending(key).draft is None,
        "revision": draft.revision,
        "fields": {edit.field: draft.fields.get(edit.field) for edit in edits},
        "same": [edit.field for edit in edits if _is_in(draft, key.step, edit)],
        "aside": [edit.field for edit, each in taken if each.aside],
    }


def _is_locked(process: Process, key: StepKey) -> bool:
    """Whether nobody has been in this step; while the database cannot say, somebody has."""
    try:
        return is_locked(process.store.steps(key.team)[key.step].status)
    except StoreUnavailable:
        return False


def _is_in(draft: Draft, step: str, edit: Edit) -> bool:
    return bool(draft.fields.get(edit.field) == shaped(step, edit.field, edit.value))


def _edits(step: str, writer: Any, entries: Any, author: str) -> list[Edit]:
    """Return the edits a form of *step* sent, oldest first; what is none of ours is passed over."""
    if not is_id(writer) or not isinstance(entries, list):
        return []
    found = [_edit(step, writer, entry, author) for entry in entries]
    return sorted((edit for edit in found if edit), key=lambda edit: edit.revision)


def _edit(step: str, writer: str, entry: Any, author: str) -> Edit | None:
    try:
        field, revision, epoch = entry["field"], entry["revision"], entry["epoch"]
        edit = Edit(field, entry["value"], entry["was"], writer, revision, author, epoch)
    except (TypeError, KeyError):
        return None
    whole = type(revision) is int and 0 < revision < 2**53 and type(epoch) is int
    return edit if whole and field in MODELS[step].model_fields else None
