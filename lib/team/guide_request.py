"""Builds the guide's request from the store."""

import logging
from collections.abc import Callable

from lib.guide.port import Request
from lib.store.errors import StoreError
from lib.store.port import Store, upstream
from lib.workshop.records import Draft, Recollection, StepKey

log = logging.getLogger(__name__)


class StoredMemory:
    """The guide's memory of one era of a step, in the store; empty while the store is away."""

    def __init__(self, store: Store, key: StepKey, era: int) -> None:
        """*era* is the transcript's: after a reset, the memory is not used."""
        self._store = store
        self._key = key
        self._era = era

    def recall(self) -> Recollection | None:
        """Return the last summary, or None if there is none or it cannot be read."""
        try:
            return self._store.recollection(self._key, self._era)
        except StoreError as exc:
            log.warning("What was said before in %s cannot be recalled: %s", self._key.step, exc)
            return None

    def remember(self, recollection: Recollection) -> None:
        """Store a summary if the store is there."""
        try:
            self._store.remember(self._key, self._era, recollection)
        except StoreError as exc:
            log.warning("What was said before in %s is not kept: %s", self._key.step, exc)


def request(
    store: Store,
    key: StepKey,
    draft: Draft,
    *,
    before: int,
    turn: str,
    on_wait: Callable[[float], None],
) -> Request:
    """
    Return the request for the reply *turn* at the position *before*.

    *on_wait* is the port's. Reads only stored data, so flush first. Raises StoreError.
    """
    workshop = store.workshop(key.workshop_id)
    team = next(each for each in store.teams(workshop.id) if each.id == key.team_id)
    made_from = upstream(store, key)
    transcript = store.messages(key, before=before)
    return Request(
        key.step,
        draft.phase,
        transcript,
        draft.fields,
        {slug: version.fields for slug, version in made_from.items()},
        workshop.challenge,
        team.name,
        language=workshop.language,
        team_key=key.team,
        turn=turn,
        on_wait=on_wait,
        # An empty transcript has no era, and nothing to remember.
        memory=StoredMemory(store, key, transcript[0].era if transcript else 0),
        summaries={slug: each.summary for slug, each in made_from.items() if each.summary},
    )
