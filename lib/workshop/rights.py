"""
Whether a write may be done now: the one decision, made from what is stored at that moment.

A permit says what somebody wants to do and what they show for it; facts are what the store holds in
the transaction of the write. Pure: `lib.store` reads the facts and asks here before it writes, and
pages ask the same function to draw only what would be accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from lib.workshop import roles
from lib.workshop.agenda import Agenda
from lib.workshop.records import TeamKey
from lib.workshop.roles import REFUSED, Action, Actor, Role, Scope
from lib.workshop.status import Status

#: Why a step or a whole workshop accepts no change, in the team's words.
HELD = (
    "Your facilitator is holding this step. Nothing in it is lost, and you can read it; "
    "it opens again by itself."
)
ARCHIVED = "This workshop is archived: you can read everything but change nothing."
DELETED = "This workshop was deleted. It can no longer be changed."
COMPLETE = "This step is complete and takes no more changes."
LOCKED = "This step is not open yet."

#: Shown for a link that is malformed, unknown, replaced or revoked: which one is never said.
NO_TEAM = (
    "This link does not open a team. Check that you copied all of it, or ask your facilitator "
    "for a new one."
)


class Need(Enum):
    """A state a write depends on, beside the right to do it."""

    #: The workshop was not deleted.
    KEPT = auto()
    #: The workshop is neither archived nor deleted.
    LIVE = auto()
    #: The facilitator does not hold the step.
    NOT_HELD = auto()
    #: The step takes messages: it was begun, and it is not complete.
    OPEN = auto()


_LIVE = (Need.LIVE,)
_STEP = (Need.LIVE, Need.NOT_HELD)
_OPEN = (Need.LIVE, Need.NOT_HELD, Need.OPEN)

#: Every action that changes something, and the states it depends on. What else the status of a step
#: allows, `lib.workshop.status.TRANSITIONS` says.
NEEDS: Mapping[Action, tuple[Need, ...]] = {
    Action.START_WORKSHOP: (),
    Action.OPEN_DEMO: (),
    Action.CHOOSE_GUIDE: (),
    Action.OVERRIDE: _LIVE,
    # What must not stand there must not stand in an archive either.
    Action.REDACT: (),
    Action.RUN_AGENDA: _LIVE,
    Action.HOLD_STEPS: _LIVE,
    Action.SEND_NOTICE: _LIVE,
    Action.ANSWER_FLAG: _LIVE,
    Action.CHANGE_LINKS: _LIVE,
    Action.SHARE: _LIVE,
    # Copying reads the workshop, and writes another one.
    Action.DUPLICATE: (),
    Action.ARCHIVE: (Need.KEPT,),
    Action.DELETE: (),
    # Starts a step that was held when the one before it was completed.
    Action.OPEN_STEP: _STEP,
    Action.SAY: _OPEN,
    # Text typed while somebody completed the step is kept beside the draft: see `lib.team.drafts`.
    Action.TYPE: _LIVE,
    # A reply that runs while its step is held may be stopped.
    Action.STOP_REPLY: (Need.LIVE, Need.OPEN),
    Action.RETRY_REPLY: _OPEN,
    Action.UNDO_UPDATE: _OPEN,
    Action.RESTORE_DRAFT: _OPEN,
    Action.USE_ASIDE: _OPEN,
    Action.SETTLE_ASIDE: _STEP,
    Action.CONFIRM: _STEP,
    Action.KEEP: _STEP,
    Action.REGENERATE: _STEP,
    Action.REOPEN: _STEP,
    Action.UNDO: _STEP,
    Action.RAISE_FLAG: _LIVE,
    Action.CLOSE_NOTICE: _LIVE,
}


@dataclass(frozen=True)
class TeamPermit:
    """Something a team, or the guide for it, wants to do in its workshop."""

    action: Action
    team: TeamKey
    #: The link somebody holds; None for the guide, who answers whoever asked.
    link: str | None
    #: Empty for what concerns no single step.
    step: str = ""


@dataclass(frozen=True)
class FacilitatorPermit:
    """Something a facilitator wants to do."""

    action: Action
    #: Empty for what concerns no single workshop.
    workshop_id: str
    #: Who they were when their page asked.
    actor: Actor
    #: The digest of the pass that makes them the house's facilitator; empty where no pass does.
    pass_digest: str = ""


Permit = TeamPermit | FacilitatorPermit


@dataclass(frozen=True)
class Facts:
    """What the store holds, at one moment, of all that may end a right."""

    archived_at: datetime | None = None
    #: When a deleted workshop is erased.
    erase_at: datetime | None = None
    #: The last step that is open to the teams; empty where all are.
    open_until: str = ""
    #: The link that opens the team now; empty where it was revoked.
    link: str = ""
    #: The status of the permit's step; None where it concerns no single one.
    status: Status | None = None
    #: The generation of that step's transcript.
    era: int = 0
    #: Whose workshop it is; empty for the house's.
    owner: str = ""
    #: The role the permit's address was given in the workshop.
    granted: Role | None = None
    #: Whether the permit's pass is still kept.
    holds_pass: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a write is not accepted: a sentence for the person who asked."""

    sentence: str
    #: Whether they have no right to it at all, whatever state the step is in.
    no_right: bool = False


def refusal(permit: Permit, facts: Facts | None) -> Refusal | None:
    """
    Return why a write is not accepted now; None where it is.

    *facts* is None where the workshop or the team does not exist, or was erased.

    >>> permit = TeamPermit(Action.SAY, TeamKey("w", "t"), "a-link", "challenge")
    >>> refusal(permit, Facts(link="a-link", status=Status.IN_PROGRESS)) is None
    True
    >>> refusal(permit, Facts(link="another", status=Status.IN_PROGRESS)).no_right
    True
    >>> refusal(permit, Facts(link="a-link", status=Status.COMPLETE)).sentence
    'This step is complete and takes no more changes.'
    """
    if facts is None or not _has_right(permit, facts):
        sentence = NO_TEAM if isinstance(permit, TeamPermit) else REFUSED
        return Refusal(sentence, no_right=True)
    step = permit.step if isinstance(permit, TeamPermit) else ""
    sentence = closed_because(facts, step, NEEDS[permit.action])
    return Refusal(sentence) if sentence else None


def _has_right(permit: Permit, facts: Facts) -> bool:
    if isinstance(permit, TeamPermit):
        is_theirs = permit.link is None or (bool(facts.link) and permit.link == facts.link)
        return is_theirs and permit.action in roles.ALLOWED[Role.MEMBER]
    actor, grants = permit.actor, {}
    if permit.pass_digest:
        actor = replace(actor, is_house=facts.holds_pass)
    if actor.email and facts.granted:
        grants = {actor.email: facts.granted}
    return roles.may(actor, permit.action, Scope(permit.workshop_id, facts.owner, grants))


def closed_because(facts: Facts, step: str, needs: tuple[Need, ...]) -> str:
    """Return the sentence why a step or workshop is not as a write *needs* it; empty where it is."""
    if facts.erase_at is not None and (Need.LIVE in needs or Need.KEPT in needs):
        return DELETED
    if facts.archived_at is not None and Need.LIVE in needs:
        return ARCHIVED
    if Need.NOT_HELD in needs and step and Agenda(open_until=facts.open_until).holds(step):
        return HELD
    if Need.OPEN in needs and facts.status is Status.COMPLETE:
        return COMPLETE
    return LOCKED if Need.OPEN in needs and facts.status is Status.NOT_STARTED else ""
