"""
Who is a facilitator here: whoever has given the house's passcode or has signed in with an address on
its list, or whoever sits at its machine.

With neither passcode nor sign-in the house is open, and only on its own machine: a server that
anybody else could reach refuses to start. With both, either opens it.
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

#: Names of this machine, as a server listens on it and as a browser asks for it.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})

#: What a request has that came by way of somebody else.
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip")

#: The cookie in which a browser holds the token it got for the passcode.
COOKIE = "throughline_pass"

#: How long a browser that gave the passcode need not give it again.
PASS_LASTS = timedelta(days=14)

#: Wrong passcodes from one address after which none from there is compared for a while: 2,880 a day.
ATTEMPTS = 10

_KIND = "passcode"

WRONG = "This is not the passcode."


class AccessRules(Protocol):
    """The settings that decide who is a facilitator; see `lib.settings.Settings`."""

    @property
    def passcode(self) -> str:
        """What facilitators give; empty for none."""
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
    Return who asks: the house's facilitator, whoever has signed in, or nobody. Raises StoreError.

    *token* is what the browser holds since it gave the passcode, *claims* what the provider says of
    who has signed in. With neither of the two set up everybody at this machine is the facilitator;
    *headers* say whether a request came from somewhere else.
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
    """Return the address of whoever has signed in; empty unless it counts as theirs."""
    email = claims.get("email")
    is_theirs = claims.get("is_logged_in") is True and _is_verified(settings, claims)
    found = email.strip().lower() if is_theirs and isinstance(email, str) else ""
    return found if re.fullmatch(r"\A[^@\s]++@[^@\s]+", found) else ""


def _is_verified(settings: AccessRules, claims: Mapping[str, Any]) -> bool:
    """Whether the provider has verified the address; one it says it has not never counts."""
    said = claims.get("email_verified")
    return str(said).lower() in ("true", "1") if said is not None else not settings.email_verified


def enter(store: Store, settings: AccessRules, passcode: str, who: str, now: datetime) -> str:
    """
    Return the token for whoever gives the right passcode; the database keeps its digest only.

    *who* is the address it came from. Raises AccessRefused for a wrong one, TooManyAttempts where
    no more from there are compared for now, StoreError.
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
    """Forget that a browser gave the passcode. Raises StoreError."""
    if token:
        store.drop_pass(digest(settings, token))


def _is_here(headers: Mapping[str, str]) -> bool:
    """Whether a request was made at this machine: by its name, and by way of nobody."""
    told = {name.casefold(): value for name, value in headers.items()}
    host = told.get("host", "localhost")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.casefold() in LOCAL and not any(each in told for each in _FORWARDED)


def digest(settings: AccessRules, token: str) -> str:
    """Return what is stored of a pass. Keyed by the passcode: with another one, no pass is known."""
    return hmac.new(settings.passcode.encode(), token.encode(), hashlib.sha256).hexdigest()
