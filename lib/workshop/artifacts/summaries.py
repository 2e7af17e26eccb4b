"""Summaries of a confirmed step, in the team's words: its artifact and its conversation."""

from collections.abc import Mapping, Sequence

from lib.workshop import steps
from lib.workshop.artifacts.criteria.matching import distinct, words
from lib.workshop.artifacts.models import MODELS
from lib.workshop.records import Fields
from lib.workshop.transcript import Message, Role

#: Characters of a line.
LINE = 400


def key_outputs(step: str, fields: Fields) -> list[str]:
    """Return at most three lines of the artifact of *step*, in its own words."""
    lines = [line for line in distinct(MODELS[step].highlights(fields)) if words(line)]
    return [line[:LINE] for line in lines[:3]]


def summaries(artifacts: Mapping[str, Fields]) -> list[Fields]:
    """Return the key outputs of every step before the last, as the last one's artifact lists them."""
    listed = []
    for slug in steps.SLUGS[:-1]:
        if lines := key_outputs(slug, artifacts.get(slug, {})):
            listed.append({"step": steps.step(slug).name, "key_outputs": lines})
    return listed


def summary(step: str, fields: Fields, transcript: Sequence[Message]) -> str:
    """
    Return a summary of *step*: its key outputs, who wrote messages, and the last message.

    Stored with the artifact's version, because the next version has a summary of its own.
    """
    lines = key_outputs(step, fields)
    messages = [message for message in transcript if message.role is Role.USER]
    if messages:
        names = distinct([message.author for message in messages])
        noun = "message" if len(messages) == 1 else "messages"
        lines.append(f"{len(messages)} {noun} by {_and(names)}.")
        last = " ".join(messages[-1].text.split())
        lines.append(f"Said last: “{last if len(last) <= LINE else last[: LINE - 1] + '…'}”")
    return "\n".join(lines)


def _and(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
