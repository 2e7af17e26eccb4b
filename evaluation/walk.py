"""
A simulated team: it says what it was going to say, whatever the guide asks, one message a turn.

No store and no page: what a guide is asked is put together here as `lib.team.guide_request` does it. The tests
of the guides walk with it too.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import ModuleType

from lib.guide.port import Guide, GuideError, Proposal, Request
from lib.team.edits import furthest
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, Role

#: Said, once each, while a draft lacks something after everything else was said.
LAST_WORDS = (
    "We have told you all we know: please fill in what is missing from what we said.",
    "Yes, that is right.",
)


@dataclass
class Walked:
    """One step, walked."""

    step: str
    #: Artifacts of the steps it is made from, by slug.
    upstream: Mapping[str, Fields] = field(default_factory=dict)
    challenge: str = ""
    team: str = ""
    language: str = "en"
    draft: Fields = field(default_factory=dict)
    phase: Phase = Phase.ORIENT
    transcript: list[Message] = field(default_factory=list)
    #: The phase each reply came to.
    phases: list[Phase] = field(default_factory=list)
    #: What came with the replies, as it came.
    proposals: list[Proposal] = field(default_factory=list)
    #: What the guide said where it could not answer.
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def said(self, role: Role) -> list[str]:
        """Return what the team, or the guide, said."""
        return [each.text for each in self.transcript if each.role is role]

    def note(
        self, role: Role, text: str, author: str = "", proposal: Proposal | None = None
    ) -> None:
        """Add a message, and to the guide's what it proposed with it."""
        place = len(self.transcript) + 1
        name = author or (self.team if role is Role.USER else "Guide")
        at = datetime(2026, 1, 1, tzinfo=UTC)
        message = Message(f"m{place}", role, name, text, at, position=place)
        if proposal:
            message = replace(
                message, suggestions=proposal.suggestions, read_back=proposal.read_back
            )
        self.transcript.append(message)

    def request(self) -> Request:
        """Return what a guide is asked now."""
        return Request(
            self.step,
            self.phase,
            tuple(self.transcript),
            self.draft,
            self.upstream,
            self.challenge,
            self.team,
            language=self.language,
        )

    def take(self, guide: Guide) -> str:
        """Have the guide answer and return what it says; where it cannot, that is noted."""
        began, chunks = time.monotonic(), []
        proposal = None
        try:
            for piece in guide.reply(self.request()):
                if isinstance(piece, Proposal):
                    proposal = piece
                    self.proposals.append(piece)
                    self.draft, self.phase = piece.draft, furthest(self.phase, piece.phase)
                else:
                    chunks.append(piece)
        except GuideError as exc:
            self.failures.append(str(exc))
        self.seconds += time.monotonic() - began
        if text := "".join(chunks):
            self.note(Role.ASSISTANT, text, proposal=proposal)
            self.phases.append(self.phase)
        return text


def walk(guide: Guide, workshop: ModuleType) -> dict[str, Walked]:
    """Walk all ten steps of a recorded workshop; what each came to feeds those after it."""
    done: dict[str, Walked] = {}
    for step in steps.STEPS:
        upstream = {slug: done[slug].draft for slug in step.feeds_from if done[slug].draft}
        walked = Walked(step.slug, upstream, workshop.CHALLENGE, workshop.TEAM)
        walked.take(guide)
        for text in workshop.MESSAGES[step.slug]:
            walked.note(Role.USER, text)
            walked.take(guide)
        for text in LAST_WORDS:
            if criteria.missing(step.slug, walked.draft, upstream):
                walked.note(Role.USER, text)
                walked.take(guide)
        done[step.slug] = walked
    return done
