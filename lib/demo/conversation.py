"""The conversation of one act: the members' scripted messages and the guide's answers."""

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
    """The messages of an act, and the proposal of the guide's last complete reply."""

    messages: Sequence[Message]
    proposal: Proposal

    @property
    def last_whole(self) -> str:
        """The id of the reply that came with the proposal."""
        replies = (each for each in reversed(self.messages) if each.role is Role.ASSISTANT)
        return next(each.id for each in replies if each.status is MessageStatus.COMPLETE)

    @property
    def begun(self) -> list[Message]:
        """The messages, with the reply that has the proposal still unfinished."""
        return [
            replace(each, status=MessageStatus.STREAMING) if each.id == self.last_whole else each
            for each in self.messages
        ]

    def ended(self, placed: Mapping[str, Message]) -> Message:
        """Return the complete reply that has the proposal, at its *placed* position."""
        reply = placed[self.last_whole]
        return reply.revised(reply.text, MessageStatus.COMPLETE, reply.suggestions)


def talk(key: StepKey, act: Act, begin: datetime, request: Request) -> Talk:
    """
    Return the conversation of *act*, if the afternoon begins at *begin*.

    *request* is what the guide knows before it; it greets if the transcript is empty.
    """
    messages: list[Message] = []
    proposal = Proposal(request.draft, request.phase)
    earlier = list(request.transcript)
    if not earlier:
        at = begin + timedelta(minutes=act.begins)
        greeting, proposal = _reply(request, greeting_id(*key), at)
        messages.append(greeting)
    for place, ((author, text), minute) in enumerate(zip(act.says, act.minutes(), strict=True), 1):
        at = begin + timedelta(minutes=minute)
        messages.append(Message(new_id(), Role.USER, author, text, at))
        asked = replace(
            request,
            transcript=(*earlier, *messages),
            draft=proposal.draft,
            phase=proposal.phase,
        )
        reply, proposed = _reply(asked, reply_id(messages[-1].id), at + timedelta(seconds=2))
        if act.end == "cut" and place == len(act.says):
            messages.append(_broken_off(reply))
        else:
            messages.append(reply)
            proposal = proposed
    return Talk(messages, proposal)


def _reply(request: Request, id_: str, at: datetime) -> tuple[Message, Proposal]:
    *chunks, proposal = _GUIDE.reply(request)
    assert isinstance(proposal, Proposal)
    text = "".join(map(str, chunks))
    at += timedelta(seconds=len(text) / _PACE)
    message = Message(id_, Role.ASSISTANT, _GUIDE.name, text, at, suggestions=proposal.suggestions)
    # The next message may accept an offer of this reply.
    return replace(message, read_back=proposal.read_back), proposal


def _broken_off(reply: Message) -> Message:
    """Return a reply as if its writer was interrupted in mid-sentence."""
    text = reply.text[: len(reply.text) // 2].rpartition(" ")[0]
    return replace(
        reply, text=text, status=MessageStatus.INTERRUPTED, suggestions=(), read_back=None
    )
