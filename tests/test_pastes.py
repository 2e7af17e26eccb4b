"""Hostile pastes: whatever a team sends, the guide answers in time in proportion, and says what it read."""

import pytest

from lib.guide.scripted import reading
from lib.guide.scripted.reading import MOST_READ
from tests.test_guide import fresh
from tests.test_patterns import MOST, growth


def repeated(run: str, length: int) -> str:
    return (run * (length // len(run) + 1))[:length]


@pytest.mark.parametrize("run", ["🎉", " ", "\n", "a ", "- a\n", "\u00a0", "\u200d", "(", "'a "])
@pytest.mark.parametrize(
    "read",
    [reading.line, reading.said, reading.names, reading.entries, reading.quoted, reading.label],
    ids=lambda it: it.__name__,
)
def test_reading_takes_time_in_proportion_to_the_text(read: object, run: str) -> None:
    found = growth(read, lambda n: f"ok {repeated(run, n)} go")  # type: ignore[arg-type]

    assert found <= MOST


def test_emoji_around_a_line_are_left_out_and_those_inside_stay() -> None:
    assert reading.line("🎉 ok 🎉 go 👍🏽") == "ok 🎉 go"
    assert reading.line("🎉🎉") == "🎉🎉"


@pytest.mark.parametrize("step", ["challenge", "stakeholder-mapping", "user-research"])
def test_a_message_that_is_too_long_is_read_to_a_limit_and_the_guide_says_so(step: str) -> None:
    conversation = fresh(step)
    conversation.say()
    reply = conversation.say("The night nurses wait. " * (MOST_READ // 10))

    assert f"I read its first {MOST_READ:,} characters" in reply
    assert "All of it is kept" in reply
    assert "I read its first" not in conversation.say("The night nurses wait for a bed.")


def test_what_is_beyond_the_limit_changes_nothing() -> None:
    said = []
    for rest in ("", "a, b, c " * 1_000_000):
        conversation = fresh("challenge")
        conversation.say()
        said.append(conversation.say("Nurses wait. " * MOST_READ + rest))

    assert said[0] == said[1]


def test_a_message_of_just_the_limit_is_read_whole() -> None:
    conversation = fresh("challenge")
    conversation.say()

    assert "I read its first" not in conversation.say(repeated("Nurses wait. ", MOST_READ))
