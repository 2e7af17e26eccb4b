"""
Who may come in: today a team's link is its key.

    AccessRefused         nobody is let in by this; its text is a sentence for the person
"""

import re

from lib.store.port import NotFound, Store
from lib.workshop import Team

_LINK = re.compile(r"[A-Za-z0-9_-]{32}")


class AccessRefused(Exception):
    """This does not open anything. Its text is a sentence that gives nothing away."""


def team_by_link(store: Store, link: str) -> Team:
    """
    Return the team a link belongs to.

    Raises AccessRefused, with the same sentence for a malformed link and an unknown one, and
    StoreError where the database cannot say.
    """
    if _LINK.fullmatch(link):
        try:
            return store.team_by_link(link)
        except NotFound:
            pass
    raise AccessRefused(
        "This link does not lead to a team. Please check that all of it was copied, or ask your "
        "facilitator for it again."
    )
