"""Fits a conversation into a prompt: its newest part, and a note or summary of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from lib.guide.openai_compatible import prompts
from lib.guide.openai_compatible.client import ChatMessage
from lib.guide.openai_compatible.tokens import count, fitting
from lib.workshop.transcript import Message, Role

#: Share of the conversation's room that a summary may take.
_SUMMARY = 1 / 3


@dataclass(frozen=True)
class Shown:
    """The newest part of a conversation in turns, and the messages before it."""

    messages: Sequence[ChatMessage]
    left_out: Sequence[Message]


@dataclass(frozen=True)
class _Turn:
    role: str
    content: str
    #: Messages of the conversation before this turn.
    before: int


def shown(transcript: Sequence[Message], room: int, summary: str = "") -> Shown:
    """
    Return the newest part of a conversation that fits, in turns that begin and end with the user.

    *summary* replaces the part that is left out. By `tokens.count` all of it but the note stays within
    *room*.
    """
    turns = _turns(transcript)
    newest = _newest(turns, room)
    if summary and len(newest) < len(turns):
        summary = fitting(summary, int(room * _SUMMARY))
        newest = _newest(turns, room - count(summary))
    left = len(turns) - len(newest)
    messages = [{"role": each.role, "content": each.content} for each in newest]
    note = _note(left, summary) if left else ""
    if newest[0].role != Role.USER:
        messages.insert(0, {"role": "user", "content": note or prompts.OPENING})
    elif note:
        messages[0]["content"] = f"{note}\n\n{newest[0].content}"
    return Shown(messages, transcript[: newest[0].before] if left else ())


def with_author(message: Message) -> str:
    """Return a message with the name of who wrote it in the team."""
    named = message.role is Role.USER and message.author
    return f"{message.author}: {message.text}" if named else message.text


def _newest(turns: Sequence[_Turn], room: int) -> list[_Turn]:
    """Return the last turns that fit, but at least the last one, shortened."""
    kept: list[_Turn] = []
    for turn in reversed(turns):
        content = turn.content if kept else fitting(turn.content, room)
        if count(content) > room:
            break
        room -= count(content)
        kept.insert(0, _Turn(turn.role, content, turn.before))
    return kept


def _note(left: int, summary: str) -> str:
    note = f"(Earlier in this step: {left} messages that are left out here."
    if summary:
        return f"{note} What was said there, in short:\n{summary})"
    return f"{note} The draft holds what came of them.)"


def _turns(transcript: Sequence[Message]) -> list[_Turn]:
    """Return one message a turn, with the names of who wrote in the team."""
    found, before = [], 0
    for role, group in groupby(transcript, key=lambda message: message.role):
        messages = list(group)
        content = "\n\n".join(with_author(each) for each in messages if each.text.strip())
        found += [_Turn(str(role), content, before)] if content else []
        before += len(messages)
    if not found:
        return [_Turn("user", prompts.OPENING, before)]
    if found[-1].role != Role.USER:
        found.append(_Turn("user", "(Go on.)", before))
    return found
