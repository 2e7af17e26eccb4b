"""What comes of a model's answer: the draft, the offers, and what the code says about both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from lib.guide.openai_compatible import sentences
from lib.guide.openai_compatible.editing import Setting
from lib.guide.openai_compatible.parsing import Structured, Unreadable, read
from lib.guide.openai_compatible.patching import patched
from lib.guide.openai_compatible.quotes import Sources
from lib.guide.port import Request
from lib.workshop.artifacts import lines
from lib.workshop.artifacts.criteria.gap import titles
from lib.workshop.artifacts.models import MODELS
from lib.workshop.read_back import DoesNotFit, Offer, ReadBack, applied
from lib.workshop.records import Fields
from lib.workshop.transcript import Role, unanswered


@dataclass(frozen=True)
class Outcome:
    """What comes of an answer."""

    fields: Fields
    offers: tuple[Offer, ...] = ()
    #: What could not be used, for the model.
    problems: tuple[str, ...] = ()
    #: The titles of the fields that is about; empty if the structured part as a whole is no good.
    refused: tuple[str, ...] = ()
    #: Sentences for the team about quotes that were left out.
    notes: tuple[str, ...] = ()

    def read_back(self, request: Request) -> ReadBack:
        """Return what is stored with the reply, so that the team can press it."""
        if request.is_redraft:
            return ReadBack()
        answered = unanswered(request.transcript)
        taken = lines.between(request.step, request.draft, self.fields, answered)
        return ReadBack(taken, self.offers)

    def says(self, request: Request) -> list[str]:
        """Return what the team has to know about it, in the workshop's language."""
        if not any(each.role is Role.USER for each in request.transcript):
            return []
        said = list(self.notes)
        if self.refused:
            fields = ", ".join(self.refused)
            said.insert(0, sentences.say(request.language, "refused", fields=fields))
        elif self.problems and self.fields == request.draft and not self.offers:
            said.insert(0, sentences.say(request.language, "unchanged"))
        if self.offers:
            said.append(sentences.say(request.language, "pending"))
        return said


def understood(parts: Sequence[str]) -> Structured:
    """Return what the first of *parts* that can be read proposes; else a problem for the model."""
    reason = "it was missing"
    for part in parts:
        try:
            return read(part)
        except Unreadable as exc:
            reason = str(exc)
    return Structured(problems=(f"The reason: {reason}.",))


def outcome(
    request: Request,
    attempts: Sequence[Structured],
    shortened: Collection[str] = (),
    reply: str = "",
) -> Outcome:
    """
    Return what comes of the *attempts* of one answer: the first, and its correction if there is one.

    *reply* is the text of the answer, in which the guide may have played a person.
    """
    sources = Sources(request, reply)
    setting = Setting(request.step, request.language, shortened, sources)
    found = Outcome(request.draft)
    for attempt in attempts:
        new = patched(found.fields, attempt, setting)
        settled = {titles(request.step, (name,)) for name in _touched(request.step, attempt)}
        refused = [each for each in found.refused if each not in settled]
        is_corrected = bool(settled) or not found.problems or not attempt.problems
        found = Outcome(
            new.fields,
            tuple({repr(each.operations): each for each in (*found.offers, *new.offers)}.values()),
            new.problems if is_corrected else found.problems,
            tuple(dict.fromkeys([*refused, *new.refused])),
        )
    fields = _with_offers(found) if request.is_redraft else found.fields
    offers = () if request.is_redraft else tuple(filter(partial(_fits, fields), found.offers))
    return Outcome(fields, offers, found.problems, found.refused, tuple(sources.notes()))


def _touched(step: str, attempt: Structured) -> set[str]:
    names = {str(line.at[0]) for line in attempt.lines} | {str(name) for name in attempt.draft}
    return names & MODELS[step].model_fields.keys()


def _fits(fields: Fields, offer: Offer) -> bool:
    """Whether an offer still fits after a correction added more."""
    try:
        applied(fields, offer.operations)
    except DoesNotFit:
        return False
    return True


def _with_offers(found: Outcome) -> Fields:
    """Return the draft with every offer accepted: a redraft is shown beside the draft."""
    fields = found.fields
    for offer in found.offers:
        if _fits(fields, offer):
            fields = applied(fields, offer.operations)
    return fields
