"""Suggested replies: what the team might say next, short enough for a button."""

import re
from collections.abc import Iterable

from lib.workshop.transcript import clean

#: How many are shown, and how many words each stays under.
MOST = 3
UNDER_WORDS = 15

#: Characters of one, whatever its words.
_LONGEST = 160

_WRAPPING = re.compile(r"^(?:[-*•]\s+|\d+[.)]\s+)|^[\"“”„'‘’]+|[\"“”'‘’]+$")


def tidied(raw: object) -> tuple[str, ...]:
    """
    Return the suggestions in *raw*, the first MOST that can be used; never raises.

    One that is too long is left out: half a sentence is nothing a team would say.

    >>> tidied(["- Night nurses.", " ", 3, "night nurses.", "“Nobody calls back.”"])
    ('Night nurses.', 'Nobody calls back.')
    """
    if isinstance(raw, str) or not isinstance(raw, Iterable):
        return ()
    found: dict[str, str] = {}
    for text in (_flat(each) for each in raw if isinstance(each, str)):
        if text and len(text.split()) < UNDER_WORDS and len(text) <= _LONGEST:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())[:MOST]


def _flat(text: str) -> str:
    told = " ".join(clean(text).split())
    while (bare := _WRAPPING.sub("", told).strip()) != told:
        told = bare
    return told
