"""Which of several messages a text came from, by the words they share."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from lib.workshop.transcript import Message

_WORD = re.compile(r"\w+")


class Source(NamedTuple):
    """The message something came from, and its author; empty where nobody can say."""

    message: str = ""
    author: str = ""


def source(value: Any, messages: Sequence[Message]) -> Source:
    """
    Return the first of *messages* that has most of the words in *value*, a text or an entry.

    If none has any of them, the author is only named where all have the same.
    """
    if not messages:
        return Source()
    words = _words(value)
    shares = [len(words & _words(each.text)) for each in messages]
    best = max(shares)
    if best:
        found = messages[shares.index(best)]
        return Source(found.id, found.author)
    authors = {each.author for each in messages}
    return Source(messages[-1].id, messages[-1].author if len(authors) == 1 else "")


def _words(value: Any) -> set[str]:
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return set().union(*map(_words, parts))
    return set(_WORD.findall(str(value).casefold()))
