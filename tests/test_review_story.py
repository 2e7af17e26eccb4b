"""A workshop over time, and what is found in it."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.facilitation import exports, timeline
from lib.facilitation.search import AROUND, Match, matches, search_words, snippet_of
from lib.facilitation.words import COLUMNS
from lib.workshop import steps
from lib.workshop.records import Activity, EventRecord, Made
from lib.workshop.status import Event, Status

BEGIN = datetime(2026, 5, 4, 9, 2, tzinfo=UTC)

NAMES = {"t1": "Ladder crew", "t2": "Hose crew"}


def event(minutes: float, team: str, step: str, what: Event, after: Status) -> EventRecord:
    at = BEGIN + timedelta(minutes=minutes)
    return EventRecord("e", team, step, what, Status.IN_PROGRESS, after, "Ada", step, at)


STORY = [
    event(0, "t1", "challenge", Event.START, Status.IN_PROGRESS),
    event(0, "t2", "challenge", Event.START, Status.IN_PROGRESS),
    event(11, "t1", "challenge", Event.CONFIRM, Status.COMPLETE),
    event(11, "t1", "stakeholder-mapping", Event.START, Status.IN_PROGRESS),
    event(31, "t1", "challenge", Event.REVISE, Status.IN_PROGRESS),
]

TIMES = timeline.stretches(BEGIN, BEGIN + timedelta(minutes=35), 600)


# Over time


def test_stretches_go_from_the_one_it_begins_in_to_the_one_it_ends_in() -> None:
    assert [f"{at:%H:%M}" for at in TIMES] == ["09:00", "09:10", "09:20", "09:30"]


@pytest.mark.parametrize("hours", [0.01, 1, 3, 8, 30, 24 * 30, 24 * 365])
def test_there_are_never_more_stretches_than_fit(hours: float) -> None:
    end = BEGIN + timedelta(hours=hours)
    seconds = timeline.stretch_between(BEGIN, end)

    assert 1 <= len(timeline.stretches(BEGIN, end, seconds)) <= timeline.MOST + 1


def test_what_has_lasted_for_years_shows_its_end() -> None:
    end = BEGIN + timedelta(days=40_000)

    assert timeline.stretches(BEGIN, end, timeline.STRETCHES[-1])[-1] > end - timedelta(days=31)


def test_progress_is_what_was_complete_at_the_end_of_each_stretch() -> None:
    frame = timeline.progress(STORY, NAMES, TIMES, 600)
    ladder = frame[frame["Team"] == "Ladder crew"]

    assert ladder["Complete"].tolist() == [0, 1, 1, 0]
    assert frame[frame["Team"] == "Hose crew"]["Complete"].tolist() == [0, 0, 0, 0]


def test_a_teams_steps_have_a_sign_and_a_word_in_each_stretch() -> None:
    frame = timeline.standing(STORY, "t1", TIMES, 600)
    second = frame[frame["Step"] == COLUMNS["stakeholder-mapping"]]

    assert second["Status"].tolist() == ["○ not open", *["◐ in progress"] * 3]
    assert second["Sign"].tolist() == ["○", "◐", "◐", "◐"]
    assert len(frame) == len(TIMES) * len(steps.SLUGS)


def test_the_charts_are_told_in_words() -> None:
    frame = timeline.progress(STORY, NAMES, TIMES, 600)
    activity = [Activity("t1", TIMES[0], 3), Activity("t2", TIMES[1], 1_200)]

    assert timeline.description(activity, frame) == (
        "Steps complete now: Ladder crew 0 of 10, Hose crew 0 of 10. "
        "1,203 messages in total; at most 1,200 in one interval."
    )
    assert (
        timeline.description([], timeline.progress([], {}, TIMES, 600))
        == "Nothing has happened yet."
    )


def test_what_the_charts_show_is_a_file_with_both_in_each_line() -> None:
    progress = timeline.progress(STORY, NAMES, TIMES, 600)
    said = timeline.messages_over_time(
        [Activity("t1", TIMES[1], 3), Activity("gone", TIMES[1], 9)], NAMES
    )
    sheet = exports.over_time(progress, said)

    assert sheet.columns == ("begins_utc", "team", "steps_complete", "messages")
    assert (TIMES[1], "Ladder crew", 1, 3) in sheet.rows
    assert (TIMES[0], "Hose crew", 0, 0) in sheet.rows
    assert len(sheet.rows) == 8


# Finding


MADE = [
    Made(
        "t1",
        "challenge",
        2,
        {"target_user": "Night NURSES", "problem_statement": "No time for nurses"},
    ),
    Made(
        "t2",
        "persona",
        0,
        {"personas": [{"name": "Ada"}, {"name": "Bo", "goals": ["Sleep", "Nurses nearby"]}]},
    ),
]


def places(*words: str) -> list[tuple[str, str, str]]:
    return [(each.team_id, each.field, each.snippet) for each in matches(MADE, words)]


def test_each_field_that_holds_a_word_is_a_place_whatever_its_case() -> None:
    assert [team for team, *_ in places("nurses")] == ["t1", "t1", "t2"]
    assert places("ada") == [("t2", "Personas 1 › Name", "Ada")]


def test_all_words_have_to_stand_in_the_same_artifact() -> None:
    assert {team for team, *_ in places("nurses", "sleep")} == {"t2"}
    assert places("night", "sleep") == []
    assert places() == []


def test_the_name_of_a_field_is_no_place() -> None:
    assert places("target_user") == places("personas") == []


def test_words_are_those_between_spaces_each_once_and_not_without_end() -> None:
    assert search_words(" Of\nthe  of THE ") == ["of", "the"]
    assert len(search_words(" ".join(map(str, range(100))))) == 8


def test_a_snippet_keeps_whole_words_to_both_sides() -> None:
    text = "one two three " * 30 + "NEEDLE" + " four five six" * 30
    snippet = snippet_of(text, ["needle"])

    assert snippet is not None
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert set(snippet.split()) <= {"…", "one", "two", "three", "NEEDLE", "four", "five", "six"}
    assert len(snippet) <= 2 * AROUND + len("… NEEDLE …")


def test_a_snippet_of_one_endless_word_is_cut() -> None:
    snippet = snippet_of("x" * 10_000 + "needle" + "y" * 10_000, ["needle"])

    assert snippet == f"… {'x' * AROUND}needle{'y' * AROUND} …"
    assert snippet_of("nothing", ["needle"]) is None


def test_finds_are_a_file_and_a_draft_says_so() -> None:
    given = [Match("t1", "challenge", 0, "Problem", "=x"), Match("t2", "persona", 3, "Name", "y")]
    lines = exports.csv(exports.matches(given, NAMES)).decode("utf-8-sig").splitlines()

    assert lines[1:] == [
        "Ladder crew,challenge,draft,Problem,'=x",
        "Hose crew,persona,3,Name,y",
    ]
