"""
Teams walk the ten steps: each says next what fits the question the guide asks, and what it expects is checked.

A guide says which question it asks with `read_back.asked`; where it does not, a team speaks in its file's order.
What a guide offers is accepted if, and only if, that meets an expectation.
"""

from copy import copy, deepcopy

from evaluation.expectations import QUIET, Expectation, Turn, failed
from evaluation.results import Heard, Result, destroyed, happened
from evaluation.sentences import claim, composed
from evaluation.teams import Said, Team
from evaluation.walk import Walked
from lib.guide.port import Guide
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.read_back import Asked, DoesNotFit, ReadBack, applied
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Role

#: Offers of one reply that a team accepts at most.
_PRESSES = 12


def walk_team(guide: Guide, team: Team) -> list[Result]:
    """Walk all ten steps; what each results in feeds those after it."""
    drafts: dict[str, Fields] = {}
    results = []
    for step in steps.STEPS:
        upstream = {slug: drafts[slug] for slug in step.feeds_from if drafts[slug]}
        walked = Walked(step.slug, upstream, team.challenge, team.name, team.language)
        result = _Step(guide, team, walked).walk()
        drafts[step.slug] = result.draft
        results.append(result)
    return results


class _Step:
    """A team in one step."""

    def __init__(self, guide: Guide, team: Team, walked: Walked) -> None:
        self.guide, self.walked = guide, walked
        self.queue = list(team.messages[walked.step])
        self.result = Result(team, walked.step)
        #: Whether something had to be said again.
        self.is_said_again = False
        #: The question the last messages were sent as an answer to.
        self.answered = ""

    def walk(self) -> Result:
        self.walked.take(self.guide)
        while messages := self._next():
            self._say(messages)
        result, walked = self.result, self.walked
        result.draft, result.seconds = walked.draft, walked.seconds
        result.missing = self._missing()
        result.is_valid = not result.missing
        result.is_valid_first = result.is_valid and not self.is_said_again
        said = walked.said(Role.USER)
        result.sentences = list(composed(walked.step, walked.draft, said, walked.language))
        return result

    def _missing(self) -> list[str]:
        return list(criteria.missing(self.walked.step, self.walked.draft, self.walked.upstream))

    @property
    def _read_back(self) -> ReadBack:
        return self.walked.proposals[-1].read_back if self.walked.proposals else ReadBack()

    # Which message is next

    def _next(self) -> list[Said]:
        """Take the next message out of the queue, with those that are sent right after it."""
        said = self._fitting() or next((each for each in self.queue if not each.is_spare), None)
        if said is None:
            return []
        at = self.queue.index(said)
        end = at + 1
        while end < len(self.queue) and self.queue[end].is_joined:
            end += 1
        messages = self.queue[at:end]
        del self.queue[at:end]
        return messages

    def _fitting(self) -> Said | None:
        asked = self._read_back.asked
        if asked is None:
            return None
        fitting = [each for each in self.queue if each.key == asked.id and not each.is_joined]
        if _name(asked) == self.answered:
            # Asked again: unless it is next anyway, what is left may be about another entry.
            following = next((each for each in self.queue if not each.is_spare), None)
            fitting = [each for each in fitting if each.is_spare or each is following]
        fitting.sort(key=lambda each: (each.is_spare, each.follow != asked.follow))
        return fitting[0] if fitting else None

    # What comes of it

    def _say(self, messages: list[Said], is_second: bool = False) -> bool:
        """Send *messages*, note what came of each, and return whether all were understood."""
        self.result.points.append(self._copy())
        before, phase = deepcopy(self.walked.draft), self.walked.phase
        last_reply, last_asked = self._last_reply(), _name(self._read_back.asked)
        self.answered = last_asked
        offers_open = bool(self._read_back.offers)
        earlier = self.walked.said(Role.USER)
        for said in messages:
            self.walked.note(Role.USER, said.text, said.author)
        reply = self.walked.take(self.guide)
        replied, back = deepcopy(self.walked.draft), self._read_back
        is_missing = bool(self._missing())

        def turn(said: Said, after: Fields) -> Turn:
            return Turn(
                said.text,
                before,
                after,
                reply,
                last_reply,
                _name(back.asked),
                last_asked,
                len(back.offers),
                self.walked.phase,
                phase,
                is_missing,
            )

        pressed = self._pressed(messages, turn, back)
        self.walked.draft = pressed
        heard = []
        for said in messages:
            at_once = _failures(said, turn(said, replied))
            finally_ = _failures(said, turn(said, pressed))
            heard.append(
                Heard(
                    len(self.result.heard) + len(heard) + 1,
                    said,
                    [each.line for each in finally_],
                    happened(before, pressed, reply),
                    any(not each.is_proposed for each in at_once if each not in finally_),
                )
            )
        first = heard[0]
        accepted = offers_open and any(_expects(each, "approved") for each in messages)
        if not accepted:
            first.destroyed = destroyed(messages, before, replied, earlier)
        first.false_confirmation = self._confirmed(messages, before, replied, reply, phase, back)
        self.result.heard += heard
        understood = not any(each.failed for each in heard)
        if not understood and not is_second and before == pressed:
            understood = self._asked_back(messages, heard, last_asked)
        return understood

    def _asked_back(self, messages: list[Said], heard: list[Heard], last_asked: str) -> bool:
        """Answer a guide that asks about the same thing again; once does not count."""
        spare = self._fitting()
        is_content = all(each.expected[0].kind not in QUIET for each in messages)
        asks_again = _name(self._read_back.asked) == last_asked != ""
        if not (spare and spare.key == messages[0].key and is_content and asks_again):
            return False
        self.is_said_again = True
        self.queue.remove(spare)
        if not self._say([spare], is_second=True):
            # One thing that is not understood, whatever is said, counts once.
            self.result.heard[-1].failed = []
            return False
        for each in heard:
            each.failed, each.is_asked_back = [], True
        return True

    def _pressed(self, messages: list[Said], turn, back: ReadBack) -> Fields:  # type: ignore[no-untyped-def]
        """Return the draft after the offers were accepted that meet more of what is expected."""
        draft = self.walked.draft
        offers = [each for each in back.offers if each.operations]
        for _ in range(min(_PRESSES, len(offers))):
            best, fewest = None, _failing(messages, turn, draft)
            for offer in offers:
                try:
                    tried = applied(draft, offer.operations)
                except DoesNotFit:
                    continue
                if (count := _failing(messages, turn, tried)) < fewest:
                    best, fewest = (offer, tried), count
            if best is None:
                break
            offers.remove(best[0])
            draft = best[1]
        return draft

    def _confirmed(
        self,
        messages: list[Said],
        before: Fields,
        after: Fields,
        reply: str,
        phase: Phase,
        back: ReadBack,
    ) -> str:
        """Return what the guide confirmed though nobody approved it or nothing changed."""
        if any(_expects(said, "approved") for said in messages):
            return ""
        if self.walked.phase is Phase.COMPLETE and phase is not Phase.COMPLETE:
            return "complete without approval"
        if before != after or any(_expects(said, "aside") for said in messages):
            return ""
        if back.taken:
            return f"took nothing, but says: {back.taken[0].text}"
        return claim(reply, self.walked.language)

    def _last_reply(self) -> str:
        said = self.walked.said(Role.ASSISTANT)
        return said[-1] if said else ""

    def _copy(self) -> Walked:
        point = copy(self.walked)
        point.transcript = list(point.transcript)
        point.phases, point.proposals = list(point.phases), list(point.proposals)
        point.failures = []
        return point


def _name(asked: Asked | None) -> str:
    return f"{asked.id}/{asked.topic}" if asked else ""


def _expects(said: Said, kind: str) -> bool:
    return any(each.kind == kind for each in said.expected)


def _failures(said: Said, turn: Turn) -> list[Expectation]:
    return [each for each in said.expected if failed(each, turn)]


def _failing(messages: list[Said], turn, draft: Fields) -> int:  # type: ignore[no-untyped-def]
    return sum(len(_failures(said, turn(said, draft))) for said in messages)
