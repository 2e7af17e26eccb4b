"""Identifiers, minted in the process before anything is stored."""

import os
import secrets
import time
import uuid
from typing import Any

#: Bytes of randomness in a team's link: 192 bits, 32 characters in a URL.
LINK_BYTES = 24

#: The name space of replies: each reply's id follows from what it answers.
_REPLIES = uuid.UUID("7d0e3c1a-52a4-5be3-9d86-5b8a4f2c90ee")


def new_id() -> str:
    """
    Return a new UUID version 7 as text: 48 bits of Unix milliseconds, then 74 random bits.

    Sorting by id is roughly sorting by age, which keeps index pages warm; nothing relies on it.
    """
    stamp = (time.time_ns() // 1_000_000) & ((1 << 48) - 1)
    value = stamp << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def is_id(text: Any) -> bool:
    """
    Return whether a browser's id is a UUID in its usual form, as our own inputs make them.

    >>> is_id(new_id()), is_id("7"), is_id(None)
    (True, False, False)
    """
    try:
        return bool(str(uuid.UUID(text)) == text)
    except (ValueError, TypeError, AttributeError):
        return False


def greeting_id(workshop_id: str, team_id: str, step: str, era: int = 0) -> str:
    """
    Return the one id a step's greeting can have, so that a second greeting is a conflict.

    A step that was reset is greeted once more, in its new *era*.
    """
    place = f"{workshop_id}/{team_id}/{step}" + (f"/{era}" if era else "")
    return str(uuid.uuid5(_REPLIES, f"greeting/{place}"))


def reply_id(question_id: str) -> str:
    """Return the one id the reply to a question can have, so that a second reply is a conflict."""
    return str(uuid.uuid5(_REPLIES, f"reply/{question_id}"))


def new_link() -> str:
    """Return an unguessable team link: 32 URL-safe characters."""
    return secrets.token_urlsafe(LINK_BYTES)
