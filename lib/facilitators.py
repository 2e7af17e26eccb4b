"""
Who is a facilitator here: whoever has given the house's passcode, or whoever sits at its machine.

    TooManyAttempts       somebody has to wait before the passcode is looked at again

Without a passcode the house is open, and only on its own machine: a server that anybody else could
reach refuses to start.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from lib.access import NOBODY, AccessRefused, Actor
from lib.settings import Settings, SettingsError
from lib.store.port import Store

#: Names of this machine, as a server listens on it and as a browser asks for it.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})

#: What a request has that came by way of somebody else.
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip")

#: The cookie in which a browser holds the token it got for the passcode.
COOKIE = "throughline_pass"

#: How long a browser that gave the passcode need not give it again.
PASS_LASTS = timedelta(days=14)

#: Wrong passcodes from one address within WINDOW seconds, after which none is looked at; and from
#: all addresses together.
ATTEMPTS, ATTEMPTS_OF_ALL, WINDOW = 10, 200, 900.0

#: The fewest characters of a passcode.
MIN_PASSCODE = 8

_KIND, _EVERYBODY = "passcode", "*"

WRONG = "This is not the passcode."


class TooManyAttempts(AccessRefused):
    """Too many wrong passcodes came from there."""


def check(settings: Settings, address: str | None) -> None:
    """
    Refuse, in one line, to open the house to a network without anything that guards it.

    *address* is what the server listens on; None is every address there is. Raises SettingsError.
    """
    if settings.passcode and len(settings.passcode) < MIN_PASSCODE:
        raise SettingsError(f"FACILITATOR_PASSCODE must have at least {MIN_PASSCODE} characters.")
    if not settings.passcode and address not in LOCAL:
        raise SettingsError(
            f"The server would listen on {address or 'every address'} and anybody there could run "
            "workshops. Set FACILITATOR_PASSCODE, or let it listen on localhost."
        )


def actor(
    store: Store, settings: Settings, token: str, headers: Mapping[str, str] | None = None
) -> Actor:
    """
    Return who asks: the house's facilitator, or nobody. Raises StoreError.

    *token* is what the browser holds since it gave the passcode. Without a passcode everybody at
    this machine is the facilitator; *headers* say whether a request came from somewhere else.
    """
    if not settings.passcode:
        return Actor(is_house=True) if _is_here(headers or {}) else NOBODY
    if token and store.holds_pass(_digest(token)):
        return Actor(is_house=True)
    return NOBODY


def enter(store: Store, settings: Settings, passcode: str, who: str, now: datetime) -> str:
    """
    Return the token for whoever gives the right passcode; the database keeps its digest only.

    *who* is the address it came from. Raises AccessRefused for a wrong one, TooManyAttempts where
    no more are looked at for now, StoreError.
    """
    from_there, of_all = (store.attempt(_KIND, each, WINDOW) for each in (who, _EVERYBODY))
    if from_there > ATTEMPTS or of_all > ATTEMPTS_OF_ALL:
        minutes = round(WINDOW / 60)
        raise TooManyAttempts(f"Too many attempts. Please wait {minutes} minutes and try again.")
    if not settings.passcode or not hmac.compare_digest(
        _digest(passcode.strip()), _digest(settings.passcode)
    ):
        raise AccessRefused(WRONG)
    # Only wrong ones count.
    for each in (who, _EVERYBODY):
        store.attempt(_KIND, each, WINDOW, by=-1)
    token = secrets.token_urlsafe(32)
    store.keep_pass(_digest(token), now + PASS_LASTS)
    return token


def leave(store: Store, token: str) -> None:
    """Forget that a browser gave the passcode. Raises StoreError."""
    if token:
        store.drop_pass(_digest(token))


def _is_here(headers: Mapping[str, str]) -> bool:
    """Whether a request was made at this machine: by its name, and by way of nobody."""
    told = {name.casefold(): value for name, value in headers.items()}
    host = told.get("host", "localhost")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.casefold() in LOCAL and not any(each in told for each in _FORWARDED)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
