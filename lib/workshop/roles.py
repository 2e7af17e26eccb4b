"""
Who may do what: one table of roles and actions, and the one question everybody asks it.

    AccessRefused         nobody is let in by this; its text is a sentence for the person

Pure: who somebody is comes from `lib.access.links` and `lib.access.facilitators`, what exists from the store.
Asked by the store's callers (pages, their buttons, downloads, the server's routes) before each read
and each write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lib.workshop.records import TeamKey

#: What is said to whoever asks for what is not theirs, or is not there: which of the two, nobody
#: is told.
REFUSED = (
    "There is nothing here that you have access to. Check that you copied the whole address, or ask "
    "your facilitator for it."
)


class AccessRefused(Exception):
    """This does not open anything. Its text is a sentence that gives nothing away."""


class TooManyAttempts(AccessRefused):
    """Too many wrong ones came from there: somebody has to wait."""


class Role(StrEnum):
    """What somebody is in a workshop, or in the house."""

    #: Whose workshop it is; in the house, whoever may start workshops.
    FACILITATOR = "facilitator"
    #: Runs a workshop with its owner; gives nobody rights and takes nothing away.
    CO_FACILITATOR = "co_facilitator"
    #: Reads everything of a workshop but its ways in, and changes nothing.
    OBSERVER = "observer"
    #: Holds the link of the team in question.
    MEMBER = "member"
    #: Was let into somebody's workshop, seen from the house.
    GUEST = "guest"
    NOBODY = "nobody"


class Action(StrEnum):
    """Every read and every write the app has."""

    # Of the house
    LIST_WORKSHOPS = "list workshops"
    START_WORKSHOP = "start a workshop"
    OPEN_DEMO = "open the demo"
    CHOOSE_GUIDE = "choose the guide of this machine"

    # Reading a workshop
    #: The table of teams and steps, its charts and its headline.
    SEE_TABLE = "see the table"
    #: Any team's transcript, draft, versions and archive.
    READ_STEPS = "read any team's steps"
    SEARCH = "search across teams"
    READ_STORY = "read what has happened"
    READ_USAGE = "read what the model has used"
    DOWNLOAD = "download a table or a transcript"
    #: Links and codes are keys: whoever sees one can write as the team.
    SEE_LINKS = "see the ways in"

    # Running a workshop
    OVERRIDE = "complete a step with gaps"
    REDACT = "redact a message and its traces"
    RUN_AGENDA = "plan, start, pause and prolong"
    HOLD_STEPS = "open and hold steps"
    SEND_NOTICE = "write to teams"
    ANSWER_FLAG = "answer a flag, nudge a team"

    # Ways in, and the workshop itself
    CHANGE_LINKS = "rotate and revoke links, make codes"
    SHARE = "give and take rights"
    DUPLICATE = "duplicate a workshop"
    ARCHIVE = "archive a workshop"
    DELETE = "delete a workshop"

    # A team's own steps
    OPEN_STEP = "open a step"
    READ_ROOM = "read the timer, notices and which steps are held"
    SAY = "send a message"
    TYPE = "type into a draft or the box"
    STOP_REPLY = "stop a reply"
    RETRY_REPLY = "have a reply written again"
    UNDO_UPDATE = "settle or undo what a reply took"
    RESTORE_DRAFT = "restore an earlier draft"
    USE_ASIDE = "put what was set aside into the draft"
    SETTLE_ASIDE = "discard what was set aside"
    CONFIRM = "confirm a step"
    KEEP = "keep a stale artifact"
    REGENERATE = "make a stale artifact anew"
    REOPEN = "revise, restore or reset a step"
    UNDO = "undo a reopening"
    RAISE_FLAG = "say that the team is stuck, or is not any more"
    CLOSE_NOTICE = "close what the facilitator wrote"


_HOUSE = {
    Action.LIST_WORKSHOPS,
    Action.START_WORKSHOP,
    Action.OPEN_DEMO,
    Action.CHOOSE_GUIDE,
}
_READING = {
    Action.SEE_TABLE,
    Action.READ_STEPS,
    Action.SEARCH,
    Action.READ_STORY,
    Action.READ_USAGE,
    Action.DOWNLOAD,
}
_RUNNING = {
    Action.SEE_LINKS,
    Action.OVERRIDE,
    Action.REDACT,
    Action.RUN_AGENDA,
    Action.HOLD_STEPS,
    Action.SEND_NOTICE,
    Action.ANSWER_FLAG,
    Action.CHANGE_LINKS,
}
_OWNING = {Action.SHARE, Action.DUPLICATE, Action.ARCHIVE, Action.DELETE}
_WALKING = frozenset(Action) - _HOUSE - _READING - _RUNNING - _OWNING

#: The table. Only who holds a team's link acts as the team: a facilitator who does holds it too.
ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.FACILITATOR: frozenset(_HOUSE | _READING | _RUNNING | _OWNING),
    Role.CO_FACILITATOR: frozenset(_READING | _RUNNING),
    Role.OBSERVER: frozenset(_READING),
    Role.MEMBER: _WALKING,
    # The list has those they were let into.
    Role.GUEST: frozenset({Action.LIST_WORKSHOPS}),
    Role.NOBODY: frozenset(),
}


@dataclass(frozen=True)
class Actor:
    """Somebody, by what they have shown: nothing here is taken from what they say."""

    #: The facilitator of a house that has one: by its passcode, or on its own machine.
    is_house: bool = False
    #: Who signed in, in lower case; empty for anybody else.
    email: str = ""
    #: Whether that address is on the house's list of facilitators.
    is_listed: bool = False
    #: The team whose link they hold.
    team: TeamKey | None = None
    #: The workshop whose observers' link they hold.
    observes: str = ""


NOBODY = Actor()


@dataclass(frozen=True)
class Scope:
    """Where something is to be done: in the house, in a workshop, or in a team of it."""

    #: Empty for the house.
    workshop_id: str = ""
    #: Address of whose workshop it is; empty for the house's.
    owner: str = ""
    #: Who else was let in, by address; of the house, into any of its workshops.
    grants: Mapping[str, Role] = field(default_factory=dict)
    #: Empty for the whole workshop.
    team_id: str = ""


@dataclass(frozen=True)
class Admission:
    """Whom a workshop lets in, as far as one address is concerned."""

    #: Address of whose it is; empty for the house's.
    owner: str
    #: What that address was let in as, if it was.
    granted: Role | None = None
    #: The link that lets anybody read along; empty where there is none.
    observer_link: str = ""


HOUSE = Scope()


def of_team(team: TeamKey) -> Scope:
    """Return the scope of what a team does itself."""
    return Scope(team.workshop_id, team_id=team.team_id)


def as_team(team: TeamKey, action: Action, of: TeamKey | None = None) -> None:
    """
    Let who holds a team's link do something in their team, or in what is said to be theirs.

    Raises AccessRefused.
    """
    authorize(Actor(team=team), action, of_team(of or team))


def role(actor: Actor, scope: Scope) -> Role:
    """
    Return what somebody is there.

    The house's own workshops belong to each of its facilitators.

    >>> role(Actor(email="ada@x.org", is_listed=True), Scope("w", owner="ben@x.org"))
    <Role.NOBODY: 'nobody'>
    """
    is_facilitator = actor.is_house or (actor.is_listed and bool(actor.email))
    if not scope.workshop_id:
        guest = Role.GUEST if actor.email and actor.email in scope.grants else Role.NOBODY
        return Role.FACILITATOR if is_facilitator else guest
    if actor.is_house or (actor.is_listed and scope.owner in ("", actor.email)):
        return Role.FACILITATOR
    if actor.email and (granted := scope.grants.get(actor.email)):
        return granted
    if actor.team == TeamKey(scope.workshop_id, scope.team_id):
        return Role.MEMBER
    return Role.OBSERVER if actor.observes == scope.workshop_id else Role.NOBODY


def may(actor: Actor, action: Action, scope: Scope) -> bool:
    """Whether somebody may do something there."""
    return action in ALLOWED[role(actor, scope)]


def authorize(actor: Actor, action: Action, scope: Scope) -> None:
    """
    Let somebody do something there.

    Raises AccessRefused, with the same sentence for what is not theirs and what is not there.
    """
    if not may(actor, action, scope):
        raise AccessRefused(REFUSED)
