"""The facilitator's tables: what a row says, which rows are kept, what a file holds."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from lib import facilitation
from lib.facilitation import Filters, TableContext, TeamSummary, WorkshopOverview, exports
from lib.facilitation.exports import Sheet
from lib.facilitation.table import COLUMNS_SHOWN
from lib.workshop import steps
from lib.workshop.notes import Kind, Note
from lib.workshop.records import (
    Dropped,
    EventRecord,
    StepKey,
    StepOverview,
    StepState,
    Team,
    UnsavedReport,
    Workshop,
)
from lib.workshop.status import Event, Phase, StaleMark, Status
from lib.workshop.transcript import Message, MessageStatus, Role
from lib.workshop.usage import TeamUsage

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
    room = WorkshopOverview(Workshop("w", "T", "C", NOW), [first, second], cells)

    assert [row.team.name for row in room.rows] == ["Zebra", "Ant"]


def test_cells_of_an_unknown_team_are_left_out() -> None:
    cells = list(summary(team("Stranger", 9)).cells.values())

    assert WorkshopOverview(Workshop("w", "T", "C", NOW), [team()], cells).rows == []


def cells(row: TeamSummary, **look: object) -> dict[str, dict[str, object]]:
    """Return the cells of a row of the table as the page gets them, by column."""
    (drawn,) = facilitation.table_rows([row], TableContext(NOW, **look))  # type: ignore[arg-type]
    keys = [column["key"] for column in COLUMNS_SHOWN]
    return dict(zip(keys, drawn["cells"], strict=True))


def test_the_table_has_a_column_for_each_step_with_symbol_and_word() -> None:
    drawn = cells(summary(team(), complete=1))
    labels = {column["key"]: column["label"] for column in COLUMNS_SHOWN}

    assert [*facilitation.COLUMNS.values()] == [
        each for each in labels.values() if each[0].isdigit()
    ]
    assert labels["challenge"] == "1 Challenge"
    assert drawn["challenge"]["text"] == "✓ complete"
    assert drawn["stakeholder-mapping"]["text"] == "◐ in progress"
    assert drawn["validate"]["text"] == "○ not open"


def test_every_status_has_its_own_symbol_and_its_own_word() -> None:
    symbols, words = zip(*(word.split(" ", 1) for word in facilitation.WORDS.values()), strict=True)

    assert len(Status) == len(set(symbols)) == len(set(words))


def test_numbers_in_the_table_stay_numbers_so_that_columns_sort() -> None:
    drawn = cells(summary(team(), complete=5))
    sorts = (drawn[each]["sort"] for each in ("progress", "messages", "last_activity"))

    assert tuple(sorts) == (5, 12, 180.0)


def test_the_time_in_a_step_counts_from_its_last_move_and_is_held_against_the_plan() -> None:
    at = NOW - timedelta(minutes=25)
    row = moved(summary(team(), complete=1), "stakeholder-mapping", moved_at=at)
    plan = dict.fromkeys(steps.SLUGS, 30)
    within = cells(row, plan=plan)["in_step"]
    beyond = cells(row, plan=plan | {"stakeholder-mapping": 20})["in_step"]

    assert (within["text"], within["note"], within.get("late")) == ("25 min", "of 30 min", None)
    assert (beyond["text"], beyond["note"], beyond["late"]) == ("25 min", "5 min over", True)


def test_the_time_in_the_first_step_counts_from_when_the_team_came() -> None:
    yesterday, lately = NOW - timedelta(days=1), NOW - timedelta(minutes=12)
    row = moved(summary(team()), "challenge", moved_at=yesterday)
    came = moved(row, "challenge", moved_at=yesterday, arrived_at=lately)
    again = moved(row, "challenge", moved_at=lately, arrived_at=yesterday)

    assert cells(row)["in_step"] == {"text": "–", "sort": -1, "note": "not joined yet"}
    assert cells(came)["in_step"]["text"] == "12 min"
    assert cells(again)["in_step"]["text"] == "12 min"


def test_a_team_that_is_done_is_in_no_step() -> None:
    drawn = cells(summary(team(), complete=10))["in_step"]

    assert (drawn["text"], drawn["note"]) == ("–", "all complete")


def test_a_stale_step_says_which_step_has_changed() -> None:
    mark = StaleMark("challenge", NOW, Status.COMPLETE, {}, {})
    row = summary(team(), complete=3)
    stale = replace(row.cells["persona"].state, status=Status.NEEDS_REGENERATION, stale=mark)
    drawn = cells(moved(row, "persona", state=stale))["persona"]

    assert (drawn["text"], drawn["note"]) == ("↻ look again", "after Challenge")
    assert "Challenge has changed since" in str(drawn["tip"])


def test_guide_errors_gaps_and_what_is_unfinished_stand_in_the_step_and_are_counted() -> None:
    row = summary(team(), complete=2)
    row = moved(row, "challenge", overridden=True)
    row = moved(row, "user-research", unfinished=2, errors=1)
    drawn = cells(moved(row, "persona", unfinished=3))

    assert (drawn["challenge"]["note"], drawn["overrides"]["text"]) == ("with gaps", "1")
    assert "completed with gaps" in str(drawn["challenge"]["tip"])
    assert (drawn["user-research"]["note"], drawn["errors"]["text"]) == ("1 guide error", "1")
    assert (drawn["persona"]["note"], drawn["unfinished"]["text"]) == ("3 unfinished", "5")


def test_what_is_unsaved_of_a_team_is_summed_up_since_the_oldest() -> None:
    report = [
        UnsavedReport(StepKey("w", "t1", "persona"), 2, False, 12.7, 0, ""),
        UnsavedReport(StepKey("w", "t1", "challenge"), 1, True, 20.0, 3, "The database is away."),
        UnsavedReport(StepKey("w", "t2", "challenge"), 7, False, 99.0, 0, ""),
    ]
    drawn = cells(summary(team()), unsaved=report)["unsaved"]

    assert (drawn["text"], drawn["note"], drawn["late"]) == (
        "3 messages + draft",
        "for 20 s",
        True,
    )


def test_a_team_that_is_stuck_says_so_at_its_name_with_its_words() -> None:
    at = NOW - timedelta(minutes=4)
    row = moved(summary(team()), *steps.SLUGS, flagged_at=at)
    flag = Note("n", Kind.FLAG, "t1", "Ada", "Whom do we ask?", at)
    stranger = Note("m", Kind.FLAG, "t2", "Eve", "Nothing", at)
    drawn = cells(row, flags=[flag, stranger])["team"]

    assert drawn["note"] == "⚑ stuck for 4 min"
    assert drawn["tip"] == "Ladder crew is stuck: Whom do we ask?"


def test_what_is_new_in_a_step_is_counted_or_else_said() -> None:
    before = cell(team(), "challenge", Status.IN_PROGRESS)

    assert facilitation.step_news(before, before) == ""
    assert (
        facilitation.step_news(before, replace(before, messages=5))
        == "3 new messages in the open step"
    )
    assert facilitation.step_news(before, replace(before, errors=1)) == "The open step has changed"


def test_every_look_has_cells_of_the_same_columns() -> None:
    for row in (summary(team(), complete=n) for n in range(11)):
        assert len(cells(row)) == len(COLUMNS_SHOWN)


def moved(row: TeamSummary, *slugs: str, **changes: object) -> TeamSummary:
    """Return *row* with some of its cells changed."""
    changed = {slug: replace(row.cells[slug], **changes) for slug in slugs}  # type: ignore[arg-type]
    return replace(row, cells={**row.cells, **changed})


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

    assert (
        facilitation.describe_event(event)
        == "Persona Development needs another look, following Challenge"
    )


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
        "Persona Development and Reframing Challenge can continue: what they use has not changed"
    )

    assert facilitation.describe_act(act) == expected


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words_for_one_step_and_for_several(event: Event) -> None:
    act = [line(step, event, "challenge") for step in ("challenge", "persona", "reframe")]

    assert facilitation.describe_act(act).startswith("Challenge ")
    assert "Persona Development and Reframing Challenge" in facilitation.describe_act(act)


def test_what_two_people_did_is_told_in_two_lines() -> None:
    first = [
        line("challenge", Event.REVISE, "challenge"),
        line("persona", Event.STALE, "challenge"),
    ]
    second = [line("challenge", Event.UNDO, "challenge")]

    assert facilitation.group_by_act([*first, *second]) == [first, second]
    assert facilitation.group_by_act([]) == []


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
    told = facilitation.events_table([start, end], {"t1": "Ladder crew"}, UTC)

    assert list(told["What"]) == ["Challenge was confirmed", "Challenge was opened"]
    assert list(facilitation.events_table([], {}, UTC).columns) == ["When", "Team", "What", "By"]


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

    assert expected == facilitation.unsaved_lines(report, "w", {"t1": "Ladder crew"})


def test_what_was_given_up_is_said_with_team_step_and_why() -> None:
    dropped = [
        Dropped(StepKey("w", "t1", "persona"), 1, True, "There is no such step."),
        Dropped(StepKey("other", "t1", "challenge"), 1, False, "No."),
    ]
    expected = [
        "Ladder crew · Persona Development: 1 message and the draft. There is no such step."
    ]

    assert expected == facilitation.dropped_lines(dropped, "w", {"t1": "Ladder crew"})


def test_a_message_that_is_not_saved_yet_is_read_in_its_newest_revision() -> None:
    stored = message("so f", status=MessageStatus.STREAMING)
    newer = stored.revised("so far", MessageStatus.STREAMING)

    assert [newer] == facilitation.with_unsaved([stored], {"m": newer})
    assert [newer] == facilitation.with_unsaved([newer], {"m": stored})


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
    assert words == facilitation.ago(seconds)


# Files


def written(sheet: Sheet) -> list[dict[str, str]]:
    return read(exports.csv(sheet))


def worksheet(sheet: Sheet) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(exports.xlsx(sheet))).active


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_file_is_a_formula(first: str) -> None:
    text = f"{first}HYPERLINK('http://example.org')"
    row = written(exports.messages([message(text)]))[0]

    assert f"'{text}" == row["text"]


@pytest.mark.parametrize("text", ["=1+1", "{=1+1}", "http://example.org", "@SUM(1)", "-1", "1"])
def test_no_cell_of_a_workbook_is_a_formula_a_link_or_a_number_where_somebody_typed_it(
    text: str,
) -> None:
    cell = worksheet(exports.messages([message(text)])).cell(2, 6)

    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value == exports.neutral(text)


def test_a_workbook_has_real_numbers_and_real_times_in_utc() -> None:
    row = moved(summary(team(), complete=1), "stakeholder-mapping", moved_at=NOW)
    page = worksheet(exports.status([row], NOW + timedelta(seconds=90)))
    head = [cell.value for cell in page[1]]
    values = dict(zip(head, page[2], strict=True))

    assert (values["steps_complete"].value, values["messages"].value) == (1, 4)
    assert values["minutes_in_step"].value == 1.5
    assert values["last_activity_utc"].is_date
    assert values["last_activity_utc"].value == datetime(2026, 5, 4, 11, 57)


@pytest.mark.parametrize("text", ["x" * 40_000, "🎉" * 30_000, "x" + "🎉" * 30_000])
def test_a_workbook_cuts_a_text_no_cell_can_hold_and_says_so(text: str) -> None:
    value = worksheet(exports.messages([message(text)])).cell(2, 6).value
    kept, _, _ = value.partition(" … ")

    assert exports.MAX_CELL - 1 <= len(value.encode("utf-16-le")) // 2 <= exports.MAX_CELL
    assert value.endswith("(cut: the CSV holds all)")
    assert text.startswith(kept)


def test_a_workbook_takes_every_character() -> None:
    text = "\x01 日本 🚒 \x0b é _x0041_"

    assert worksheet(exports.messages([message(text)])).cell(2, 6).value is not None


def test_events_and_usage_are_files_too() -> None:
    event = line("persona", Event.OVERRIDE, "persona")
    story = written(exports.events([replace(event, reason="=gaps")], {"t1": "Ladder crew"}))[0]
    used = written(exports.usage([TeamUsage("t1", 4, 100, 20, 1)], {"t1": "Ladder crew"}))[0]

    assert (story["team"], story["event"], story["reason"]) == ("Ladder crew", "override", "'=gaps")
    assert used == {
        "team": "Ladder crew",
        "calls": "4",
        "tokens_in": "100",
        "tokens_out": "20",
        "failures": "1",
    }


def test_a_teams_name_in_the_status_file_is_no_formula_either() -> None:
    row = written(exports.status([summary(team("=1+1"))], NOW))[0]

    assert row["team"] == "'=1+1"


def test_a_file_holds_a_message_to_the_letter() -> None:
    text = 'He said: "no",\nthen – 1 = 1; 日本 🚒\n\n  <b>'

    assert text == written(exports.messages([message(text)]))[0]["text"]


def test_the_status_file_says_statuses_by_name_and_times_exactly_in_utc() -> None:
    row = written(exports.status([summary(team(), complete=1)], NOW))[0]

    assert row["challenge"] == "complete"
    assert row["stakeholder-mapping"] == "in_progress"
    assert row["last_activity_utc"] == "2026-05-04T11:57:00.000000Z"
    assert (row["steps_complete"], row["messages"]) == ("1", "4")


def test_a_file_of_nothing_still_has_its_heading() -> None:
    nothing = exports.csv(exports.messages([]))

    assert nothing == b"\xef\xbb\xbfposition,created_utc,role,author,status,text\r\n"
