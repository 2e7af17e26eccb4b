"""Tables as CSV and Excel files, safe against formula injection."""

import csv as csv_
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import xlsxwriter

from lib.facilitation import TeamSummary
from lib.facilitation.search import Match
from lib.workshop import steps
from lib.workshop.records import EventRecord
from lib.workshop.transcript import Message
from lib.workshop.usage import TeamUsage

#: First characters that a spreadsheet reads as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

#: The most UTF-16 code units a cell of a spreadsheet holds (an emoji has two); a CSV holds all.
MAX_CELL = 32_767

_CUT = " … (cut: the CSV holds all)"

Cell = str | int | float | datetime | None


@dataclass(frozen=True)
class Sheet:
    """A table for export: typed cells, aware times, formulas not yet neutralised."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


# The tables


def status(rows: Iterable[TeamSummary], now: datetime) -> Sheet:
    """Return the teams x steps table: statuses by name, times exact and in UTC."""
    columns = (
        "team",
        *steps.SLUGS,
        "steps_complete",
        "at_step",
        "minutes_in_step",
        "last_activity_utc",
        "messages",
        "unfinished",
        "guide_errors",
        "completed_with_gaps",
        "stuck_since_utc",
    )
    return Sheet(columns, [_status_row(row, now) for row in rows])


def _status_row(row: TeamSummary, now: datetime) -> Sequence[Cell]:
    seconds = row.in_step(now)
    return (
        row.team.name,
        *(row.statuses[slug].value for slug in steps.SLUGS),
        row.complete,
        row.current_step,
        None if seconds is None else round(seconds / 60, 1),
        row.last_activity,
        row.messages,
        row.unfinished,
        row.errors,
        row.overrides,
        row.flagged_at,
    )


def messages(given: Iterable[Message]) -> Sheet:
    """Return a step's messages in order, with their full text."""
    columns = ("position", "created_utc", "role", "author", "status", "text")
    rows = [
        (m.position, m.created_at, m.role.value, m.author, m.status.value, m.text) for m in given
    ]
    return Sheet(columns, rows)


def events(story: Iterable[EventRecord], names: Mapping[str, str]) -> Sheet:
    """Return a workshop's event log, oldest first; *names* are team names by id."""
    columns = ("at_utc", "team", "step", "event", "before", "after", "actor", "cause", "reason")
    rows = [
        (
            each.at,
            names.get(each.team_id, each.team_id),
            each.step,
            each.event.value,
            each.before.value,
            each.after.value,
            each.actor,
            each.cause,
            each.reason,
        )
        for each in story
    ]
    return Sheet(columns, rows)


def usage(given: Iterable[TeamUsage], names: Mapping[str, str]) -> Sheet:
    """Return the model usage of each team."""
    columns = ("team", "calls", "tokens_in", "tokens_out", "failures")
    rows = [
        (
            names.get(each.team_id, each.team_id),
            each.calls,
            each.tokens_in,
            each.tokens_out,
            each.failures,
        )
        for each in given
    ]
    return Sheet(columns, rows)


def matches(given: Iterable[Match], names: Mapping[str, str]) -> Sheet:
    """Return the results of a search."""
    columns = ("team", "step", "version", "field", "snippet")
    rows = [
        (names[each.team_id], each.step, each.version or "draft", each.field, each.snippet)
        for each in given
    ]
    return Sheet(columns, rows)


def over_time(progress: pd.DataFrame, said: pd.DataFrame) -> Sheet:
    """Return the charts' data: steps complete and messages per team and interval."""
    both = progress.merge(said, how="outer", on=["Time", "Team"]).sort_values(["Time", "Team"])
    rows = [
        (at.to_pydatetime(), team, int(done), 0 if pd.isna(messages) else int(messages))
        for at, team, done, messages in zip(
            both["Time"], both["Team"], both["Complete"].fillna(0), both["Messages"], strict=True
        )
    ]
    return Sheet(("begins_utc", "team", "steps_complete", "messages"), rows)


# The files


def csv(sheet: Sheet) -> bytes:
    """Return *sheet* as CSV in UTF-8, times as ISO 8601 in UTC."""
    file = io.StringIO()
    writer = csv_.writer(file)
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        writer.writerow([neutral(_as_text(cell)) for cell in row])
    # The byte order mark makes spreadsheets read UTF-8.
    return file.getvalue().encode("utf-8-sig")


def xlsx(sheet: Sheet) -> bytes:
    """
    Return *sheet* as an Excel workbook with typed numbers and times, in UTC.

    Texts are neutralised although their cells are text: editing or copying such a cell would make it
    a formula.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet()
        head = book.add_format({"bold": True, "bottom": 1})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        for column, name in enumerate(sheet.columns):
            page.write_string(0, column, name, head)
        for place, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                _write(page, place, column, cell, time)
        page.freeze_panes(1, 1)
        page.autofit()
    return file.getvalue()


def _write(
    page: "xlsxwriter.worksheet.Worksheet",
    row: int,
    column: int,
    cell: Cell,
    time: "xlsxwriter.format.Format",
) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, _fitting(str(neutral(cell))))
    elif isinstance(cell, datetime):
        # Excel has no time zones.
        page.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), time)
    elif cell is not None:
        page.write_number(row, column, cell)


def _fitting(text: str) -> str:
    """Return *text*, cut with a note if a cell cannot hold all of it."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * MAX_CELL:
        return text
    # Half of an emoji at the end is left out.
    return units[: 2 * (MAX_CELL - len(_CUT))].decode("utf-16-le", "ignore") + _CUT


def neutral(cell: object) -> object:
    """
    Return *cell* so that no spreadsheet reads it as a formula; numbers stay numbers.

    >>> neutral("=1+1"), neutral("1+1"), neutral(-1)
    ("'=1+1", '1+1', -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _as_text(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return "" if cell is None else cell
