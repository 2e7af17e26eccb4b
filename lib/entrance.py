"""Ways in that need no sign-in: today a team's link, which is its key."""

import re
from weakref import WeakKeyDictionary

from lib.access import AccessRefused
from lib.store.port import NotFound, Store, StoreUnavailable
from lib.workshop import Team

_LINK = re.compile(r"[A-Za-z0-9_-]{32}")


#: What is said of a link that is malformed, unknown, changed or taken away: which, nobody is told.
NO_TEAM = (
    "This link does not lead to a team. Please check that all of it was copied, or ask your "
    "facilitator for it again."
)

#: Links a process remembers for when the database is away.
MAX_KNOWN = 10_000

_known: WeakKeyDictionary[Store, dict[str, Team]] = WeakKeyDictionary()


def team_by_link(store: Store, link: str) -> Team:
    """
    Return the team a link belongs to.

    While the database cannot be reached, those this process has let in before are let in: what they
    type is kept. Raises AccessRefused, with the same sentence for a malformed link and an unknown
    one, and StoreError where nobody can say.
    """
    known = _known.setdefault(store, {})
    if _LINK.fullmatch(link):
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
