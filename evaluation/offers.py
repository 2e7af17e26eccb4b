"""Offers of a guide, pressed as a team would that knows what it expects."""

from collections.abc import Callable, Iterable

from lib.workshop.read_back import DoesNotFit, Offer, applied
from lib.workshop.records import Fields

#: Offers of one reply that a team accepts at most.
_PRESSES = 12


def accepted(draft: Fields, offers: Iterable[Offer], failing: Callable[[Fields], int]) -> Fields:
    """Return *draft* after the offers that leave fewer expectations *failing* were accepted."""
    left = [each for each in offers if each.operations]
    for _ in range(min(_PRESSES, len(left))):
        best: tuple[Offer, Fields] | None = None
        fewest = failing(draft)
        for offer in left:
            after = _after(draft, offer)
            if after is not None and failing(after) < fewest:
                best, fewest = (offer, after), failing(after)
        if best is None:
            break
        left.remove(best[0])
        draft = best[1]
    return draft


def _after(draft: Fields, offer: Offer) -> Fields | None:
    try:
        return applied(draft, offer.operations)
    except DoesNotFit:
        return None
