"""
What a tab's box has sent: taken in by the page it was sent from, or by whichever page comes next.

A message sent in the moment a page is left arrives with the run of the next page; so both the
step's own page and the opening of every other one ask here. Where the browser drops it on the way,
or is closed, the box delivers it by a request of its own: see `deliver`. Whichever way it comes, and
however often, it is stored once, by its id.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from lib.access.token_bucket import Buckets, Rate
from lib.store import permits
from lib.store.port import Closed
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.workshop import steps
from lib.workshop.clock import utc_now
from lib.workshop.ids import is_id
from lib.workshop.records import StepKey, Team
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import Action
from lib.workshop.transcript import Message, Role, TextRefused, accept, as_name

#: Messages a team may send: far more than people write, and less than a program could.
RATE = Rate(burst=300, per_second=5)

#: Shown when a team sends more; what is not stored yet stays in its box, which sends it again.
TOO_MANY = "Your team is sending messages faster than they can be saved. The rest will be sent in a moment."

_sending = Buckets(RATE)


class Sent(NamedTuple):
    """A message as it came from a browser: the id it was given there, and its text."""

    id: str
    text: str


def box_key(copy: WorkingCopy, step: str) -> str:
    """Return the name of the box a step's messages are typed into."""
    return f"chat-box/{copy.team.id}/{step}"


def receive(
    process: Process, copy: WorkingCopy, step: str, state: Mapping[str, Any], member: str
) -> bool:
    """
    Store what the box of *step* has sent, and have it answered; return whether there was any.

    *state* is what the box sent with this rerun, *member* the name of the person at it.

    What is refused, by the store in the transaction that would have stored it, goes back into the
    box with a sentence. Raises AccessRefused where the team's link opens it no more, StoreError; then
    everything stays in the box's outbox, which sends it again.
    """
    sent = parsed(state.get("outbox"))
    settled = copy.acknowledged.setdefault(step, set())
    settled.intersection_update(each.id for each in sent)
    copy.refused = {id_: why for id_, why in copy.refused.items() if id_ in settled}
    fresh: list[Sent] = [each for each in sent if each.id not in settled]
    author = member or copy.team.name
    accepted = [message for each in fresh if (message := _accepted(copy, each, settled, author))]
    messages = _within_rate(copy.team, accepted)
    copy.is_over_rate = len(messages) < len(accepted)
    if not messages:
        return False
    try:
        _ask(process, copy.permit(Action.SAY, step), messages)
    except Closed as exc:
        return _each_alone(process, copy, step, messages, str(exc))
    settled.update(message.id for message in messages)
    return True


def _ask(process: Process, permit: TeamPermit, messages: Sequence[Message]) -> None:
    with permits.held(permit):
        process.replies.ask(StepKey(*permit.team, permit.step), messages)


def _each_alone(
    process: Process, copy: WorkingCopy, step: str, messages: Sequence[Message], why: str
) -> bool:
    """Send back what the step takes no more; what was stored before it closed is not sent back."""
    settled, taken = copy.acknowledged[step], False
    for message in messages:
        try:
            if len(messages) > 1:
                _ask(process, copy.permit(Action.SAY, step), [message])
                settled.add(message.id)
                taken = True
                continue
        except Closed as exc:
            why = str(exc)
        _send_back(copy, settled, [Sent(message.id, message.text)], why)
    return taken


def deliver(process: Process, team: Team, step: str, member: str, entries: Any) -> None:
    """
    Store what a box had not been told to be stored when its page was left, and have it answered.

    What is refused stays in the box. Raises KeyError for no step of ours, AccessRefused where the
    team's link opens it no more, Closed where the step takes no messages, StoreError.
    """
    if step not in steps.SLUGS:
        raise KeyError(step)
    author = as_name(member) or team.name
    fitting = [_message(each.id, text, author) for each in parsed(entries) if (text := _fit(each))]
    messages = _within_rate(team, fitting)
    if messages:
        _ask(process, TeamPermit(Action.SAY, team.key, team.link, step), messages)


def _within_rate(team: Team, messages: Sequence[Message]) -> list[Message]:
    """Return those of *messages* that a team may send now, oldest first."""
    return list(takewhile(lambda _: not _sending.take(team.key), messages))


def _fit(sent: Sent) -> str:
    try:
        return accept(sent.text)
    except TextRefused:
        return ""


def _message(id_: str, text: str, author: str) -> Message:
    return Message(id_, Role.USER, author, text, utc_now())


def parsed(entries: Any) -> list[Sent]:
    """
    Return the messages in an outbox, oldest first.

    Comes from a browser: anything that is not a list of ids and texts is passed over.
    """
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return []
    return [sent for entry in entries if (sent := _sent(entry))]


def _sent(entry: Any) -> Sent | None:
    try:
        sent = Sent(entry["id"], entry["text"])
    except (TypeError, KeyError):
        return None
    return sent if isinstance(sent.text, str) and is_id(sent.id) else None


def _accepted(copy: WorkingCopy, sent: Sent, settled: set[str], author: str) -> Message | None:
    """Return the message to store; None, with the text back in the box, where it is refused."""
    try:
        text = accept(sent.text)
    except TextRefused as exc:
        _send_back(copy, settled, [sent], str(exc))
        return None
    return _message(sent.id, text, author)


def _send_back(copy: WorkingCopy, settled: set[str], sent: Sequence[Sent], why: str) -> None:
    settled.update(each.id for each in sent)
    copy.refused.update({each.id: why for each in sent})
