"""What each event does to its step besides moving its status, as data for whoever stores it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lib.status import Event, Phase


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


#: What each event does besides. `UNDO` gives back what was kept of the row, see `lib.undo`; only
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
