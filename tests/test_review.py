"""The facilitator's tables: what a row says, which rows are kept, what a file holds."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from lib import exports, review, steps
from lib.review import Filters, Room, TeamSummary
from lib.status import Event, Phase, Status
from lib.transcript import Message, MessageStatus, Role
from lib.unsaved import UnsavedReport
from lib.workshop import EventRecord, StepKey, StepOverview, StepState, Team, Workshop

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def team(name: str = "Ladder crew", place: int = 1) -> Team:
    return Team("w", f"t{place}", name, "link", place)


def summary(of: Team, complete: int = 0, **other: Status) -> TeamSummary:
    """Return a row whose first *complete* steps are; the next one is in progress."""
    statuses = dict.fromkeys(steps.SLUGS, Status.NOT_STARTED)
    statuses |= dict.fromkeys(steps.SLUGS[:complete], Status.COMPLETE)
    if complete < len(steps.SLUGS):
        statuses[steps.SLUGS[complete]] = Status.IN_PROGRESS
    statuses |= other
    return TeamSummary(of, {step: cell(of, step, status) for step, status in statuses.items()})


def cell(of: Team, step: str, status: Status, unfinished: int = 0) -> StepOverview:
    touched = NOW - timedelta(minutes=3) if status is Status.IN_PROGRESS else None
    messages = 0 if status is Status.NOT_STARTED else 2
    return StepOverview(of.id, StepState(step, status, Phase.GATHER), messages, unfinished, touched)


def message(text: str, **changes: object) -> Message:
    return Message("m", Role.USER, "Ada", text, NOW, position=1, **changes)  # type: ignore[arg-type]


def read(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


# Rows


def test_a_row_sums_up_its_ten_steps() -> None:
    row = summary(team(), complete=3)

    assert (3, "sense-making", 8, NOW - timedelta(minutes=3)) == (
        row.complete,
        row.current_step,
        row.messages,
        row.last_activity,
    )


def test_rows_stand_in_the_facilitators_order_whatever_order_cells_come_in() -> None:
    first, second = team("Zebra", 1), team("Ant", 2)
    cells = [*summary(second).cells.values(), *summary(first).cells.values()]
    room = Room(Workshop("w", "T", "C", NOW), [first, second], cells)

    assert [row.team.name for row in room.rows] == ["Zebra", "Ant"]


def test_cells_of_an_unknown_team_are_left_out() -> None:
    cells = list(summary(team("Stranger", 9)).cells.values())

    assert Room(Workshop("w", "T", "C", NOW), [team()], cells).rows == []


def test_the_table_has_a_column_for_each_step_with_symbol_and_word() -> None:
    table = review.status_table([summary(team(), complete=1)], NOW)

    assert [*review.COLUMNS.values()] == [name for name in table.columns if name[0].isdigit()]
    assert table["1 Challenge"][0] == "✓ complete"
    assert table["2 Stakeholders"][0] == "◐ in progress"
    assert table["10 Validate"][0] == "○ not open"


def test_every_status_has_its_own_symbol_and_its_own_word() -> None:
    symbols, words = zip(*(word.split(" ", 1) for word in review.WORDS.values()), strict=True)

    assert len(Status) == len(set(symbols)) == len(set(words))


def test_numbers_in_the_table_stay_numbers_so_that_columns_sort() -> None:
    table = review.status_table([summary(team(), complete=5)], NOW)

    assert (table["Progress"][0], table["At step"][0], table["Last activity"][0]) == (0.5, 6, 180.0)


# Filters


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(), ["Ladder crew", "Hose crew", "Night shift"]),
        (Filters(name=" CREW "), ["Ladder crew", "Hose crew"]),
        (Filters(step="stakeholder-mapping"), ["Hose crew"]),
        (Filters(status=Status.NEEDS_REGENERATION), ["Night shift"]),
        (Filters(status=Status.COMPLETE, step="challenge"), ["Hose crew", "Night shift"]),
        (Filters(unfinished=True), ["Ladder crew"]),
        (Filters(name="(["), []),
    ],
)
def test_filters_keep_the_rows_that_are_asked_for(filters: Filters, kept: list[str]) -> None:
    ladder, hose, night = team("Ladder crew", 1), team("Hose crew", 2), team("Night shift", 3)
    waiting = cell(ladder, "challenge", Status.IN_PROGRESS, unfinished=1)
    rows = [
        TeamSummary(ladder, {**summary(ladder).cells, "challenge": waiting}),
        summary(hose, complete=1),
        summary(night, complete=4, persona=Status.NEEDS_REGENERATION),
    ]

    assert kept == [row.team.name for row in rows if filters.keep(row)]


# Lines


def test_an_event_is_told_with_what_it_follows_from() -> None:
    event = EventRecord(
        "e",
        "t1",
        "persona",
        Event.STALE,
        Status.COMPLETE,
        Status.NEEDS_REGENERATION,
        "Ada",
        "challenge",
        NOW,
    )

    assert review.told(event) == "Persona Development needs another look, following Challenge"


def line(step: str, event: Event, cause: str) -> EventRecord:
    before, after = Status.COMPLETE, Status.IN_PROGRESS
    return EventRecord("e", "t1", step, event, before, after, "Ada", cause, NOW)


def test_an_act_is_told_in_one_line_with_all_that_follows_from_it() -> None:
    act = [
        line("challenge", Event.CONFIRM, "challenge"),
        line("stakeholder-mapping", Event.STALE, "challenge"),
        line("persona", Event.CARRY_ON, "challenge"),
        line("reframe", Event.CARRY_ON, "challenge"),
    ]
    expected = (
        "Challenge was confirmed; Stakeholder Mapping needs another look; "
        "Persona Development and Reframing Challenge go on: what they use has not changed"
    )

    assert review.told_together(act) == expected


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words_for_one_step_and_for_several(event: Event) -> None:
    act = [line(step, event, "challenge") for step in ("challenge", "persona", "reframe")]

    assert review.told_together(act).startswith("Challenge ")
    assert "Persona Development and Reframing Challenge" in review.told_together(act)


def test_what_two_people_did_is_told_in_two_lines() -> None:
    first = [
        line("challenge", Event.REVISE, "challenge"),
        line("persona", Event.STALE, "challenge"),
    ]
    second = [line("challenge", Event.UNDO, "challenge")]

    assert review.together([*first, *second]) == [first, second]
    assert review.together([]) == []


def test_the_story_is_told_newest_first_and_is_a_table_even_before_it_begins() -> None:
    start = EventRecord(
        "e",
        "t1",
        "challenge",
        Event.START,
        Status.NOT_STARTED,
        Status.IN_PROGRESS,
        "",
        "challenge",
        NOW,
    )
    end = EventRecord(
        "f",
        "t1",
        "challenge",
        Event.CONFIRM,
        Status.IN_PROGRESS,
        Status.COMPLETE,
        "Ada",
        "challenge",
        NOW,
    )
    told = review.events_table([start, end], {"t1": "Ladder crew"}, UTC)

    assert list(told["What"]) == ["Challenge was confirmed", "Challenge was opened"]
    assert list(review.events_table([], {}, UTC).columns) == ["When", "Team", "What", "By"]


def test_what_is_unsaved_is_said_with_team_step_since_when_and_why() -> None:
    report = [
        UnsavedReport(StepKey("w", "t1", "persona"), 2, True, 12.7, 3, "The database is away."),
        UnsavedReport(StepKey("w", "t2", "challenge"), 1, False, 1.0, 0, ""),
        UnsavedReport(StepKey("other", "t1", "challenge"), 1, False, 1.0, 0, ""),
    ]
    expected = [
        "Ladder crew · Persona Development: 2 messages and the draft for 12 s. "
        "Tried 3 times: The database is away.",
        "A team · Challenge: 1 message for 1 s",
    ]

    assert expected == review.unsaved_lines(report, "w", {"t1": "Ladder crew"})


def test_a_message_that_is_not_saved_yet_is_read_in_its_newest_revision() -> None:
    stored = message("so f", status=MessageStatus.STREAMING)
    newer = stored.revised("so far", MessageStatus.STREAMING)

    assert [newer] == review.with_unsaved([stored], {"m": newer})
    assert [newer] == review.with_unsaved([newer], {"m": stored})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-2.0, "just now"),
        (59.9, "59 s ago"),
        (60.0, "1 min ago"),
        (7200.0, "2 h ago"),
        (86400.0, "1 day ago"),
        (float("nan"), "–"),
    ],
)
def test_a_time_ago_is_said_in_its_largest_unit(seconds: float, words: str) -> None:
    assert words == review.ago(seconds)


# Files


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_file_is_a_formula(first: str) -> None:
    text = f"{first}HYPERLINK('http://example.org')"
    row = read(exports.messages_csv([message(text)]))[0]

    assert f"'{text}" == row["text"]


def test_a_teams_name_in_the_status_file_is_no_formula_either() -> None:
    row = read(exports.status_csv([summary(team("=1+1"))]))[0]

    assert row["team"] == "'=1+1"


def test_a_file_holds_a_message_to_the_letter() -> None:
    text = 'He said: "no",\nthen – 1 = 1; 日本 🚒\n\n  <b>'

    assert text == read(exports.messages_csv([message(text)]))[0]["text"]


def test_the_status_file_says_statuses_by_name_and_times_exactly_in_utc() -> None:
    row = read(exports.status_csv([summary(team(), complete=1)]))[0]

    assert row["challenge"] == "complete"
    assert row["stakeholder-mapping"] == "in_progress"
    assert row["last_activity_utc"] == "2026-05-04T11:57:00.000000Z"
    assert (row["steps_complete"], row["messages"]) == ("1", "4")


def test_a_file_of_nothing_still_has_its_heading() -> None:
    assert (
        exports.messages_csv([]) == b"\xef\xbb\xbfposition,created_utc,role,author,status,text\r\n"
    )
