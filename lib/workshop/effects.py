"""What each event does to its step besides moving its status, as data for whoever stores it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from lib.workshop.records import Snapshot
from lib.workshop.status import Change, Event, Phase


@dataclass(frozen=True)
class Effects:
    """What an event does to its step besides giving it a status."""

    #: Sets `started_at`, where it has none.
    starts: bool = False
    #: Sets `completed_at`; every other event clears it.
    completes: bool = False
    #: Where the conversation stands afterwards; None where it stays.
    phase: Phase | None = None
    #: The epoch of the draft ends: a draft saved under the one before is refused. So for whatever
    #: closes the step or changes its draft. Not so for a stale mark, a draft that goes on or is
    #: drafted anew: somebody may be typing, and what they type still fits.
    ends_epoch: bool = False
    #: The draft is emptied and the transcript begins anew, both archived. Only this keeps a
    #: message out: the end of a reply is welcome when the step was confirmed meanwhile.
    archives: bool = False


#: What each event does besides. `UNDO` gives back what was kept of the row, see `lib.workshop.undo`; only
#: the epoch is never given back, because a writer might still hold the one in between.
EFFECTS: Mapping[Event, Effects] = MappingProxyType(
    {
        Event.START: Effects(starts=True, phase=Phase.ORIENT),
        Event.CONFIRM: Effects(completes=True, phase=Phase.COMPLETE, ends_epoch=True),
        Event.OVERRIDE: Effects(completes=True, phase=Phase.COMPLETE, ends_epoch=True),
        Event.STILL_VALID: Effects(completes=True, phase=Phase.COMPLETE, ends_epoch=True),
        Event.FRESH: Effects(completes=True, phase=Phase.COMPLETE, ends_epoch=True),
        Event.REVISE: Effects(phase=Phase.REFINE, ends_epoch=True),
        Event.RESET: Effects(phase=Phase.ORIENT, ends_epoch=True, archives=True),
        Event.REGENERATE: Effects(phase=Phase.SYNTHESIZE),
        Event.STALE: Effects(),
        Event.CARRY_ON: Effects(),
        Event.UNDO: Effects(ends_epoch=True),
    }
)


def carried_out(
    before: Snapshot, change: Change, at: datetime, given_back: Snapshot | None = None
) -> Snapshot:
    """
    Return a step's row once *change* has been carried out, whoever stores it.

    *given_back* is the row an undo writes back: all of it but the epoch, which only grows.
    """
    effects, state, draft = EFFECTS[change.event], before.state, before.draft
    epoch = draft.epoch + effects.ends_epoch
    if given_back is not None:
        state = replace(given_back.state, redraft=None)
        return Snapshot(state, replace(given_back.draft, epoch=epoch))
    phase = effects.phase or state.phase
    fields = {} if effects.archives else change.draft
    if fields is not None:
        draft = replace(draft, fields=dict(fields), revision=draft.revision + 1, seen={})
    state = replace(
        state,
        status=change.after,
        phase=phase,
        started_at=state.started_at or (at if effects.starts else None),
        completed_at=at if effects.completes else None,
        stale=change.stale,
        made_from=state.made_from if change.made_from is None else change.made_from,
        # No two eras of a step have one number, not even after an undo: the epoch only grows.
        era=epoch if effects.archives else state.era,
        redraft=None if effects.ends_epoch else state.redraft,
    )
    return Snapshot(state, replace(draft, phase=phase, epoch=epoch))
