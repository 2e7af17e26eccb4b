"""
Receives the interviews a team brings, and the sentences it marks in them as findings.

Each request is answered when it is stored, and may be repeated: an interview has the id its browser gave
it, and a marked sentence is an entry of the draft with the same words and the same origin.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from lib.guide.scripted.interviews import weight
from lib.store import permits
from lib.store.errors import Conflict, StoreUnavailable
from lib.team.edits import Edit
from lib.team.process import Process
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import bound
from lib.workshop.ids import is_id, new_id
from lib.workshop.interviews import files
from lib.workshop.interviews.files import FileRefused, Table
from lib.workshop.interviews.interview import Interview, StoredInterview
from lib.workshop.interviews.reading import read_rows, read_text
from lib.workshop.records import StepKey, Team
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import Action
from lib.workshop.transcript import as_name

#: The step interviews belong to, and the field of its artifact that findings go to.
STEP, FIELD = "user-research", "insights"

#: Findings the draft takes.
MAX_ENTRIES = bound(MODELS[STEP].model_fields[FIELD], "max_length") or 0

#: Bytes of a request: the longest file in base64, and some room.
MAX_REQUEST = files.MAX_BYTES * 4 // 3 + 10_000

#: Rows of a table that are shown while its columns are chosen.
SHOWN_ROWS = 4

#: Sentences of one interview that are suggested as findings.
SUGGESTED = 12

#: Said instead of a finding that no longer fits the draft.
FULL = "The list of insights is full: merge or remove entries, then mark this sentence again."


def deliver(process: Process, team: Team, body: Any) -> dict[str, Any]:
    """
    Do what the panel of interviews asks for; return what it shows.

    Raises StoreError, AccessRefused and Closed, and KeyError or TypeError for what no panel of ours
    sends. What cannot be done is answered with a sentence.
    """
    key = team.step_key(STEP)
    acts: dict[str, Callable[[Process, StepKey, Any, str], dict[str, Any]]] = {
        "bring": _bring,
        "open": _open,
        "settle": _settle,
        "mark": _mark,
    }
    act = acts[body["act"]]
    author = as_name(str(body["member"])) or team.name
    permit = None if act is _open else TeamPermit(Action.SAY, team.key, team.link, STEP)
    with permits.held(permit):
        try:
            return act(process, key, body, author)
        except (FileRefused, Conflict) as exc:
            return {"sentence": str(exc)}


def _bring(process: Process, key: StepKey, body: Any, author: str) -> dict[str, Any]:
    """Read a file or a pasted text and keep it; ask for the columns first where it is a table."""
    name, id_ = as_name(str(body["name"])), body["id"]
    if not is_id(id_):
        raise TypeError("This is no id.")
    content = _content(str(body.get("file", name)), body)
    if isinstance(content, Table) and "columns" not in body:
        return {"table": [list(row) for row in content.rows[:SHOWN_ROWS]]}
    interview = _read(name, content, body.get("columns"))
    if not interview.turns:
        raise FileRefused("Nobody says anything in this text.")
    process.store.add_interview(key, StoredInterview(id_, author, interview))
    return _opened(process, key, _kept(process, key, id_))


def _content(name: str, body: Any) -> str | Table:
    if "text" in body:
        text = files.pasted(str(body["text"]))
        return files.table(text) if "columns" in body else text
    try:
        data = base64.b64decode(str(body["data"]), validate=True)
    except binascii.Error as exc:
        raise TypeError("This is no file.") from exc
    return files.read(name, data)


def _read(name: str, content: str | Table, columns: Any) -> Interview:
    if isinstance(content, str):
        return read_text(name, content)
    columns = dict(columns)
    at = {each: _column(columns.get(each)) for each in ("text", "speaker", "time")}
    rows = content.rows[1:] if columns.get("header") else content.rows
    return read_rows(name, rows, **at)


def _column(number: Any) -> int:
    return number if type(number) is int and -1 <= number < files.MAX_COLUMNS else -1


def _open(process: Process, key: StepKey, body: Any, author: str) -> dict[str, Any]:
    """Return an interview with all its sentences."""
    return _opened(process, key, _kept(process, key, body["id"]))


def _settle(process: Process, key: StepKey, body: Any, author: str) -> dict[str, Any]:
    """Keep who is called what, and who asks."""
    kept = _kept(process, key, body["id"])
    speakers = kept.interview.speakers
    given = dict(body["names"])
    names = {each: as_name(str(given.get(each, ""))) for each in speakers}
    changed = replace(
        kept.interview,
        asking=frozenset(each for each in body["asking"] if each in speakers),
        names={each: name for each, name in names.items() if name and name != each},
    )
    if changed != kept.interview:
        kept = replace(kept, interview=changed, revision=kept.revision + 1)
        process.store.change_interview(key, kept)
    return _opened(process, key, kept)


def _mark(process: Process, key: StepKey, body: Any, author: str) -> dict[str, Any]:
    """Put a sentence into the draft as a finding, or take it out if it stands there as it was put."""
    kept = _kept(process, key, body["id"])
    sentence = {each.start: each for each in kept.interview.sentences()}[body["start"]]
    finding, wanted = kept.interview.finding(sentence), bool(body["marked"])
    draft = process.drafts.current(key)
    held = draft.fields.get(FIELD) or []
    others = [each for each in held if _place(each) != _place(finding)]
    if wanted == (len(others) == len(held)):
        if wanted and len(held) >= MAX_ENTRIES:
            return {"sentence": FULL}
        value = [*held, finding] if wanted else others
        process.drafts.apply_edit(key, Edit(FIELD, value, held, new_id(), 1, author, draft.epoch))
    # Also where nothing changed: the first request may have been cut off before it was stored.
    process.autosave.flush(key)
    if process.autosave.pending(key).draft is not None:
        raise StoreUnavailable("The finding could not be saved yet.")
    return _opened(process, key, kept)


def _place(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what a finding and its sentence share; the team may have changed the finding."""
    return entry.get("quote"), entry.get("origin")


def _kept(process: Process, key: StepKey, id_: Any) -> StoredInterview:
    kept = process.store.interview(key, id_) if is_id(id_) else None
    if kept is None:
        raise KeyError(id_)
    return kept


def _opened(process: Process, key: StepKey, kept: StoredInterview) -> dict[str, Any]:
    interview = kept.interview
    marked = set(map(_place, process.drafts.current(key).fields.get(FIELD) or []))
    suggested = _suggested(interview)
    return {
        "id": kept.id,
        "name": interview.name,
        "speakers": [
            {"speaker": each, "name": interview.shown(each), "asks": each in interview.asking}
            for each in interview.speakers
        ],
        "sentences": [
            {
                "start": each.start,
                "text": interview.quote(each),
                "speaker": interview.shown(each.speaker),
                "time": each.time,
                "asks": each.speaker in interview.asking,
                "suggested": each.start in suggested,
                "marked": _place(interview.finding(each)) in marked,
            }
            for each in interview.sentences()
        ],
    }


def _suggested(interview: Interview) -> frozenset[int]:
    """Return where the sentences begin that tell most."""
    ranked = sorted(_telling(interview), reverse=True)[:SUGGESTED]
    return frozenset(-place for _, place in ranked)


def _telling(interview: Interview) -> Iterator[tuple[int, int]]:
    for each in interview.answers():
        if (told := weight(interview.quote(each))) > 0:
            yield told, -each.start
