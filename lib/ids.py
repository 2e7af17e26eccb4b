"""Identifiers, minted in the process before anything is stored."""

import os
import secrets
import time
import uuid

#: Bytes of randomness in a team's link: 192 bits, 32 characters in a URL.
LINK_BYTES = 24

#: Every greeting's id is derived under this name, so that the same step always greets by the same id.
_GREETINGS = uuid.UUID("7d0e3c1a-52a4-5be3-9d86-5b8a4f2c90ee")


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


def greeting_id(workshop_id: str, team_id: str, step: str) -> str:
    """Return the one id a step's greeting can have, so that a second greeting is a conflict."""
    return str(uuid.uuid5(_GREETINGS, f"{workshop_id}/{team_id}/{step}"))


def new_link() -> str:
    """Return an unguessable team link: 32 URL-safe characters."""
    return secrets.token_urlsafe(LINK_BYTES)
