"""
Decides when the older part of a conversation needs a summary, asks for it and reads it.

A summary covers some messages that are still shown. So it serves several replies without a gap, until
the next one is made from it and the messages since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.guide.openai_compatible import conversation, prompts
from lib.guide.openai_compatible.client import ChatMessage
from lib.guide.openai_compatible.splitting import Splitter
from lib.guide.openai_compatible.tokens import count, fitting
from lib.workshop.records import Recollection
from lib.workshop.transcript import Message, clean

#: Share of a budget that may be left out, and in no summary, before one is made.
_WORTH = 1 / 24

#: Tokens of a summary: 200 words in most languages, and some more.
_MOST = 500

#: Tokens of one message in a request for a summary.
_MESSAGE = 400


@dataclass(frozen=True)
class Task:
    """A request for a summary, and the position of the last message it covers."""

    messages: Sequence[ChatMessage]
    upto: int


def task(
    transcript: Sequence[Message],
    left_out: Sequence[Message],
    known: Recollection | None,
    budget: int,
) -> Task | None:
    """
    Return the task if *left_out* of *transcript* goes far enough beyond *known*, else None.

    The request for it stays within *budget*, by `tokens.count`.
    """
    seen = known.upto if known else 0
    lacking = sum(count(each.text) for each in left_out if each.position > seen)
    if lacking <= budget * _WORTH:
        return None
    # Half of what is still shown is summed up in advance.
    ahead = (len(transcript) - len(left_out)) // 2
    covered = transcript[: len(left_out) + ahead]
    conversation_text = "\n\n".join(
        fitting(conversation.with_author(each), _MESSAGE)
        for each in covered
        if each.position > seen and each.text.strip()
    )
    # What frames the texts needs less than 100 tokens.
    before = _framed("The summary so far", _harmless(known.text)) if known else ""
    room = budget - count(prompts.SUMMARY) - count(before) - 100
    asked = before + _framed("The conversation", fitting(_harmless(conversation_text), room))
    return Task(
        [{"role": "system", "content": prompts.SUMMARY}, {"role": "user", "content": asked}],
        covered[-1].position,
    )


def read(answer: str) -> str:
    """Return the summary in a model's answer without its thinking; "" if there is none."""
    splitter = Splitter()
    splitter.feed(answer)
    splitter.close()
    return fitting(clean(splitter.visible).strip(), _MOST)


def _framed(title: str, text: str) -> str:
    return f'<data title="{title}">\n{text}\n</data>\n\n'


def _harmless(text: str) -> str:
    """Return *text* so that it cannot close its data block."""
    return text.replace("</", "< /")
