"""Ways in: a team's link, which is its key, and what opens one workshop to whoever asks for it."""

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


#: Links a process remembers for when the database is away.
MAX_KNOWN = 10_000

_known: WeakKeyDictionary[Store, dict[str, Team]] = WeakKeyDictionary()


def is_link(text: str) -> bool:
    """Whether this could be a team's link."""
    return _LINK.fullmatch(text) is not None


def known(store: Store, link: str) -> Team | None:
    """Return the team this process has let in by a link, without asking anybody; None for none."""
    return _known.get(store, {}).get(link)


def team_by_link(store: Store, link: str) -> Team:
    """
    Return the team a link belongs to.

    While the database cannot be reached, those this process has let in before are let in: what they
    type is kept. Raises AccessRefused, with the same sentence for a malformed link and an unknown
    one, and StoreError where nobody can say.
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


#: What is said of a code that is malformed, unknown or revoked: which, nobody is told.
NO_CODE = (
    "This code opens no team. Please check that all of it was copied, or ask your facilitator for it "
    "again."
)

EXPIRED_CODE = "This code has expired. Ask your facilitator for the new one."

MANY_WRONG_CODES = (
    "Many wrong codes came from your network. Check yours letter by letter with your facilitator: the "
    "right one works."
)

#: Wrong codes from one address, behind which a whole room may be, after which the log names it.
ATTEMPTS_FROM = 60


def team_by_code(store: Store, typed: str, who: str) -> Team:
    """
    Return the team a code opens, as somebody at the address *who* typed it.

    A code that is right opens its team whatever was typed before, there or elsewhere: only wrong
    ones are counted. One that has run out is not wrong. Raises AccessRefused, StoreError.
    """
    code = codes.read(typed)
    try:
        return store.team_by_code(code)
    except NotFound as exc:
        sentence = EXPIRED_CODE if store.code_has_expired(code) else _wrong_code(store, who)
        raise AccessRefused(sentence) from exc


def _wrong_code(store: Store, who: str) -> str:
    """Count a wrong code; return what is said of it."""
    number = wrong(store, "code from", who)
    if number == ATTEMPTS_FROM + 1:
        log.warning("More than %s wrong codes came from %s.", ATTEMPTS_FROM, network(who))
    return MANY_WRONG_CODES if number > ATTEMPTS_FROM else NO_CODE


def standing(
    store: Store, actor: Actor, workshop_id: str, observer_link: str = ""
) -> tuple[Actor, Scope]:
    """
    Return somebody with what they show at a workshop, or at the house, and its scope.

    One query at most, and none for whom it could change nothing. Raises AccessRefused where there
    is no such workshop, as where it is somebody else's; StoreError.
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
    Return the workshops somebody may look into, newest first, each with its scope.

    Two queries at most, however many workshops there are. Raises StoreError.
    """
    granted = store.granted(actor.email) if actor.email and not actor.is_house else {}
    scoped = [(each, _scope(each, actor.email, granted.get(each.id))) for each in store.workshops()]
    return [(each, scope) for each, scope in scoped if roles.may(actor, Action.SEE_TABLE, scope)]


def _scope(workshop: Workshop, email: str, granted: Role | None) -> Scope:
    return Scope(workshop.id, workshop.owner, {email: granted} if granted else {})
