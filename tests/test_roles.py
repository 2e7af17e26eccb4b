"""Roles and actions: every cell of the table, and every way of being somebody."""

import pytest

from lib.workshop.records import TeamKey
from lib.workshop.roles import (
    HOUSE,
    NOBODY,
    REFUSED,
    AccessRefused,
    Action,
    Actor,
    Role,
    Scope,
    as_team,
    authorize,
    may,
    of_team,
    role,
)
from tests.app_server import ROOT

#: Facilitator, co-facilitator, observer, member, guest, nobody: what each may do where they are that.
TABLE = """
LIST_WORKSHOPS   + - - - + -
START_WORKSHOP   + - - - - -
OPEN_DEMO        + - - - - -
CHOOSE_GUIDE     + - - - - -
SEE_TABLE        + + + - - -
READ_STEPS       + + + - - -
SEARCH           + + + - - -
READ_STORY       + + + - - -
READ_USAGE       + + + - - -
DOWNLOAD         + + + - - -
SEE_LINKS        + + - - - -
OVERRIDE         + + - - - -
REDACT           + + - - - -
RUN_AGENDA       + + - - - -
HOLD_STEPS       + + - - - -
SEND_NOTICE      + + - - - -
ANSWER_FLAG      + + - - - -
CHANGE_LINKS     + + - - - -
SHARE            + - - - - -
DUPLICATE        + - - - - -
ARCHIVE          + - - - - -
DELETE           + - - - - -
OPEN_STEP        - - - + - -
READ_ROOM        - - - + - -
SAY              - - - + - -
TYPE             - - - + - -
STOP_REPLY       - - - + - -
RETRY_REPLY      - - - + - -
UNDO_UPDATE      - - - + - -
RESTORE_DRAFT    - - - + - -
USE_ASIDE        - - - + - -
SETTLE_ASIDE     - - - + - -
CONFIRM          - - - + - -
KEEP             - - - + - -
REGENERATE       - - - + - -
REOPEN           - - - + - -
UNDO             - - - + - -
RAISE_FLAG       - - - + - -
CLOSE_NOTICE     - - - + - -
"""

ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}

ADA, BEN, CLEO = "ada@x.org", "ben@x.org", "cleo@x.org"

TEAM = TeamKey("w", "t")

WORKSHOP = Scope("w", ADA, {BEN: Role.CO_FACILITATOR, CLEO: Role.OBSERVER}, "t")

#: Somebody of each role in the team of the workshop.
SOMEBODY = {
    Role.FACILITATOR: Actor(email=ADA, is_listed=True),
    Role.CO_FACILITATOR: Actor(email=BEN),
    Role.OBSERVER: Actor(email=CLEO),
    Role.MEMBER: Actor(team=TEAM),
    Role.GUEST: Actor(email=CLEO),
    Role.NOBODY: NOBODY,
}

#: Where each of them is that: in the team, but for who is seen from the house.
PLACE = dict.fromkeys(Role, WORKSHOP) | {Role.GUEST: Scope(grants={CLEO: Role.GUEST})}

CELLS = [
    (action, who, cell == "+")
    for action in Action
    for who, cell in zip(Role, ROWS.get(action.name, []), strict=True)
]


def test_the_table_here_has_every_action() -> None:
    assert list(ROWS) == [action.name for action in Action]


@pytest.mark.parametrize(("action", "who", "allowed"), CELLS)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    action: Action, who: Role, allowed: bool
) -> None:
    assert role(SOMEBODY[who], PLACE[who]) is who
    assert may(SOMEBODY[who], action, PLACE[who]) is allowed
    if allowed:
        authorize(SOMEBODY[who], action, PLACE[who])
    else:
        with pytest.raises(AccessRefused, match="^" + REFUSED[:40]):
            authorize(SOMEBODY[who], action, PLACE[who])


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    "scope",
    [Scope("other", BEN, {}, "t"), Scope("other", BEN, {}, ""), Scope("", "", {}, "t")],
    ids=["another workshop's team", "another workshop", "no workshop"],
)
@pytest.mark.parametrize(
    "actor",
    [
        Actor(email=ADA),
        Actor(email=CLEO),
        Actor(team=TEAM),
        Actor(observes="w"),
        Actor(observes="w", team=TEAM),
        NOBODY,
    ],
)
def test_what_is_not_theirs_and_what_is_not_there_are_refused_in_the_same_words(
    actor: Actor, scope: Scope, action: Action
) -> None:
    with pytest.raises(AccessRefused) as refused:
        authorize(actor, action, scope)

    assert str(refused.value) == REFUSED


@pytest.mark.parametrize(
    ("actor", "scope", "expected"),
    [
        (Actor(is_house=True), HOUSE, Role.FACILITATOR),
        (Actor(is_house=True), Scope("w", ADA), Role.FACILITATOR),
        (Actor(email=ADA, is_listed=True), HOUSE, Role.FACILITATOR),
        (Actor(email=BEN, is_listed=True), Scope("w", ""), Role.FACILITATOR),
        (Actor(email=BEN, is_listed=True), Scope("w", ADA), Role.NOBODY),
        # Taken off the list, the owner is nobody; so is whoever is on no list, or has no address.
        (Actor(email=ADA), WORKSHOP, Role.NOBODY),
        (Actor(email=BEN), Scope("w", ""), Role.NOBODY),
        (Actor(is_listed=True), HOUSE, Role.NOBODY),
        (Actor(email=BEN), HOUSE, Role.NOBODY),
        (Actor(observes="w"), WORKSHOP, Role.OBSERVER),
        (Actor(observes=""), HOUSE, Role.NOBODY),
        # A link opens one team: not its neighbour, not the whole workshop, not another's.
        (Actor(team=TEAM), of_team(TEAM), Role.MEMBER),
        (Actor(team=TEAM), Scope("w", "", {}, "u"), Role.NOBODY),
        (Actor(team=TEAM), Scope("w"), Role.NOBODY),
        (Actor(team=TEAM), Scope("v", "", {}, "t"), Role.NOBODY),
        (Actor(team=TEAM), HOUSE, Role.NOBODY),
    ],
)
def test_who_somebody_is_follows_from_what_they_have_shown(
    actor: Actor, scope: Scope, expected: Role
) -> None:
    assert role(actor, scope) is expected


def test_who_reads_along_and_holds_a_teams_link_is_that_teams_member() -> None:
    both = Actor(observes="w", team=TEAM)

    assert role(both, of_team(TEAM)) is Role.MEMBER
    assert role(both, Scope("w")) is Role.OBSERVER


def test_a_team_does_nothing_in_another() -> None:
    for action in Action:
        with pytest.raises(AccessRefused):
            as_team(TEAM, action, TeamKey("w", "another"))
        with pytest.raises(AccessRefused):
            as_team(TEAM, action, TeamKey("another", "t"))
    as_team(TEAM, Action.SAY, TEAM)


def test_every_action_is_asked_for_by_somebody() -> None:
    asked = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "lib").rglob("*.py")
        if file.name != "access.py"
    )

    assert [each.name for each in Action if f"Action.{each.name}" not in asked] == []
