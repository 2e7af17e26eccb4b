"""Admission by a team's link or code, and by an observer's link or a grant."""

import hmac
import logging
import re
from dataclasses import replace
from weakref import WeakKeyDictionary

from lib.access import codes
from lib.access.addresses import network
from lib.access.rate_limit import wrong
from lib.store.errors import NotFound, StoreUnavailable
from lib.store.port import Store
from lib.workshop import roles
from lib.workshop.records import Team, Workshop
from lib.workshop.rights import NO_TEAM
from lib.workshop.roles import REFUSED, AccessRefused, Action, Actor, Role, Scope

log = logging.getLogger(__name__)

_LINK = re.compile(r"[A-Za-z0-9_-]{32}")


#: Links a process caches for outages of the database.
MAX_KNOWN = 10_000

_known: WeakKeyDictionary[Store, dict[str, Team]] = WeakKeyDictionary()


def is_link(text: str) -> bool:
    """Whether this could be a team's link."""
    return _LINK.fullmatch(text) is not None


def known(store: Store, link: str) -> Team | None:
    """Return the team this process has admitted by a link, without a query; None if there is none."""
    return _known.get(store, {}).get(link)


def team_by_link(store: Store, link: str) -> Team:
    """
    Return the team a link belongs to.

    During an outage of the database, teams that this process has admitted before are admitted, so that
    their input is kept. Raises AccessRefused, with the same sentence for a malformed and an unknown
    link, and StoreError if the link cannot be checked.
    """
    known = _known.setdefault(store, {})
    if is_link(link):
        try:
            team = store.team_by_link(link)
        except NotFound:
            known.pop(link, None)
        except StoreUnavailable:
            if link not in known:
                raise
            return known[link]
        else:
            if len(known) < MAX_KNOWN:
                known[link] = team
            return team
    raise AccessRefused(NO_TEAM)


#: The answer to a code that is malformed, unknown or revoked, without saying which.
NO_CODE = (
    "This code does not open a team. Check that you typed all of it, or ask your facilitator for a "
    "new one."
)

EXPIRED_CODE = "This code has expired. Ask your facilitator for the new one."

MANY_WRONG_CODES = (
    "Too many wrong codes came from your network. Check your code letter by letter with your "
    "facilitator; the right one still works."
)

#: Wrong codes from one address after which the log names it; a whole room may share an address.
ATTEMPTS_FROM = 60


def team_by_code(store: Store, typed: str, who: str) -> Team:
    """
    Return the team a code opens, as somebody at the address *who* typed it.

    A right code always works: only wrong codes are counted, and an expired one is not wrong. Raises
    AccessRefused, StoreError.
    """
    code = codes.read(typed)
    try:
        return store.team_by_code(code)
    except NotFound as exc:
        sentence = EXPIRED_CODE if store.code_has_expired(code) else _wrong_code(store, who)
        raise AccessRefused(sentence) from exc


def _wrong_code(store: Store, who: str) -> str:
    """Count a wrong code; return the sentence that answers it."""
    number = wrong(store, "code from", who)
    if number == ATTEMPTS_FROM + 1:
        log.warning("More than %s wrong codes came from %s.", ATTEMPTS_FROM, network(who))
    return MANY_WRONG_CODES if number > ATTEMPTS_FROM else NO_CODE


def standing(
    store: Store, actor: Actor, workshop_id: str, observer_link: str = ""
) -> tuple[Actor, Scope]:
    """
    Return *actor* with their rights in a workshop, or on this installation, and its scope.

    At most one query, and none if it could not change the result. Raises AccessRefused both for an
    unknown workshop and for somebody else's; StoreError.
    """
    if not workshop_id:
        return actor, Scope(grants=_guests(store, actor))
    if actor.is_house or not (actor.email or _LINK.fullmatch(observer_link)):
        return actor, Scope(workshop_id)
    try:
        admission = store.admission(workshop_id, actor.email)
    except NotFound as exc:
        raise AccessRefused(REFUSED) from exc
    if admission.observer_link and hmac.compare_digest(
        admission.observer_link.encode(), observer_link.encode()
    ):
        actor = replace(actor, observes=workshop_id)
    grants = {actor.email: admission.granted} if actor.email and admission.granted else {}
    return actor, Scope(workshop_id, admission.owner, grants)


def _guests(store: Store, actor: Actor) -> dict[str, Role]:
    if actor.is_house or actor.is_listed or not actor.email:
        return {}
    return {actor.email: Role.GUEST} if store.granted(actor.email) else {}


def workshops_of(store: Store, actor: Actor) -> list[tuple[Workshop, Scope]]:
    """
    Return the workshops that *actor* may read, newest first, each with its scope.

    At most two queries, however many workshops there are. Raises StoreError.
    """
    granted = store.granted(actor.email) if actor.email and not actor.is_house else {}
    scoped = [(each, _scope(each, actor.email, granted.get(each.id))) for each in store.workshops()]
    return [(each, scope) for each, scope in scoped if roles.may(actor, Action.SEE_TABLE, scope)]


def _scope(workshop: Workshop, email: str, granted: Role | None) -> Scope:
    return Scope(workshop.id, workshop.owner, {email: granted} if granted else {})
