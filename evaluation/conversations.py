"""
Teams walk the ten steps: each says next what fits the question the guide asks, and what it expects is checked.

A guide says which question it asks with `read_back.asked`; where it does not, a team speaks in its file's order.
What a guide offers is accepted if, and only if, that meets an expectation.
"""

from collections.abc import Mapping
from copy import copy, deepcopy

from evaluation.expectations import QUIET, Expectation, Turn, expectation, failed
from evaluation.offers import accepted
from evaluation.results import Heard, Result, destroyed, happened
from evaluation.sentences import LEAVE_IT, NOTHING_MORE, claim, composed
from evaluation.teams import Said, Team
from evaluation.walk import Walked
from lib.guide.port import Guide
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.read_back import Asked, ReadBack
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Role


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
        #: Follow-up questions the team has said it has nothing more to say about.
        self.closed: list[Asked | None] = []
        #: Whether the last reply offered a change that nobody has accepted.
        self.is_offer_open = False
        #: The approval before which an offer was declined.
        self.postponed: Said | None = None

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
        said = self._fitting() or self._following()
        if said is None:
            return []
        if self.is_offer_open and _expects(said, "approved") and said is not self.postponed:
            self.postponed = said
            return [self._aside(said, LEAVE_IT, "unchanged")]
        if self._has_nothing_more(said):
            self.closed.append(self._read_back.asked)
            return [self._aside(said, NOTHING_MORE, "declined")]
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
            following = self._following()
            fitting = [each for each in fitting if each.is_spare or each is following]
        fitting.sort(key=lambda each: (each.is_spare, each.follow != asked.follow))
        return fitting[0] if fitting else None

    def _aside(self, said: Said, texts: Mapping[str, str], expected: str) -> Said:
        """Return what is said before *said*."""
        text = texts[self.walked.language]
        return Said(said.key, "", said.author, text, expected=[expectation(expected)])

    def _following(self) -> Said | None:
        return next((each for each in self.queue if not each.is_spare), None)

    def _has_nothing_more(self, said: Said) -> bool:
        """Whether the guide follows up what was answered, and the team has turned to other things."""
        asked = self._read_back.asked
        if asked is None or not asked.follow or asked in self.closed:
            return False
        return asked.id != said.key and _name(asked) == self.answered

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

        pressed = accepted(
            replied,
            back.offers,
            lambda draft: sum(len(_failures(each, turn(each, draft))) for each in messages),
        )
        self.walked.draft = pressed
        self.is_offer_open = pressed == replied and any(each.operations for each in back.offers)
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
        is_accepted = offers_open and any(_expects(each, "approved") for each in messages)
        if not is_accepted:
            first.destroyed = destroyed(messages, before, replied, earlier)
        first.false_confirmation = self._confirmed(messages, before, replied, reply, phase, back)
        self.result.heard += heard
        understood = not any(each.failed for each in heard)
        if not understood and not is_second and before == pressed:
            understood = self._asked_back(messages, heard, last_asked)
        return understood

    def _asked_back(self, messages: list[Said], heard: list[Heard], last_asked: str) -> bool:
        """Answer a guide that asks about the same thing again; once does not count."""
        asked = self._read_back.asked
        is_content = all(each.expected[0].kind not in QUIET for each in messages)
        if not (
            asked and _name(asked) == last_asked and asked.id == messages[0].key and is_content
        ):
            return False
        self.is_said_again = True
        spare = self._fitting()
        if spare and spare.is_spare:
            self.queue.remove(spare)
        else:
            spare = messages[-1]
        if not self._say([spare], is_second=True):
            # One thing that is not understood, whatever is said, counts once.
            self.result.heard[-1].failed = []
            return False
        for each in heard:
            each.failed, each.is_asked_back = [], True
        return True

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
