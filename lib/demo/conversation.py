"""One act of the demo as it is talked: people's messages as written down, the guide's answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.demo.story import Act
from lib.guide.port import Proposal, Request
from lib.guide.scripted import ScriptedGuide
from lib.workshop.ids import greeting_id, new_id, reply_id
from lib.workshop.records import StepKey
from lib.workshop.transcript import Message, MessageStatus, Role

_GUIDE = ScriptedGuide(pace=0)

#: Characters the guide writes in a second.
_PACE = 60


@dataclass(frozen=True)
class Talk:
    """What was said in an act, and what the guide last proposed with a whole reply."""

    messages: Sequence[Message]
    proposal: Proposal

    @property
    def last_whole(self) -> str:
        """The id of the reply that came with the proposal."""
        replies = (each for each in reversed(self.messages) if each.role is Role.ASSISTANT)
        return next(each.id for each in replies if each.status is MessageStatus.COMPLETE)

    @property
    def begun(self) -> list[Message]:
        """What was said, with the reply that came with the proposal not ended yet."""
        return [
            replace(each, status=MessageStatus.STREAMING) if each.id == self.last_whole else each
            for each in self.messages
        ]

    def ended(self, placed: Mapping[str, Message]) -> Message:
        """Return the reply that came with the proposal as it ends, where it was *placed*."""
        reply = placed[self.last_whole]
        return reply.revised(reply.text, MessageStatus.COMPLETE, reply.suggestions)


def talk(key: StepKey, act: Act, begin: datetime, request: Request) -> Talk:
    """
    Return what is said in *act* when the afternoon begins at *begin*.

    *request* is what the guide knows before it: with an empty transcript it greets first.
    """
    said: list[Message] = []
    proposal = Proposal(request.draft, request.phase)
    earlier = list(request.transcript)
    if not earlier:
        at = begin + timedelta(minutes=act.begins)
        greeting, proposal = _reply(request, greeting_id(*key), at)
        said.append(greeting)
    for place, ((author, text), minute) in enumerate(zip(act.says, act.minutes(), strict=True), 1):
        at = begin + timedelta(minutes=minute)
        said.append(Message(new_id(), Role.USER, author, text, at))
        asked = replace(
            request,
            transcript=(*earlier, *said),
            draft=proposal.draft,
            phase=proposal.phase,
        )
        reply, proposed = _reply(asked, reply_id(said[-1].id), at + timedelta(seconds=2))
        if act.end == "cut" and place == len(act.says):
            said.append(_broken_off(reply))
        else:
            said.append(reply)
            proposal = proposed
    return Talk(said, proposal)


def _reply(request: Request, id_: str, at: datetime) -> tuple[Message, Proposal]:
    *chunks, proposal = _GUIDE.reply(request)
    assert isinstance(proposal, Proposal)
    text = "".join(map(str, chunks))
    at += timedelta(seconds=len(text) / _PACE)
    message = Message(id_, Role.ASSISTANT, _GUIDE.name, text, at, suggestions=proposal.suggestions)
    return message, proposal


def _broken_off(reply: Message) -> Message:
    """Return a reply as its writer left it in the middle of a sentence."""
    text = reply.text[: len(reply.text) // 2].rpartition(" ")[0]
    return replace(reply, text=text, status=MessageStatus.INTERRUPTED, suggestions=())
