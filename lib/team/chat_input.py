"""
Receives the messages of the chat box, each stored once by its id.

A message sent while its page is being left arrives with the next page's run, so every page calls
`receive`. If the browser drops it or is closed, the box sends it by a separate request: see
`deliver`.
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
    """Return the key of a step's chat box."""
    return f"chat-box/{copy.team.id}/{step}"


def receive(
    process: Process, copy: WorkingCopy, step: str, state: Mapping[str, Any], member: str
) -> bool:
    """
    Store the new messages of *step*'s box and have them answered; return whether there were any.

    *state* is what the box sent with this rerun, *member* the name of the person at it. A refused
    message goes back into the box with the reason. Raises AccessRefused if the team's link no longer
    opens it, StoreError; the box then keeps everything and sends it again.
    """
    sent = parsed(state.get("outbox"))
    handled = copy.acknowledged.setdefault(step, set())
    handled.intersection_update(each.id for each in sent)
    copy.refused = {id_: why for id_, why in copy.refused.items() if id_ in handled}
    fresh: list[Sent] = [each for each in sent if each.id not in handled]
    author = member or copy.team.name
    accepted = [message for each in fresh if (message := _accepted(copy, each, handled, author))]
    messages = _within_rate(copy.team, accepted)
    copy.is_over_rate = len(messages) < len(accepted)
    if not messages:
        return False
    try:
        _ask(process, copy.permit(Action.SAY, step), messages)
    except Closed as exc:
        return _each_alone(process, copy, step, messages, str(exc))
    handled.update(message.id for message in messages)
    return True


def _ask(process: Process, permit: TeamPermit, messages: Sequence[Message]) -> None:
    with permits.held(permit):
        process.replies.ask(StepKey(*permit.team, permit.step), messages)


def _each_alone(
    process: Process, copy: WorkingCopy, step: str, messages: Sequence[Message], why: str
) -> bool:
    """Send back the messages a closed step rejects, but not those stored before it closed."""
    handled, is_stored = copy.acknowledged[step], False
    for message in messages:
        try:
            if len(messages) > 1:
                _ask(process, copy.permit(Action.SAY, step), [message])
                handled.add(message.id)
                is_stored = True
                continue
        except Closed as exc:
            why = str(exc)
        _send_back(copy, handled, [Sent(message.id, message.text)], why)
    return is_stored


def deliver(process: Process, team: Team, step: str, member: str, entries: Any) -> None:
    """
    Store the messages a box had no acknowledgement for when its page was left; have them answered.

    Refused messages stay in the box. Raises KeyError for an unknown step, AccessRefused if the team's
    link no longer opens it, Closed if the step accepts no messages, StoreError.
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

    Untrusted input: anything but ids and texts is skipped.
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


def _accepted(copy: WorkingCopy, sent: Sent, handled: set[str], author: str) -> Message | None:
    """Return the message to store; if it is refused, send it back and return None."""
    try:
        text = accept(sent.text)
    except TextRefused as exc:
        _send_back(copy, handled, [sent], str(exc))
        return None
    return _message(sent.id, text, author)


def _send_back(copy: WorkingCopy, handled: set[str], sent: Sequence[Sent], why: str) -> None:
    handled.update(each.id for each in sent)
    copy.refused.update({each.id: why for each in sent})
