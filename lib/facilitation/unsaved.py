"""The unsaved changes of this server, as lines for people and merged into stored messages."""

from collections.abc import Iterable, Mapping

from lib.facilitation.words import counted
from lib.workshop import steps
from lib.workshop.records import Dropped, UnsavedReport
from lib.workshop.transcript import Message, ordered


def unsaved_lines(
    report: Iterable[UnsavedReport], workshop_id: str, names: Mapping[str, str]
) -> list[str]:
    """Return a line for each step of the workshop with unsaved changes, the oldest first."""
    return [
        _unsaved_line(line, names.get(line.key.team_id, "A team"))
        for line in report
        if line.key.workshop_id == workshop_id
    ]


def dropped_lines(
    dropped: Iterable[Dropped], workshop_id: str, names: Mapping[str, str]
) -> list[str]:
    """Return a line for each dropped save of the workshop, the oldest first."""
    return [
        f"{_what(line, names.get(line.key.team_id, 'A team'))}. {line.reason}"
        for line in dropped
        if line.key.workshop_id == workshop_id
    ]


def _what(line: UnsavedReport | Dropped, team: str) -> str:
    what = [counted(line.messages, "message")] if line.messages else []
    what += ["the draft"] if line.draft else []
    return f"{team} · {steps.step(line.key.step).name}: {' and '.join(what)}"


def _unsaved_line(line: UnsavedReport, team: str) -> str:
    text = f"{_what(line, team)} for {int(line.age)} s"
    if line.failures:
        text += f". Tried {counted(line.failures, 'time')}: {line.reason}"
    return text


def with_unsaved(stored: Iterable[Message], unsaved: Mapping[str, Message]) -> list[Message]:
    """Return *stored* messages, each replaced by its unsaved revision if that is newer."""
    return ordered(
        newer if (newer := unsaved.get(each.id)) and newer.revision > each.revision else each
        for each in stored
    )
