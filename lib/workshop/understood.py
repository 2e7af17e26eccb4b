"""What a reply may claim: the lines that are true of the draft as it is stored with it."""

from collections.abc import Sequence
from dataclasses import replace

from lib.workshop.artifacts.lines import between
from lib.workshop.read_back import DoesNotFit, Offer, ReadBack, Taken, applied, stands
from lib.workshop.records import Fields
from lib.workshop.transcript import Message


def true_of(
    step: str,
    read_back: ReadBack,
    before: Fields,
    after: Fields,
    messages: Sequence[Message] = (),
) -> ReadBack:
    """
    Return *read_back* with the lines that are true of *after*, what a reply made of *before*.

    A line that did not get in, because somebody changed the draft meanwhile, becomes an offer. What
    changed and has no line gets one, attributed to one of the *messages* that were answered.
    """
    there = [line for line in read_back.taken if stands(after, line.operations)]
    left = [line for line in read_back.taken if not stands(after, line.operations)]
    # What somebody typed by hand meanwhile is there already, and not the reply's to take out.
    kept = [line for line in there if not stands(before, line.operations)]
    explained = _after(before, kept)
    if explained is None:
        kept, explained = [], before
    more = between(step, explained, after, messages)
    late = [_offer(line) for line in left if _after(after, [line]) not in (None, after)]
    return replace(read_back, taken=(*kept, *more), offers=(*read_back.offers, *late))


def _after(fields: Fields, lines: Sequence[Taken]) -> Fields | None:
    try:
        return applied(fields, [each for line in lines for each in line.operations])
    except DoesNotFit:
        return None


def _offer(line: Taken) -> Offer:
    detail = f"The draft changed meanwhile, so “{line.text}” is not in it."
    return Offer(f"Put it under {line.place.label}", detail, line.operations)
