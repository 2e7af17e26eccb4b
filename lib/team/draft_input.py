"""
Receives what people type: edits of a draft, and unsent text of the chat box.

A separate request brings each edit, so that typing causes no rerun. The page's next rerun brings it
again, so that a click comes after the edits before it. An edit carries its writer (a field of an open
form) and a growing revision, which makes it idempotent on any server.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lib.store import permits
from lib.store.errors import StoreUnavailable
from lib.team.edits import Edit
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.workshop import steps
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import shaped
from lib.workshop.ids import is_id
from lib.workshop.records import Draft, StepKey, Team, Unsent
from lib.workshop.rights import Need, TeamPermit, closed_because
from lib.workshop.roles import Action
from lib.workshop.status import Status
from lib.workshop.transcript import as_name, clean

#: Bytes a request may have: every field of the longest step many times over.
MAX_TYPED = 4_000_000

#: Entries a field's lists may have together, far beyond what can be confirmed.
MAX_ENTRIES = 2_000

#: Values of a field that a form may have sent without knowing whether they came.
MAX_SENT = 3


class TooMuch(ValueError):
    """A form sent more than a draft holds."""


def form_key(copy: WorkingCopy, step: str) -> str:
    """Return the key of a step's form."""
    return f"form/{copy.team.id}/{step}"


def card_key(copy: WorkingCopy, step: str) -> str:
    """Return the key of the card in a step's conversation."""
    return f"card/{copy.team.id}/{step}"


def receive(
    process: Process, copy: WorkingCopy, step: str, state: Mapping[str, Any], member: str
) -> None:
    """Store the edits that the form of *step* sent in its *state*. Raises StoreError."""
    author = member or copy.team.name
    # The state comes with every rerun. What was taken in is not asked for again: what somebody has
    # discarded since would be set aside once more.
    taken = copy.received.setdefault(step, {})
    fresh = [
        e for e in _edits(step, state.get("edits"), author) if taken.get(e.writer, 0) < e.revision
    ]
    if not fresh:
        return
    permit = copy.permit(Action.TYPE, step)
    held = _is_held(process, permit)
    for edit in _unless_checked(fresh, permit, held):
        with permits.held(permit):
            taken_in = process.drafts.apply_edit(copy.key(step), edit, closed=bool(held))
        copy.drafts[step] = taken_in.draft
        taken[edit.writer] = edit.revision
        if taken_in.aside:
            copy.conflicts[step] = process.store.asides(copy.key(step))


def deliver(process: Process, team: Team, body: Any) -> dict[str, Any]:
    """
    Apply and save the edits of a separate request; return the browser's answer.

    `stored` says whether all of it is in the database; until it is, the browser repeats it. `behind`
    names the fields whose revision is lower than one that is known, with that one: the browser, if
    it still has that edit, gives it a higher one. Raises TooMuch, StoreError, AccessRefused and Closed where
    nothing of the kind is accepted now, and KeyError or TypeError for what no form of ours sends.
    """
    key, member = team.step_key(str(body["step"])), str(body["member"])
    if key.step not in steps.SLUGS:
        raise KeyError(key.step)
    if "recall" in body:
        return _recall(process, key, body["recall"])
    permit = TeamPermit(Action.TYPE, team.key, team.link, key.step)
    if "unsent" in body:
        with permits.held(permit):
            return _keep_unsent(process, key, body)
    if isinstance(body["edits"], list) and any(map(_is_too_much, body["edits"])):
        raise TooMuch("A list has too many entries.")
    edits = _edits(key.step, body["edits"], as_name(member) or team.name)
    return _apply(process, permit, edits)


def _keep_unsent(process: Process, key: StepKey, body: Any) -> dict[str, Any]:
    """Store unsent text; return whether it is the stored one now, and the stored revision."""
    text, revision = body["unsent"]["text"], body["unsent"]["revision"]
    if not (is_id(body["writer"]) and isinstance(text, str) and _is_revision(revision)):
        raise TypeError("This is no text of a chat box.")
    unsent = Unsent(body["writer"], clean(text), revision)
    held = process.store.keep_unsent(key, unsent)
    return {"stored": held == unsent, "revision": held.revision}


def _recall(process: Process, key: StepKey, writer: Any) -> dict[str, Any]:
    """Return the unsent text of a writer; only its browser knows the id."""
    held = process.store.unsent(key, writer) if is_id(writer) else None
    return {"text": held.text, "revision": held.revision} if held else {"text": "", "revision": 0}


def _apply(process: Process, permit: TeamPermit, edits: list[Edit]) -> dict[str, Any]:
    key, held = StepKey(*permit.team, permit.step), _is_held(process, permit)
    edits = _unless_checked(edits, permit, held)
    with permits.held(permit):
        taken = [(edit, process.drafts.apply_edit(key, edit, closed=bool(held))) for edit in edits]
    process.autosave.flush(key)
    draft = process.drafts.current(key)
    if any(draft.seen.get(edit.writer, 0) < edit.revision for edit in edits):
        # Perhaps its right had ended, and nobody could ask before: it was dropped, not stored.
        _is_held(process, permit)
    behind = {
        edit.field: each.behind
        for edit, each in taken
        if each.behind and not _is_in(draft, key.step, edit)
    }
    return {
        "stored": process.autosave.pending(key).draft is None and not behind,
        "behind": behind,
        "revision": draft.revision,
        "fields": {edit.field: draft.fields.get(edit.field) for edit in edits},
        "same": [edit.field for edit in edits if _is_in(draft, key.step, edit)],
        "aside": [edit.field for edit, each in taken if each.aside],
    }


def _unless_checked(edits: list[Edit], permit: TeamPermit, held: bool | None) -> list[Edit]:
    """Return *edits*, with their permit where it could not be checked: the save checks it."""
    return edits if held is not None else [replace(each, unchecked=permit) for each in edits]


def _is_held(process: Process, permit: TeamPermit) -> bool | None:
    """
    Whether the step is held: what is typed is kept beside the draft. Asked before it is taken in.

    Raises AccessRefused and Closed where nothing that is typed is accepted, KeyError for a step that
    is not open yet. Returns None while the database cannot say: what is typed is kept here until it can.
    """
    try:
        facts = process.store.facts(permit)
    except StoreUnavailable:
        return None
    permits.check(permit, facts)
    if facts is not None and facts.status is Status.NOT_STARTED:
        raise KeyError(permit.step)
    return facts is not None and bool(closed_because(facts, permit.step, (Need.NOT_HELD,)))


def _is_in(draft: Draft, step: str, edit: Edit) -> bool:
    return bool(draft.fields.get(edit.field) == shaped(step, edit.field, edit.value))


def _edits(step: str, entries: Any, author: str) -> list[Edit]:
    """Return the edits a form of *step* sent, oldest first; what is none of ours is passed over."""
    if not isinstance(entries, list):
        return []
    found = [edit for entry in entries if (edit := _edit(step, entry, author))]
    return sorted(found, key=lambda edit: edit.revision)


def _is_too_much(entry: Any) -> bool:
    """Whether an edit's value has more entries than a draft holds, at all levels together."""
    left, waiting = MAX_ENTRIES, [entry.get("value")] if isinstance(entry, dict) else []
    while waiting and left >= 0:
        value = waiting.pop()
        if isinstance(value, list):
            left -= len(value)
            waiting += value if left >= 0 else []
        elif isinstance(value, dict):
            waiting += value.values()
    return left < 0


def _edit(step: str, entry: Any, author: str) -> Edit | None:
    try:
        field, value, was, writer = (entry[name] for name in ("field", "value", "was", "writer"))
        revision, epoch, sent = entry["revision"], entry["epoch"], _few(entry.get("sent"))
    except (TypeError, KeyError, AttributeError):
        return None
    known = (
        isinstance(field, str) and field in MODELS[step].model_fields and not _is_too_much(entry)
    )
    if not (known and is_id(writer) and _is_revision(revision) and type(epoch) is int):
        return None
    sent_as = tuple(map(_writer_and_revision, _few(entry.get("sent_as"))))
    if len(sent_as) != len(sent):
        sent_as = ()
    return Edit(field, value, was, writer, revision, author, epoch, sent, sent_as)


def _few(sent: Any) -> tuple[Any, ...]:
    return tuple(sent[-MAX_SENT:]) if isinstance(sent, list) else ()


def _writer_and_revision(body: Any) -> tuple[str, int]:
    """Return whose edit a value was sent as; a revision that nobody reaches for what makes no sense."""
    match body:
        case [writer, number] if is_id(writer) and _is_revision(number):
            return writer, number
    return "", 2**53


def _is_revision(number: Any) -> bool:
    # JavaScript's whole numbers; a bool is none.
    return type(number) is int and 0 < number < 2**53
