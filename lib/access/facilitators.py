"""
Authenticates facilitators: by the passcode of this installation, or by signing in.

A person who signs in must have an address on the list (`FACILITATORS`). With neither passcode nor
sign-in everybody at this machine is a facilitator, and a server that others can reach refuses to
start. With both, either is enough.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from lib.access.rate_limit import limited
from lib.store.port import Store
from lib.workshop.roles import NOBODY, AccessRefused, Actor
from lib.workshop.transcript import clean

#: Names of this machine, as a server listens on it and as a browser asks for it.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})

#: Headers of a request that a proxy forwarded.
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip")

#: The cookie with the token that a browser got for the passcode.
COOKIE = "throughline_pass"

#: How long a pass is valid.
PASS_LASTS = timedelta(days=14)

#: Wrong passcodes from one address before it has to wait: 2,880 a day.
ATTEMPTS = 10

_KIND = "passcode"

WRONG = "That passcode is wrong."


class AccessRules(Protocol):
    """The settings that decide who is a facilitator; see `lib.settings.Settings`."""

    @property
    def passcode(self) -> str:
        """The passcode of this installation; empty for none."""
        ...

    @property
    def signs_in(self) -> bool:
        """Whether people sign in with a provider."""
        ...

    @property
    def facilitators(self) -> tuple[str, ...]:
        """Addresses, and `@domain` for all of a domain."""
        ...

    @property
    def email_verified(self) -> bool:
        """Whether the provider must say that an address is verified."""
        ...


def actor(
    store: Store,
    settings: AccessRules,
    token: str,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, Any] | None = None,
) -> Actor:
    """
    Return who made a request: a facilitator, a person who signed in, or nobody. Raises StoreError.

    *token* is the browser's pass, *claims* are the sign-in provider's. With neither passcode nor sign-in
    set up, everybody at this machine is the facilitator; *headers* show whether a request came from
    another machine.
    """
    if not settings.passcode and not settings.signs_in:
        return Actor(is_house=True) if _is_here(headers or {}) else NOBODY
    email = _address(settings, claims or {}) if settings.signs_in else ""
    is_house = bool(settings.passcode and token) and store.holds_pass(digest(settings, token))
    return Actor(is_house, email, bool(email) and is_listed(settings, email))


def is_listed(settings: AccessRules, email: str) -> bool:
    """Whether somebody may run workshops of their own: by address, or by its domain."""
    return email in settings.facilitators or f"@{email.rpartition('@')[2]}" in settings.facilitators


def _address(settings: AccessRules, claims: Mapping[str, Any]) -> str:
    """Return the address of the person who signed in; empty if it is not verified."""
    email = claims.get("email")
    is_theirs = claims.get("is_logged_in") is True and _is_verified(settings, claims)
    found = email.strip().lower() if is_theirs and isinstance(email, str) else ""
    is_one = re.fullmatch(r"\A[^@\s]++@[^@\s]+", found) and found == clean(found)
    return found if is_one else ""


def _is_verified(settings: AccessRules, claims: Mapping[str, Any]) -> bool:
    """Whether the provider has verified the address; an explicit "no" never counts."""
    claim = claims.get("email_verified")
    return str(claim).lower() in ("true", "1") if claim is not None else not settings.email_verified


def enter(store: Store, settings: AccessRules, passcode: str, who: str, now: datetime) -> str:
    """
    Exchange the right passcode for a token, of which the database keeps the digest only.

    *who* is the client's address. Raises AccessRefused for a wrong passcode, TooManyAttempts after too
    many from that address, StoreError.
    """
    with limited(store, _KIND, who, ATTEMPTS):
        if not settings.passcode or not hmac.compare_digest(
            passcode.strip().encode(), settings.passcode.encode()
        ):
            raise AccessRefused(WRONG)
    token = secrets.token_urlsafe(32)
    store.keep_pass(digest(settings, token), now + PASS_LASTS)
    return token


def leave(store: Store, settings: AccessRules, token: str) -> None:
    """End a browser's pass. Raises StoreError."""
    if token:
        store.drop_pass(digest(settings, token))


def _is_here(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine: its host is local, and no proxy forwarded it."""
    lowered = {name.casefold(): value for name, value in headers.items()}
    host = lowered.get("host", "localhost")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.casefold() in LOCAL and not any(each in lowered for each in _FORWARDED)


def digest(settings: AccessRules, token: str) -> str:
    """Return the stored digest of a pass. Keyed by the passcode: a new one ends all passes."""
    return hmac.new(settings.passcode.encode(), token.encode(), hashlib.sha256).hexdigest()
