"""Identifiers: never empty, never the same, and a reply's follows from its question."""

import re
import time
import uuid

import pytest

from lib.workshop.ids import greeting_id, new_id, new_link, reply_id


def test_a_new_id_is_a_uuid_of_version_7_in_text() -> None:
    minted = new_id()
    parsed = uuid.UUID(minted)

    assert (str(parsed), parsed.version, parsed.variant) == (minted, 7, uuid.RFC_4122)


def test_a_new_id_carries_the_milliseconds_it_was_minted_in() -> None:
    before = time.time_ns() // 1_000_000
    minted = uuid.UUID(new_id()).int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= minted <= after


def test_ten_thousand_ids_are_all_different() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_ids_sort_by_age(monkeypatch: pytest.MonkeyPatch) -> None:
    older = new_id()
    later = time.time_ns() + 2_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)

    assert older < new_id()


@pytest.mark.parametrize(
    ("era", "expected"),
    [
        (0, "91d28119-e0df-5788-be4b-0e664cd36a7c"),
        (2, "27f69bad-0a11-55c1-bfc8-a49fed0c6c55"),
    ],
)
def test_a_step_has_one_greeting_in_every_process_and_release(era: int, expected: str) -> None:
    assert expected == greeting_id("w", "t", "challenge", era)


@pytest.mark.parametrize("other", [("x", "t", "a"), ("w", "x", "a"), ("w", "t", "b")])
def test_greetings_of_two_workshops_teams_or_steps_differ(other: tuple[str, str, str]) -> None:
    assert greeting_id("w", "t", "a") != greeting_id(*other)


def test_a_question_has_one_reply_in_every_process_and_release() -> None:
    expected = "f9ce57f4-a9c0-58ef-be83-18c5a2e390d4"

    assert expected == reply_id("0192f0c1-2d3e-7abc-8def-0123456789ab")


def test_the_ids_of_replies_greetings_and_questions_never_meet() -> None:
    questions = [new_id() for _ in range(100)]
    replies = [reply_id(each) for each in questions]
    greetings = [greeting_id("w", each, "challenge") for each in questions]

    assert len({*questions, *replies, *greetings}) == 300


def test_a_link_is_32_characters_that_need_no_escaping() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", new_link())


def test_no_two_links_are_the_same() -> None:
    assert len({new_link() for _ in range(1000)}) == 1000
