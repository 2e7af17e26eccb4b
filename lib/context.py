"""What a guide may know of a workshop when it is asked in one of its steps."""

from lib.guide.port import Request
from lib.store.port import Store, upstream_artifacts
from lib.workshop import Draft, StepKey


def request(store: Store, key: StepKey, draft: Draft, *, before: int) -> Request:
    """
    Return what the guide is asked with, for a reply at the position *before*.

    Read afresh, so what is to be in it must be stored. Raises StoreError.
    """
    workshop = store.workshop(key.workshop_id)
    team = next(each for each in store.teams(workshop.id) if each.id == key.team_id)
    return Request(
        key.step,
        draft.phase,
        store.messages(key, before=before),
        draft.fields,
        upstream_artifacts(store, key),
        workshop.challenge,
        team.name,
    )
