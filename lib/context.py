"""What a guide may know of a workshop when it is asked in one of its steps."""

from collections.abc import Callable

from lib.guide.port import Request
from lib.store.port import Store, upstream
from lib.workshop import Draft, StepKey


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
    Return what the guide is asked with, for the reply *turn* at the position *before*.

    *on_wait* is told of waits, as the port has it. Read afresh, so what is to be in it must be
    stored. Raises StoreError.
    """
    workshop = store.workshop(key.workshop_id)
    team = next(each for each in store.teams(workshop.id) if each.id == key.team_id)
    made_from = upstream(store, key)
    return Request(
        key.step,
        draft.phase,
        store.messages(key, before=before),
        draft.fields,
        {slug: version.fields for slug, version in made_from.items()},
        workshop.challenge,
        team.name,
        language=workshop.language,
        team_key=key.team,
        turn=turn,
        on_wait=on_wait,
        summaries={slug: each.summary for slug, each in made_from.items() if each.summary},
    )
