"""Ways in: a team's link, which is its key, and what opens one workshop to whoever asks for it."""

import hmac
import re
from dataclasses import replace
from weakref import WeakKeyDictionary

from lib import access, ways
from lib.access import REFUSED, AccessRefused, Action, Actor, Role, Scope
from lib.attempts import Limit, counted
from lib.store.port import NotFound, Store, StoreUnavailable
from lib.workshop import Team, Workshop

_LINK = re.compile(r"[A-Za-z0-9_-]{32}")


#: What is said of a link that is malformed, unknown, changed or taken away: which, nobody is told.
NO_TEAM = (
    "This link does not lead to a team. Please check that all of it was copied, or ask your "
    "facilitator for it again."
)

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


#: What is said of a code that is malformed, unknown, run out or its team's no more: which, nobody is
#: told.
NO_CODE = (
    "This code opens no team. Please check that all of it was copied, or ask your facilitator for it "
    "again."
)

#: Wrong codes after which none is looked at for a while: from one address, behind which a whole room
#: may be, and of one code, whoever tries it.
ATTEMPTS_FROM, ATTEMPTS_AT = 60, 30


def team_by_code(store: Store, typed: str, who: str) -> Team:
    """
    Return the team a code opens, as somebody at the address *who* typed it. Only wrong ones count.

    Raises AccessRefused, with one sentence whatever is wrong, TooManyAttempts where none is looked at
    for now, StoreError.
    """
    code = ways.read(typed)
    limits = [
        Limit("code from", who, ATTEMPTS_FROM),
        Limit("code", code or "none", ATTEMPTS_AT),
    ]
    try:
        with counted(store, limits):
            # An empty code is asked for too: no answer is quicker than another.
            return store.team_by_code(code)
    except NotFound as exc:
        raise AccessRefused(NO_CODE) from exc


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
    return [(each, scope) for each, scope in scoped if access.may(actor, Action.SEE_TABLE, scope)]


def _scope(workshop: Workshop, email: str, granted: Role | None) -> Scope:
    return Scope(workshop.id, workshop.owner, {email: granted} if granted else {})
