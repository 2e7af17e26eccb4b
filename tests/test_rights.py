"""Every write checks its right in the store: the pure decision, and what each store does with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from lib.store import open_store, permits
from lib.store.errors import NotFound
from lib.store.port import Closed, Decision, Store
from lib.store.sql import positions, transitions
from lib.store.sql import rights as rights_in_sql
from lib.workshop import rights, roles, steps
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.local_guide import LocalGuide
from lib.workshop.notes import Closing, Kind, Note
from lib.workshop.records import Aside, Code, Draft, Team, TeamKey, Unsent, Workshop
from lib.workshop.redaction import Redaction
from lib.workshop.rights import FacilitatorPermit, Facts, Permit, TeamPermit, refusal
from lib.workshop.roles import AccessRefused, Action, Actor, Role
from lib.workshop.status import Change, Event, Status
from lib.workshop.transcript import MessageStatus
from tests.review_table import statements
from tests.test_store_contract import Opens, opens, question, reply  # noqa: F401 - a fixture

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIRST, SECOND = steps.SLUGS[:2]
EMAIL, DIGEST = "ben@example.org", "a" * 64


# The decision


def test_every_write_states_what_it_depends_on() -> None:
    """An action that is neither a read nor in the table fails here."""
    reading = roles.ALLOWED[Role.OBSERVER] | {
        Action.LIST_WORKSHOPS,
        Action.SEE_LINKS,
        Action.READ_ROOM,
    }

    assert set(Action) == set(rights.NEEDS) | reading
    assert not set(rights.NEEDS) & reading


TEAMS = sorted(set(rights.NEEDS) & roles.ALLOWED[Role.MEMBER])
FACILITATORS = sorted(set(rights.NEEDS) & roles.ALLOWED[Role.FACILITATOR])
LINK = "l" * 32
OPEN_FACTS = Facts(link=LINK, status=Status.IN_PROGRESS)


def of_team(action: Action, link: str | None = LINK) -> TeamPermit:
    return TeamPermit(action, TeamKey("w", "t"), link, SECOND)


@pytest.mark.parametrize("action", TEAMS)
def test_a_team_writes_by_its_present_link_alone(action: Action) -> None:
    assert refusal(of_team(action), OPEN_FACTS) is None
    for facts in (None, replace(OPEN_FACTS, link="m" * 32), replace(OPEN_FACTS, link="")):
        found = refusal(of_team(action), facts)
        assert found is not None
        assert found.no_right
    assert refusal(of_team(action, ""), replace(OPEN_FACTS, link="")) is not None


@pytest.mark.parametrize("action", [*TEAMS, *FACILITATORS])
def test_an_archived_or_deleted_workshop_takes_no_writes(action: Action) -> None:
    permit: Permit = (
        of_team(action) if action in TEAMS else FacilitatorPermit(action, "w", Actor(is_house=True))
    )
    archived = refusal(permit, replace(OPEN_FACTS, archived_at=AT)) is None
    deleted = refusal(permit, replace(OPEN_FACTS, erase_at=AT)) is None
    elsewhere = {
        Action.START_WORKSHOP,
        Action.OPEN_DEMO,
        Action.CHOOSE_GUIDE,
        Action.DUPLICATE,
        Action.REDACT,
    }

    assert archived == (action in {Action.ARCHIVE, Action.DELETE, *elsewhere})
    assert deleted == (action in {Action.DELETE, *elsewhere})


@pytest.mark.parametrize("action", TEAMS)
def test_a_complete_step_takes_no_words(action: Action) -> None:
    complete = replace(OPEN_FACTS, status=Status.COMPLETE)
    # What else a complete step refuses, the table of transitions does; text typed is set aside.
    elsewhere = {Action.CONFIRM, Action.KEEP, Action.REGENERATE, Action.REOPEN, Action.UNDO}
    elsewhere |= {Action.TYPE, Action.SETTLE_ASIDE, Action.RAISE_FLAG, Action.CLOSE_NOTICE}

    assert (refusal(of_team(action), complete) is None) == (
        action in elsewhere | {Action.OPEN_STEP}
    )


@pytest.mark.parametrize("action", TEAMS)
def test_a_held_step_takes_no_writes(action: Action) -> None:
    held = replace(OPEN_FACTS, open_until=FIRST)
    of_no_step = {Action.RAISE_FLAG, Action.CLOSE_NOTICE}
    # Text typed meanwhile is set aside; a reply may be stopped.
    accepted = of_no_step | {Action.TYPE, Action.STOP_REPLY}

    assert (refusal(of_team(action), held) is None) == (action in accepted)


@pytest.mark.parametrize("action", FACILITATORS)
def test_a_facilitator_writes_by_what_they_are_now(action: Action) -> None:
    by_pass = FacilitatorPermit(action, "w", Actor(is_house=True), DIGEST)
    guest = FacilitatorPermit(action, "w", Actor(email=EMAIL))
    facts = Facts(owner="cleo@example.org")
    as_role = {role: replace(facts, granted=role) for role in (Role.CO_FACILITATOR, Role.OBSERVER)}

    assert refusal(by_pass, replace(facts, holds_pass=True)) is None
    assert refusal(by_pass, facts) is not None
    assert refusal(guest, facts) is not None
    assert refusal(guest, as_role[Role.OBSERVER]) is not None
    is_running = action in roles.ALLOWED[Role.CO_FACILITATOR]
    assert (refusal(guest, as_role[Role.CO_FACILITATOR]) is None) == is_running


# What each store does with it


@dataclass
class House:
    """A workshop with everything that can be written to, and the store it is in."""

    store: Store
    workshop: Workshop
    team: Team

    def permit(self, action: Action, step: str = FIRST) -> Permit:
        """Return what somebody shows who has every right now."""
        if action in roles.ALLOWED[Role.MEMBER]:
            return TeamPermit(action, self.team.key, self.team.link, step)
        return FacilitatorPermit(action, self.workshop.id, Actor(is_house=True), DIGEST)


def made(store: Store) -> House:
    workshop = Workshop(new_id(), "Newcomers", "Half of them leave.", AT, owner="cleo@example.org")
    team = Team(workshop.id, new_id(), "Crew", new_link(), 1)
    store.create_workshop(workshop, [team])
    store.keep_pass(DIGEST, datetime.now(UTC) + timedelta(days=1))
    store.post(workshop.id, Note("note", Kind.MESSAGE, None, "F", "Five more minutes", AT))
    store.post(workshop.id, Note("flag", Kind.FLAG, team.id, "Ada", "Help", AT))
    store.set_aside(team.step_key(FIRST), ASIDE)
    return House(store, workshop, team)


ASIDE = Aside("target_user", "writer", "Ben", "Everybody", 1, 0)


@pytest.fixture
def house(opens: Opens) -> House:  # noqa: F811
    return made(opens(lease=0.001))


WRITER = new_id()

Write = Callable[[House], object]


def _moved(event: Event, before: Status, after: Status) -> Write:
    def write(house: House) -> None:
        change = Change(FIRST, event, before, after)
        house.store.apply(house.team.key, Decision([change], "Ada", AT))

    return write


_revised = _moved(Event.REVISE, Status.COMPLETE, Status.IN_PROGRESS)
_confirmed = _moved(Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE)
_reset = _moved(Event.RESET, Status.IN_PROGRESS, Status.IN_PROGRESS)


def _said(house: House) -> object:
    return house.store.append(house.team.step_key(FIRST), [question()])


def _emptied(draft: Draft) -> Draft:
    return Draft({}, revision=draft.revision + 1, epoch=draft.epoch, base=draft)


REPLY = "the-reply"


def _interrupted(house: House) -> object:
    return house.store.interrupt(house.team.step_key(FIRST), REPLY)


def _taken_over(house: House) -> object:
    return house.store.take_over(house.team.step_key(FIRST), REPLY)


def _discarded(house: House) -> object:
    return house.store.discard(house.team.step_key(FIRST), REPLY)


#: The reply that is there before each of them.
STATUS = {
    _interrupted: MessageStatus.STREAMING,
    _taken_over: MessageStatus.INTERRUPTED,
    _discarded: MessageStatus.COMPLETE,
}


def answered(house: House, status: MessageStatus) -> None:
    """Have a question and a reply of that status in the first step."""
    answer = replace(reply("It"), id=REPLY, status=status)
    house.store.append(house.team.step_key(FIRST), [question(), answer])


def _closed(note: str) -> Write:
    return lambda house: house.store.close_note(
        house.workshop.id, note, Closing(house.team.id, "Ada", AT)
    )


def _posted(house: House) -> object:
    return house.store.post(house.workshop.id, Note(new_id(), Kind.MESSAGE, None, "F", "Go on", AT))


def _other_workshop(house: House) -> object:
    return house.store.create_workshop(Workshop(new_id(), "T", "C", AT), [])


def _redaction(house: House) -> Redaction:
    return Redaction(new_id(), house.team.id, FIRST, REPLY, "F", "A name", AT)


def _restored(house: House) -> object:
    key = house.team.step_key(FIRST)
    with suppress(NotFound):
        return house.store.replace_draft(key, _emptied(house.store.draft(key)))
    return house.store.replace_draft(key, _emptied(Draft()))


#: Every write a store offers to somebody, by the action under which it is made. A new action needs
#: a row here.
WRITES: dict[Action, list[Write]] = {
    Action.START_WORKSHOP: [_other_workshop],
    Action.OPEN_DEMO: [_other_workshop],
    Action.CHOOSE_GUIDE: [
        lambda house: house.store.choose_local_guide("here", LocalGuide("ollama", "llama3.2"))
    ],
    Action.DUPLICATE: [_other_workshop],
    Action.OVERRIDE: [_moved(Event.OVERRIDE, Status.IN_PROGRESS, Status.COMPLETE)],
    Action.RUN_AGENDA: [
        lambda house: house.store.save_agenda(house.workshop.id, Agenda(revision=1))
    ],
    Action.HOLD_STEPS: [
        lambda house: house.store.save_agenda(
            house.workshop.id, Agenda(open_until=FIRST, revision=1)
        )
    ],
    Action.SEND_NOTICE: [_posted],
    Action.ANSWER_FLAG: [_closed("flag")],
    Action.CHANGE_LINKS: [
        lambda house: house.store.change_link(house.team.key, new_link(), revoked=False),
        lambda house: house.store.change_link(house.team.key, new_link(), revoked=True),
        lambda house: house.store.set_observer_link(house.workshop.id, new_link()),
        lambda house: house.store.set_observer_link(house.workshop.id, ""),
        lambda house: house.store.set_code(
            house.team.key, Code("K7WMPX2Q", datetime.now(UTC) + timedelta(hours=1))
        ),
    ],
    Action.SHARE: [
        lambda house: house.store.grant(house.workshop.id, EMAIL, Role.OBSERVER),
        lambda house: house.store.grant(house.workshop.id, EMAIL, None),
    ],
    Action.REDACT: [
        lambda house: house.store.redact(house.team.step_key(FIRST), _redaction(house))
    ],
    Action.ARCHIVE: [
        lambda house: house.store.archive(house.workshop.id, AT),
        lambda house: house.store.archive(house.workshop.id, None),
    ],
    Action.DELETE: [
        lambda house: house.store.delete(house.workshop.id, AT),
        lambda house: house.store.delete(house.workshop.id, None),
    ],
    Action.OPEN_STEP: [
        lambda house: house.store.apply(
            house.team.key,
            Decision([Change(SECOND, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)], "", AT),
        )
    ],
    Action.SAY: [_said],
    Action.TYPE: [
        lambda house: house.store.keep_unsent(
            house.team.step_key(FIRST), Unsent(WRITER, "They leave", 1)
        ),
        lambda house: house.store.set_aside(
            house.team.step_key(FIRST), replace(ASIDE, writer=new_id())
        ),
    ],
    Action.STOP_REPLY: [_interrupted],
    Action.RETRY_REPLY: [_taken_over, _discarded],
    Action.UNDO_UPDATE: [_said],
    Action.RESTORE_DRAFT: [_restored],
    Action.USE_ASIDE: [
        lambda house: house.store.use_aside(
            house.team.step_key(FIRST), ASIDE, Draft({"target_user": "Everybody"}, revision=1), None
        ),
        lambda house: house.store.set_aside(
            house.team.step_key(FIRST), replace(ASIDE, writer=new_id())
        ),
    ],
    Action.SETTLE_ASIDE: [
        lambda house: house.store.drop_aside(house.team.step_key(FIRST), "target_user", "writer")
    ],
    Action.CONFIRM: [_confirmed],
    Action.KEEP: [_confirmed],
    Action.REGENERATE: [
        _said,
        lambda house: house.store.want_redraft(house.team.step_key(FIRST), REPLY),
    ],
    Action.REOPEN: [_reset],
    Action.UNDO: [_reset],
    Action.RAISE_FLAG: [
        lambda house: house.store.post(
            house.workshop.id, Note(new_id(), Kind.FLAG, house.team.id, "Ada", "Help", AT)
        ),
        _closed("flag"),
    ],
    Action.CLOSE_NOTICE: [_closed("note")],
}
CASES = [(action, number) for action in WRITES for number in range(len(WRITES[action]))]


def test_every_write_is_tried() -> None:
    assert set(WRITES) == set(rights.NEEDS)


# Ways a right ends, as people end it: for teams, and for facilitators


def _complete(house: House) -> None:
    _confirmed(house)


def _erased(house: House) -> None:
    house.store.delete(house.workshop.id, AT)
    house.store.erase(house.workshop.id, AT)


ENDS: dict[str, Callable[[House], object]] = {
    "link replaced": lambda house: house.store.change_link(
        house.team.key, new_link(), revoked=False
    ),
    "link revoked": lambda house: house.store.change_link(house.team.key, new_link(), revoked=True),
    "pass ended": lambda house: house.store.drop_pass(DIGEST),
    "completed": _complete,
    "archived": lambda house: house.store.archive(house.workshop.id, AT),
    "deleted": lambda house: house.store.delete(house.workshop.id, AT),
    "erased": _erased,
}
#: What each of them ends, of a team's rights and of a facilitator's.
_OF_TEAMS, _OF_FACILITATORS = frozenset(TEAMS), frozenset(FACILITATORS)
# What must not be kept may be taken out of an archived workshop too.
_ELSEWHERE = {
    Action.START_WORKSHOP,
    Action.OPEN_DEMO,
    Action.CHOOSE_GUIDE,
    Action.DUPLICATE,
    Action.REDACT,
}
ENDED: dict[str, frozenset[Action]] = {
    "link replaced": _OF_TEAMS,
    "link revoked": _OF_TEAMS,
    "pass ended": _OF_FACILITATORS,
    "completed": frozenset(a for a in TEAMS if rights.Need.OPEN in rights.NEEDS[a]),
    "archived": (_OF_TEAMS | _OF_FACILITATORS) - _ELSEWHERE - {Action.ARCHIVE, Action.DELETE},
    "deleted": (_OF_TEAMS | _OF_FACILITATORS) - _ELSEWHERE - {Action.DELETE},
    "erased": _OF_TEAMS | _OF_FACILITATORS,
}


#: What there is nothing of in the workshop yet is taken away without a change.
_NOTHING_YET = {
    (Action.ARCHIVE, 1),
    (Action.DELETE, 1),
    (Action.SHARE, 1),
    (Action.CHANGE_LINKS, 3),
}


@pytest.mark.parametrize(("action", "number"), CASES)
def test_a_write_whose_right_stands_is_done(house: House, action: Action, number: int) -> None:
    write = WRITES[action][number]
    answered(house, STATUS.get(write, MessageStatus.COMPLETE))
    before = content(house)
    with permits.held(house.permit(action, SECOND if action is Action.OPEN_STEP else FIRST)):
        write(house)

    assert (content(house) == before) == ((action, number) in _NOTHING_YET)


def content(house: House) -> Any:
    """Return all that is stored of the workshop, as far as anybody can read it."""
    store, key = house.store, house.team.step_key(FIRST)
    read: list[Callable[[], Any]] = [
        lambda: store.workshop(house.workshop.id),
        lambda: store.teams(house.workshop.id),
        lambda: store.steps(house.team.key),
        lambda: store.messages(key),
        lambda: store.discarded(key),
        lambda: store.asides(key),
        lambda: store.draft(key),
        lambda: store.events(house.workshop.id),
        lambda: store.desk(house.workshop.id),
        lambda: store.observer_link(house.workshop.id),
        lambda: store.local_guide("here"),
        lambda: store.codes(house.workshop.id),
        lambda: store.grants(house.workshop.id),
        lambda: store.unsent(key, WRITER),
        lambda: len(store.workshops()),
    ]
    return [_read(each) for each in read]


def _read(each: Callable[[], Any]) -> Any:
    try:
        return each()
    except Exception as exc:
        return type(exc).__name__


@pytest.mark.parametrize("end", ENDS)
def test_a_write_whose_right_has_ended_changes_nothing(house: House, end: str) -> None:
    """(way of ending a right) x (every write): refused in the write's own transaction."""
    answered(house, MessageStatus.INTERRUPTED)
    ENDS[end](house)
    before = content(house)
    for action in sorted(ENDED[end]):
        for write in WRITES[action]:
            with (
                permits.held(house.permit(action)),
                pytest.raises((AccessRefused, Closed)),
            ):
                write(house)

    assert content(house) == before


@pytest.mark.parametrize("role", [None, Role.OBSERVER])
def test_a_guest_who_was_removed_or_may_only_read_changes_nothing(
    house: House, role: Role | None
) -> None:
    house.store.grant(house.workshop.id, EMAIL, Role.CO_FACILITATOR)
    running = [a for a in FACILITATORS if a in roles.ALLOWED[Role.CO_FACILITATOR]]
    with permits.held(FacilitatorPermit(Action.SEND_NOTICE, house.workshop.id, Actor(email=EMAIL))):
        _posted(house)
    house.store.grant(house.workshop.id, EMAIL, role)
    before = content(house)
    for action in running:
        permit = FacilitatorPermit(action, house.workshop.id, Actor(email=EMAIL))
        for write in WRITES[action]:
            with permits.held(permit), pytest.raises(AccessRefused):
                write(house)

    assert content(house) == before


# Races, over two connections to one database


@dataclass(frozen=True)
class Ending:
    """A way a right ends, and where it is in its transaction once it cannot be overtaken."""

    do: Write
    module: Any
    function: str


ENDINGS = {
    "link replaced": Ending(ENDS["link replaced"], rights_in_sql, "locked"),
    "archived": Ending(ENDS["archived"], rights_in_sql, "locked"),
    "completed": Ending(ENDS["completed"], transitions, "_check"),
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def two_servers(request: pytest.FixtureRequest) -> Iterator[tuple[House, House]]:
    """Return one workshop as two servers see it."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url = str(request.getfixturevalue(name))
    with ExitStack() as stores:
        one, other = open_store(url), open_store(url)
        stores.callback(one.close)
        stores.callback(other.close)
        house = made(one)
        yield house, replace(house, store=other)


class Paused:
    """A function of the store that waits, in the thread it was paused for, after its work."""

    def __init__(self, patch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None
        original = getattr(module, name)

        def paused(*args: Any, **named: Any) -> Any:
            found = original(*args, **named)
            if threading.current_thread() is self.thread:
                self.reached.set()
                assert self.released.wait(GIVEN_UP)
            return found

        patch.setattr(module, name, paused)

    def begin(self, write: Callable[[], object]) -> "threading.Thread":
        self.thread = threading.Thread(target=write, daemon=True)
        self.thread.start()
        assert self.reached.wait(GIVEN_UP)
        return self.thread


#: Seconds after which a test that waits gives up.
GIVEN_UP = 60


def waits_or_ended(house: House, thread: threading.Thread) -> None:
    """Return once *thread* waits for somebody else's lock, or has ended."""
    door = house.store._door  # type: ignore[attr-defined]
    if door.is_sqlite:
        # A file has one writer at a time: whoever comes second waits, or has not begun yet.
        return
    waiting = text(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    while thread.is_alive():
        if door.rows(waiting):
            return


@pytest.mark.parametrize("end", ENDINGS)
def test_a_message_under_way_when_its_right_ends_is_refused(
    two_servers: tuple[House, House], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the right has its lock: it commits first, and the message waits and is refused."""
    tab, other = two_servers
    ending, outcome = ENDINGS[end], []
    paused = Paused(monkeypatch, ending.module, ending.function)

    def send() -> None:
        try:
            with permits.held(tab.permit(Action.SAY)):
                _said(tab)
        except (AccessRefused, Closed) as exc:
            outcome.append(exc)

    revoker = paused.begin(lambda: ending.do(other))
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    waits_or_ended(tab, sender)
    paused.released.set()
    revoker.join(GIVEN_UP)
    sender.join(GIVEN_UP)

    assert len(outcome) == 1
    assert tab.store.messages(tab.team.step_key(FIRST)) == []


@pytest.mark.parametrize("end", ENDINGS)
def test_a_right_ends_after_a_message_that_was_accepted_before(
    two_servers: tuple[House, House], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, other = two_servers
    order: list[str] = []
    paused = Paused(monkeypatch, positions, "known_of")

    def send() -> None:
        with permits.held(tab.permit(Action.SAY)):
            _said(tab)
        order.append("stored")

    def revoke() -> None:
        ENDINGS[end].do(other)
        order.append("ended")

    sender = paused.begin(send)
    revoker = threading.Thread(target=revoke, daemon=True)
    revoker.start()
    waits_or_ended(other, revoker)
    assert order == []
    paused.released.set()
    sender.join(GIVEN_UP)
    revoker.join(GIVEN_UP)

    assert sorted(order) == ["ended", "stored"]
    assert len(tab.store.messages(tab.team.step_key(FIRST))) == 1


def test_a_repeat_of_a_stored_message_is_no_new_write(house: House) -> None:
    """A browser that was not told sends again: it need not hear that the step is complete."""
    key, message = house.team.step_key(FIRST), question()
    permit = house.permit(Action.SAY)
    with permits.held(permit):
        house.store.append(key, [message])
    _confirmed(house)
    with permits.held(permit):
        again = house.store.append(key, [message])
        with pytest.raises(Closed):
            house.store.append(key, [message, question()])

    assert again == []
    assert [each.id for each in house.store.messages(key)] == [message.id]


def test_a_right_is_checked_in_no_statement_of_its_own(two_servers: tuple[House, House]) -> None:
    """What is sent most, a message, and what is typed cost the round trips they cost without."""
    house, _ = two_servers
    typing = WRITES[Action.TYPE][0]
    for action, write in ((Action.SAY, _said), (Action.TYPE, typing)):
        with statements(house.store) as plain:
            write(house)
        with statements(house.store) as checked, permits.held(house.permit(action)):
            write(house)

        assert len(checked) == len(plain)
