"""Identifiers: never empty, never the same, and a reply's follows from its question."""

import re
import time
import uuid

import pytest

from lib.ids import greeting_id, new_id, new_link, reply_id


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


def test_ids_sort_by_age() -> None:
    older = new_id()
    time.sleep(0.002)

    assert older < new_id()


def test_a_step_has_one_greeting_however_often_it_is_asked_for() -> None:
    assert greeting_id("w", "t", "challenge") == greeting_id("w", "t", "challenge")


@pytest.mark.parametrize("other", [("x", "t", "a"), ("w", "x", "a"), ("w", "t", "b")])
def test_greetings_of_two_workshops_teams_or_steps_differ(other: tuple[str, str, str]) -> None:
    assert greeting_id("w", "t", "a") != greeting_id(*other)


def test_a_question_has_one_reply_however_often_it_is_asked_for() -> None:
    question = new_id()

    assert reply_id(question) == reply_id(question)


def test_the_ids_of_replies_greetings_and_questions_never_meet() -> None:
    questions = [new_id() for _ in range(100)]
    replies = [reply_id(each) for each in questions]
    greetings = [greeting_id("w", each, "challenge") for each in questions]

    assert len({*questions, *replies, *greetings}) == 300


def test_a_link_is_32_characters_that_need_no_escaping() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", new_link())


def test_no_two_links_are_the_same() -> None:
    assert len({new_link() for _ in range(1000)}) == 1000
