"""
A guide that is asked only while its workshop has tokens left.

    CapReached            a GuideError: the workshop has used what its model may use
"""

from collections.abc import Callable, Iterator

from lib.guide.port import Guide, GuideError, Proposal, Request
from lib.workshop.usage import Allowance, allowance


class CapReached(GuideError):
    """The workshop has used what its model may use."""

    def __init__(self) -> None:
        super().__init__(
            "This workshop has used up its model allowance. Your message is saved. "
            "Please tell your facilitator."
        )


class Capped:
    """Asks *guide* while *spent*, given a workshop's id, returns fewer tokens than *cap*."""

    def __init__(self, guide: Guide, cap: int, spent: Callable[[str], int]) -> None:
        self._guide = guide
        self._cap = cap
        self._spent = spent
        self.name = guide.name

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield the guide's reply. Raises CapReached before its first word, and GuideError."""
        # A reply that has begun is finished, so the cap is passed by one reply at most a team.
        key = request.team_key
        if key and allowance(self._spent(key.workshop_id), self._cap) is Allowance.STOPPED:
            raise CapReached
        yield from self._guide.reply(request)
