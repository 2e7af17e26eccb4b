"""
Short codes for a team, to read out or to copy from a screen: creating and reading them.

Pure. `lib.access.links` finds the team of a code.
"""

import re
import secrets
from datetime import datetime, timedelta

from lib.workshop.records import Code
from lib.workshop.transcript import clean

#: Letters and digits that are not confused when they are read out or copied.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

#: Characters of a code: one of 8.5e11, of which a workshop has a handful for a day.
LENGTH = 8

#: How long a code opens its team. A workshop's day, with room before and after.
LASTS = timedelta(hours=12)

#: Characters of an e-mail address.
MAX_EMAIL = 254


def new_code(now: datetime) -> Code:
    """Return a code nobody can guess, which opens its team from *now* on."""
    return Code("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), now + LASTS)


def spelled(code: str) -> str:
    """
    Return a code as it is shown, in two halves.

    >>> spelled("K7WMPX2Q")
    'K7WM-PX2Q'
    """
    half = LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def read(typed: str) -> str:
    """
    Return the code in typed text, ignoring case and separators; empty if it is not a code.

    >>> read(" k7wm px2q "), read("K7WM–PX2Q"), read("0000")
    ('K7WMPX2Q', 'K7WMPX2Q', '')
    """
    found = re.sub(r"[\s\W_]+", "", typed).upper()
    return found if len(found) == LENGTH and set(found) <= set(ALPHABET) else ""


def email(typed: str) -> str:
    """
    Return an e-mail address in lower case; empty if it is not one, or cannot be stored.

    >>> email(" Ada@Example.org "), email("Ada"), email("a b@x.org"), email("a\\x00@x.org")
    ('ada@example.org', '', '', '')
    """
    found = typed.strip().lower()
    is_one = len(found) <= MAX_EMAIL and re.fullmatch(
        r"\A[^@\s]++@[^@\s.]++(?:\.[^@\s.]++)+", found
    )
    return found if is_one and found == clean(found) else ""
