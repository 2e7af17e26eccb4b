"""What a reply proposes for a draft, and what it changed there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from lib.workshop.fields import changed
from lib.workshop.read_back import ReadBack
from lib.workshop.records import Aside, Draft, Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Message


@dataclass(frozen=True)
class LastWord(Message):
    """A whole reply that is not known to be stored, and what it proposes for the draft."""

    #: The draft the guide was given.
    base: Draft = field(default_factory=Draft)
    proposed: Fields = field(default_factory=dict)
    phase: Phase = Phase.ORIENT
    #: What the guide says it took and offers. What of that is true is decided when it is stored.
    claimed: ReadBack = field(default_factory=ReadBack)
    #: The team's messages it answers.
    questions: Sequence[Message] = ()

    @classmethod
    def of(cls, reply: Message, base: Draft, proposed: Fields, phase: Phase) -> "LastWord":
        """Return *reply* with what it proposes."""
        held = {each.name: getattr(reply, each.name) for each in fields(reply)}
        return cls(**held, base=base, proposed=proposed, phase=phase)

    def alone(self) -> Message:
        """Return the reply as it is stored and read back."""
        return Message(**{each.name: getattr(self, each.name) for each in fields(Message)})


@dataclass(frozen=True)
class Outcome:
    """What a whole reply does to its step, stored with it or not at all."""

    #: The draft with what was proposed, made from the stored one; None where it stays as it is.
    draft: Draft | None = None
    #: What that changed, so that it can be taken back.
    update: "Update | None" = None
    #: What is set beside the draft.
    asides: Sequence[Aside] = ()
    #: What the reply took and offers, as far as it is true of the draft that is stored with it.
    read_back: ReadBack | None = None


@dataclass(frozen=True)
class Update:
    """The fields of a draft that a reply changed, as they were before and after it."""

    #: Id of the reply.
    reply: str
    before: Draft
    after: Draft

    @classmethod
    def between(cls, reply: str, before: Draft, after: Draft) -> "Update":
        """Return what *reply* changed from *before* to *after*, and nothing that it left alone."""
        names = changed(before.fields, after.fields)
        return cls(reply, *(_only(names, draft, after.epoch) for draft in (before, after)))

    def phase_without(self, current: Draft) -> Phase:
        """Return the phase before the reply, where it is as the reply left it."""
        is_as_left = current.epoch == self.after.epoch and current.phase is self.after.phase
        return self.before.phase if is_as_left else current.phase


def _only(names: Sequence[str], draft: Draft, epoch: int) -> Draft:
    held = {name: draft.fields[name] for name in names if name in draft.fields}
    return Draft(held, draft.phase, epoch=epoch)
