"""What can be taken away as a file: CSV that a spreadsheet reads as text, never as formulas."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lib import steps
from lib.review import TeamSummary
from lib.transcript import Message

#: What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_STATUS_COLUMNS = (
    "team",
    *steps.SLUGS,
    "steps_complete",
    "at_step",
    "last_activity_utc",
    "messages",
    "unfinished",
)

_MESSAGE_COLUMNS = ("position", "created_utc", "role", "author", "status", "text")


def status_csv(rows: Iterable[TeamSummary]) -> bytes:
    """Return the teams x steps table as a file: statuses by name, times exact and in UTC."""
    return _csv(_STATUS_COLUMNS, (_status_row(row) for row in rows))


def messages_csv(messages: Iterable[Message]) -> bytes:
    """Return a step's messages as a file, in order, every text whole."""
    return _csv(_MESSAGE_COLUMNS, (_message_row(message) for message in messages))


def neutral(cell: object) -> object:
    """
    Return *cell* so that no spreadsheet takes it for a formula; numbers are what they are.

    >>> neutral("=1+1"), neutral("1+1"), neutral(-1)
    ("'=1+1", '1+1', -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _status_row(row: TeamSummary) -> dict[str, object]:
    return {
        "team": row.team.name,
        **{step: status.value for step, status in row.statuses.items()},
        "steps_complete": row.complete,
        "at_step": row.current_step,
        "last_activity_utc": _utc(row.last_activity),
        "messages": row.messages,
        "unfinished": row.unfinished,
    }


def _message_row(message: Message) -> dict[str, object]:
    return {
        "position": message.position,
        "created_utc": _utc(message.created_at),
        "role": message.role.value,
        "author": message.author,
        "status": message.status.value,
        "text": message.text,
    }


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: neutral(cell) for name, cell in row.items()})
    # The mark at the beginning is what tells a spreadsheet that this is UTF-8.
    return file.getvalue().encode("utf-8-sig")


def _utc(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
