"""
What a tab's box has sent: taken in by the page it was sent from, or by whichever page comes next.

A message sent in the moment a page is left arrives with the run of the next page; so both the
step's own page and the opening of every other one ask here. Where the browser drops it on the way,
or is closed, the box delivers it by a request of its own: see `deliver`. Whichever way it comes, and
however often, it is stored once, by its id.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lib import access, steps, working_copy
from lib.access import Action
from lib.ids import is_id
from lib.process import Process
from lib.replies import utc_now
from lib.status import is_read_only
from lib.team_copy import WorkingCopy
from lib.transcript import Message, Role, TextRefused, accept, as_name
from lib.workshop import Team


class Sent(NamedTuple):
    """A message as it came from a browser: the id it was given there, and its text."""

    id: str
    text: str


def box_key(copy: WorkingCopy, step: str) -> str:
    """Return the name of the box a step's messages are typed into."""
    return f"chat-box/{copy.team.id}/{step}"


def take_in(process: Process, copy: WorkingCopy, step: str) -> bool:
    """
    Store what the box of *step* has sent, and have it answered; return whether there was any.

    What is refused goes back into the box with a sentence. Raises StoreError, and then everything
    stays in the box's outbox, which sends it again.
    """
    sent = parsed(working_copy.component_state(box_key(copy, step)).get("outbox"))
    settled = copy.settled.setdefault(step, set())
    settled.intersection_update(each.id for each in sent)
    copy.refused = {id_: why for id_, why in copy.refused.items() if id_ in settled}
    fresh: list[Sent] = [each for each in sent if each.id not in settled]
    if is_read_only(copy.states[step].status):
        _send_back(copy, settled, fresh, "This step is complete: nothing can be added to it.")
        return False
    if closed := copy.closed_because(step):
        _send_back(copy, settled, fresh, closed)
        return False
    messages = [message for each in fresh if (message := _accepted(copy, each, settled))]
    if messages:
        copy.ask(Action.SAY, copy.key(step))
        process.replies.ask(copy.key(step), messages)
        settled.update(message.id for message in messages)
    return bool(messages)


def deliver(process: Process, team: Team, step: str, member: str, entries: Any) -> None:
    """
    Store what a box had not been told to be stored when its page was left, and have it answered.

    What is refused, or comes for a step that takes none, stays in the box. Raises StoreError.
    """
    if step not in steps.SLUGS or is_read_only(process.store.steps(team.key)[step].status):
        return
    if process.store.briefing(team.key).closed_because(step):
        return
    author = as_name(member) or team.name
    messages = [_message(each.id, text, author) for each in parsed(entries) if (text := _fit(each))]
    if messages:
        access.as_team(team.key, Action.SAY)
        process.replies.ask(team.step_key(step), messages)


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


def _accepted(copy: WorkingCopy, sent: Sent, settled: set[str]) -> Message | None:
    """Return the message to store; None, with the text back in the box, where it is refused."""
    try:
        text = accept(sent.text)
    except TextRefused as exc:
        _send_back(copy, settled, [sent], str(exc))
        return None
    return _message(sent.id, text, working_copy.member() or copy.team.name)


def _send_back(copy: WorkingCopy, settled: set[str], sent: Sequence[Sent], why: str) -> None:
    settled.update(each.id for each in sent)
    copy.refused.update({each.id: why for each in sent})
