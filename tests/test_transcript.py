"""Messages: what text may stand in them, their order, and who waits for an answer."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.workshop.transcript import (
    ATTEMPT,
    MAX_CHARACTERS,
    MAX_NAME,
    Message,
    MessageStatus,
    Role,
    TextRefused,
    accept,
    as_name,
    clean,
    next_attempt,
    ordered,
    unanswered,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)

#: Every code point there is, the ones no database can hold more often than chance has it.
any_text = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00a\ufeff\ufffe😀"),
        st.integers(0xD800, 0xDFFF).map(chr),
    )
)


def message(id_: str, role: Role = Role.USER, position: int = 1) -> Message:
    return Message(id_, role, "Ada", "words", NOW, position=position)


def storable(text: str) -> str:
    """The rule of `clean`, one character after the other."""
    kept, rest = "", text.replace("\x00", "")
    while rest:
        first, second = rest[0], rest[1:2]
        if "\ud800" <= first <= "\udbff" and second and "\udc00" <= second <= "\udfff":
            high, low = ord(first) - 0xD800, ord(second) - 0xDC00
            kept, rest = kept + chr(0x10000 + (high << 10) + low), rest[2:]
        else:
            kept, rest = kept + ("" if "\ud800" <= first <= "\udfff" else first), rest[1:]
    return kept


# clean


@settings(deadline=None)  # a busy machine is not a bug
@given(any_text)
def test_cleaning_drops_nul_and_lone_surrogates_joins_pairs_and_keeps_the_rest(text: str) -> None:
    assert clean(text) == storable(text)


@settings(deadline=None)  # a busy machine is not a bug
@given(any_text)
def test_what_is_clean_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned.encode().decode()) == cleaned


@pytest.mark.parametrize(
    "text", ["", " ", "plain", "naïve 😀👩‍👩‍👧", "\ufeffmarked", "עברית", "a\r\nb\tc", "\u202eback"]
)
def test_ordinary_text_is_kept_to_the_letter(text: str) -> None:
    assert clean(text) == text


# accept


@settings(deadline=None)  # a busy machine is not a bug
@given(any_text)
def test_a_text_is_accepted_cleaned_or_refused_for_being_empty(text: str) -> None:
    try:
        accepted = accept(text)
    except TextRefused:
        accepted = ""

    assert accepted == (storable(text) if storable(text).strip() else "")


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "\ud800", "\u3000"])
def test_a_text_with_nothing_in_it_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(TextRefused, match=r"^The message is empty.*\.$"):
        accept(text)


def test_the_longest_text_is_accepted_and_a_character_more_is_refused() -> None:
    longest = "x" * MAX_CHARACTERS
    accepted = accept(longest + "\x00")
    with pytest.raises(TextRefused, match="2,000,001 characters; the limit is 2,000,000"):
        accept(longest + "x")

    assert accepted == longest


# revisions


def test_a_change_is_the_same_message_one_revision_on() -> None:
    first = Message("m", Role.ASSISTANT, "Guide", "", NOW, MessageStatus.STREAMING, 4, 2)
    expected = Message("m", Role.ASSISTANT, "Guide", "Hi", NOW, MessageStatus.COMPLETE, 5, 2)

    assert first.revised("Hi", MessageStatus.COMPLETE) == expected


@settings(deadline=None)  # a busy machine is not a bug
@given(st.integers(1, ATTEMPT * 1000))
def test_the_next_attempt_outranks_whatever_the_earlier_one_still_writes(revision: int) -> None:
    last_of_this_attempt = (revision // ATTEMPT) * ATTEMPT + ATTEMPT - 1

    assert revision <= last_of_this_attempt < next_attempt(revision)


@settings(deadline=None)  # a busy machine is not a bug
@given(st.integers(1, ATTEMPT * 1000))
def test_attempts_follow_one_another_closely(revision: int) -> None:
    assert next_attempt(revision) // ATTEMPT == revision // ATTEMPT + 1


@settings(deadline=None)  # a busy machine is not a bug
@given(st.integers(0, 1000))
def test_a_thousand_attempts_fit_into_the_64_bits_of_a_database(attempts: int) -> None:
    assert next_attempt(attempts * ATTEMPT) < 1 << 63


# order


@settings(deadline=None)  # a busy machine is not a bug
@given(st.integers(0, 30), st.randoms())
def test_order_is_the_position_alone_never_a_time(count: int, chance: random.Random) -> None:
    messages = [
        replace(message(str(place), position=place), created_at=NOW.replace(minute=59 - place))
        for place in range(1, count + 1)
    ]
    shuffled = list(messages)
    chance.shuffle(shuffled)

    assert ordered(shuffled) == messages


# unanswered


def test_questions_since_the_guide_last_spoke_wait_oldest_first() -> None:
    talk = [
        message("1"),
        message("2", Role.ASSISTANT),
        message("3"),
        message("4"),
    ]

    assert [each.id for each in unanswered(talk)] == ["3", "4"]


@pytest.mark.parametrize("status", MessageStatus)
def test_a_reply_has_spoken_however_far_it_came(status: MessageStatus) -> None:
    reply = replace(message("2", Role.ASSISTANT), status=status)

    assert unanswered([message("1"), reply]) == []


@settings(deadline=None)  # a busy machine is not a bug
@given(st.lists(st.sampled_from(list(Role))))
def test_what_waits_is_the_end_of_the_talk_without_the_guide(roles: list[Role]) -> None:
    talk = [message(str(place), role, place) for place, role in enumerate(roles, start=1)]
    waiting = unanswered(talk)
    answered = talk[: len(talk) - len(waiting)]

    assert [*answered, *waiting] == talk
    assert all(each.role is Role.USER for each in waiting)
    assert not answered or answered[-1].role is Role.ASSISTANT


def test_a_name_that_is_cut_does_not_end_in_a_blank() -> None:
    assert as_name("x" * (MAX_NAME - 1) + " yz") == "x" * (MAX_NAME - 1)
