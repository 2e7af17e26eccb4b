"""What every store promises: in memory, in an SQLite file, on a real PostgreSQL server."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from lib.store import backdating, open_store
from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.port import MAX_INTERVIEWS, Decision, Store, upstream_artifacts
from lib.workshop import draft_history, steps
from lib.workshop.ids import new_id, new_link
from lib.workshop.interviews.interview import StoredInterview
from lib.workshop.interviews.reading import read_text
from lib.workshop.notes import Closing, Kind, Note
from lib.workshop.records import (
    Aside,
    Draft,
    Recollection,
    StepKey,
    StepOverview,
    StepState,
    Team,
    TeamKey,
    Unsent,
    Workshop,
)
from lib.workshop.status import Change, Event, Phase, Status, decide
from lib.workshop.transcript import ATTEMPT, Message, MessageStatus, Role, next_attempt
from lib.workshop.usage import Call, TeamUsage
from tests.memory_store.store import MemoryStore

#: A lease that has run out by the time anybody looks, in seconds.
SHORT = 0.001

AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)

#: What people really write.
TEXTS = {
    "emoji": "👩🏽‍🚀 thinks 🧠 → 💡",
    "right to left": "مرحبا بالعالم، שלום עולם",
    "han": "設計思考工作坊",
    "quotes": 'It\'s 100% "fine"; DROP TABLE messages; -- :name %s {x} \\ \\u0041',
    "white space": "  \tfirst\r\nsecond\u2028third\n\n",
    "nothing": "",
    "a megabyte": "0123456789abcdé🙂" * 65_536,
}

Opens = Callable[..., Store]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def opens(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Return a function that opens the test's one database, with a lease of one's choice."""
    opened: list[Any] = []
    if request.param == "memory":
        kept = MemoryStore()

        def open_(*, lease: float = 60.0) -> Store:
            kept._lease = timedelta(seconds=lease)
            return kept
    else:
        names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
        url = request.getfixturevalue(names[request.param])

        def open_(*, lease: float = 60.0) -> Store:
            opened.append(open_store(url, lease=lease))
            return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(opens: Opens) -> Store:
    return opens()


@pytest.fixture
def team(store: Store) -> Team:
    return started(store)[1][0]


@pytest.fixture
def key(team: Team) -> StepKey:
    return team.step_key("challenge")


def started(store: Store, teams: int = 1, at: datetime = AT) -> tuple[Workshop, list[Team]]:
    workshop = Workshop(new_id(), "Newcomers", "Half of them leave 🙁", at)
    added = [Team(workshop.id, new_id(), f"Team {n}", new_link(), n) for n in range(1, teams + 1)]
    store.create_workshop(workshop, added)
    return workshop, added


def question(text: str = "Why?", **fields: Any) -> Message:
    return replace(Message(new_id(), Role.USER, "Ada", text, AT), **fields)


def reply(text: str = "Well", **fields: Any) -> Message:
    status = MessageStatus.STREAMING
    return replace(Message(new_id(), Role.ASSISTANT, "Guide", text, AT, status), **fields)


def confirm(store: Store, team: Team, step: str, **more: Any) -> None:
    store.apply(
        team.key, Decision(decide(now(store, team), step, Event.CONFIRM), "Ada", LATER, **more)
    )


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all works at the same time; return what each returned or raised."""
    results: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int) -> None:
        ready.wait()
        try:
            results[place] = works[place]()
        except Exception as exc:
            results[place] = exc

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


NOWHERE = TeamKey("no-workshop", "no-team")


def confirm_nowhere(store: Store) -> None:
    states = dict.fromkeys(steps.SLUGS, Status.IN_PROGRESS)
    changes = decide(states, "challenge", Event.CONFIRM)
    store.apply(NOWHERE, Decision(changes, "Ada", AT))


def test_what_is_unknown_reads_as_nothing_where_lists_are_asked(store: Store) -> None:
    key = StepKey(*NOWHERE, "challenge")
    nothing = [store.messages(key), store.events("x"), store.overview("x"), store.teams("x")]

    assert nothing == [[], [], [], []]
    assert store.artifacts(NOWHERE) == {}
    assert store.take_over(key, "unknown") is None


# Workshops and teams


def test_a_workshop_is_read_back_as_it_was_created(store: Store) -> None:
    workshop, _ = started(store)

    assert workshop == store.workshop(workshop.id)


def test_a_workshop_keeps_its_language(store: Store) -> None:
    workshop = Workshop(new_id(), "Neulinge", "Die Hälfte geht wieder.", AT, "de")
    store.create_workshop(workshop, [])

    assert store.workshop(workshop.id) == workshop


def test_workshops_come_newest_first_and_equal_times_in_one_order(store: Store) -> None:
    early, *late = (started(store, at=at)[0] for at in (AT, LATER, LATER))
    # Ids minted within a millisecond come in any order.
    late.sort(key=lambda workshop: workshop.id, reverse=True)

    assert [*late, early] == store.workshops()


def test_teams_come_by_position(store: Store) -> None:
    workshop = Workshop(new_id(), "T", "C", AT)
    teams = [Team(workshop.id, new_id(), f"{n}", new_link(), n) for n in (3, 1, 2)]
    store.create_workshop(workshop, teams)

    assert [team.position for team in store.teams(workshop.id)] == [1, 2, 3]
    assert store.teams("unknown") == []


def test_a_link_leads_to_its_team(store: Store) -> None:
    _, teams = started(store, 3)

    assert teams[1] == store.team_by_link(teams[1].link)


def test_creating_a_workshop_again_changes_nothing(store: Store) -> None:
    workshop, teams = started(store, 2)
    confirm(store, teams[0], "challenge")
    before = store.overview(workshop.id), store.events(workshop.id)
    store.create_workshop(workshop, teams)

    assert before == (store.overview(workshop.id), store.events(workshop.id))


def test_a_link_in_use_refuses_the_whole_workshop(store: Store, team: Team) -> None:
    workshop = Workshop(new_id(), "T", "C", AT)
    teams = [
        Team(workshop.id, new_id(), "new", new_link(), 1),
        Team(workshop.id, new_id(), "thief", team.link, 2),
    ]
    with pytest.raises(Unstorable):
        store.create_workshop(workshop, teams)

    assert store.teams(workshop.id) == []
    with pytest.raises(NotFound):
        store.workshop(workshop.id)


def test_the_first_step_is_in_progress_and_nine_are_not_started(store: Store, team: Team) -> None:
    first = StepState("challenge", Status.IN_PROGRESS, Phase.ORIENT, started_at=AT)
    others = [StepState(slug, Status.NOT_STARTED, Phase.ORIENT) for slug in steps.SLUGS[1:]]

    assert [first, *others] == list(store.steps(team.key).values())


def test_the_start_of_each_first_step_is_an_event(store: Store) -> None:
    workshop, teams = started(store, 3)
    story = [(each.team_id, each.step, each.event) for each in store.events(workshop.id)]

    assert [(team.id, "challenge", Event.START) for team in teams] == story


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.workshop("unknown"),
        lambda store: store.team_by_link("unknown"),
        lambda store: store.steps(NOWHERE),
        lambda store: store.draft(StepKey(*NOWHERE, "challenge")),
        lambda store: store.append(StepKey(*NOWHERE, "challenge"), [question()]),
        lambda store: store.append(StepKey(*NOWHERE, "challenge"), []),
        confirm_nowhere,
    ],
)
def test_what_is_unknown_is_not_found(store: Store, team: Team, ask: Callable[..., Any]) -> None:
    with pytest.raises(NotFound):
        ask(store)


# Steps and artifacts


def test_confirming_completes_a_step_and_starts_the_next(store: Store, team: Team) -> None:
    confirm(store, team, "challenge", artifact={"question": "How might we …?"})
    first, second = list(store.steps(team.key).values())[:2]

    assert (first.status, first.started_at, first.completed_at) == (Status.COMPLETE, AT, LATER)
    assert (
        second.status,
        second.started_at,
        second.completed_at,
    ) == (Status.IN_PROGRESS, LATER, None)


def test_each_change_writes_one_event_with_its_cause(store: Store, team: Team) -> None:
    confirm(store, team, "challenge")
    story = store.events(team.workshop_id)[1:]

    assert [(e.step, e.event, e.before, e.after, e.actor, e.cause, e.at) for e in story] == [
        ("challenge", Event.CONFIRM, "in_progress", "complete", "Ada", "challenge", LATER),
        (
            "stakeholder-mapping",
            Event.START,
            "not_started",
            "in_progress",
            "Ada",
            "challenge",
            LATER,
        ),
    ]
    assert len({each.id for each in story}) == 2


def test_events_come_in_the_order_they_happened_whatever_their_times(
    store: Store, team: Team
) -> None:
    walked = steps.SLUGS[:4]
    for place, slug in enumerate(walked):
        at = AT - timedelta(hours=place)
        store.apply(team.key, Decision(decide(now(store, team), slug, Event.CONFIRM), "Ada", at))
    story = [each.step for each in store.events(team.workshop_id) if each.event is Event.CONFIRM]

    assert list(walked) == story


def test_a_conflict_changes_nothing(store: Store, team: Team) -> None:
    stale = decide(now(store, team), "challenge", Event.CONFIRM)
    confirm(store, team, "challenge", artifact={"n": 1})
    before = snapshot(store, team)
    # Where only the second change no longer fits, the first is not carried out either.
    fits = decide(now(store, team), "stakeholder-mapping", Event.CONFIRM)[:1]
    for changes in (stale, [*fits, stale[0]]):
        with pytest.raises(Conflict):
            store.apply(team.key, Decision(changes, "Bob", LATER, {"n": 2}))

    assert before == snapshot(store, team)


def now(store: Store, team: Team) -> dict[str, Status]:
    return {slug: state.status for slug, state in store.steps(team.key).items()}


def snapshot(store: Store, team: Team) -> Any:
    keys = [team.step_key(slug) for slug in steps.SLUGS]
    return (
        store.steps(team.key),
        store.artifacts(team.key),
        store.events(team.workshop_id),
        [store.messages(key) for key in keys],
        [store.draft(key) for key in keys],
    )


def test_of_many_who_confirm_at_once_one_wins(store: Store, team: Team) -> None:
    changes = decide(now(store, team), "challenge", Event.CONFIRM)
    results = at_once(
        *[
            lambda n=n: store.apply(team.key, Decision(changes, str(n), LATER, {"n": n}))
            for n in range(6)
        ]
    )

    assert [each for each in results if not isinstance(each, Conflict)] == [None]
    assert len(store.events(team.workshop_id)) == 3
    assert store.artifacts(team.key)["challenge"].version == 1


def test_teams_that_confirm_at_once_all_get_their_place_in_the_story(store: Store) -> None:
    workshop, teams = started(store, 6)
    results = at_once(*[lambda each=each: confirm(store, each, "challenge") for each in teams])

    assert results == [None] * 6
    assert len(store.events(workshop.id)) == 18


def test_artifacts_are_the_newest_versions_in_the_order_of_steps(store: Store, team: Team) -> None:
    fields = {"b": [1, {"z": None}], "a": "ü🙂", "": True, "x": 1.5}
    confirm(store, team, "challenge", artifact={"old": True})
    confirm(store, team, "stakeholder-mapping", artifact=fields)
    reopen(store, team, "challenge")
    confirm(store, team, "challenge", artifact=fields)
    found = store.artifacts(team.key)

    assert [(step, each.version) for step, each in found.items()] == [
        ("challenge", 2),
        ("stakeholder-mapping", 1),
    ]
    assert (fields, "Ada", LATER) == (
        found["challenge"].fields,
        found["challenge"].confirmed_by,
        found["challenge"].confirmed_at,
    )
    assert list(fields) == list(found["challenge"].fields)
    assert {"challenge": fields} == upstream_artifacts(store, team.step_key("stakeholder-mapping"))


def reopen(store: Store, team: Team, step: str) -> None:
    """Make a step stale, as a revision upstream would."""
    change = Change(step, Event.START, Status.COMPLETE, Status.NEEDS_REGENERATION)
    store.apply(team.key, Decision([change], "Ada", LATER))


def test_a_stale_step_keeps_when_it_was_started_and_is_no_longer_completed(
    store: Store, team: Team
) -> None:
    confirm(store, team, "challenge")
    reopen(store, team, "challenge")
    state = store.steps(team.key)["challenge"]

    assert (
        state.status,
        state.started_at,
        state.completed_at,
    ) == (Status.NEEDS_REGENERATION, AT, None)


def test_a_message_given_twice_in_one_save_ends_as_if_saved_one_after_the_other(
    store: Store, key: StepKey
) -> None:
    (placed,) = store.append(key, [reply(revision=ATTEMPT)])
    late = replace(placed, text="late", status=MessageStatus.COMPLETE, revision=4)
    newer = replace(placed, text="newer", status=MessageStatus.INTERRUPTED, revision=ATTEMPT + 1)
    store.save(key, [late, newer])

    assert store.messages(key) == [newer]


# Drafts


def test_a_step_begins_with_the_empty_draft(store: Store, key: StepKey) -> None:
    assert Draft() == store.draft(key)


def test_a_draft_is_read_back_and_its_phase_is_the_steps(
    store: Store, team: Team, key: StepKey
) -> None:
    draft = Draft({"why": "ü🙂\x00", "list": [1, 2]}, Phase.GATHER, 3)
    store.save(key, draft=draft)

    assert draft == store.draft(key)
    assert store.steps(team.key)["challenge"].phase is Phase.GATHER


def test_a_draft_that_is_not_newer_changes_nothing(store: Store, key: StepKey) -> None:
    draft = Draft({"n": 2}, Phase.GATHER, 2)
    store.save(key, draft=draft)
    for old in (1, 2):
        store.save(key, draft=Draft({"n": "old"}, Phase.ORIENT, old))

    assert draft == store.draft(key)


def test_what_was_passed_in_is_not_kept(store: Store, team: Team, key: StepKey) -> None:
    fields = {"list": [1]}
    store.save(key, draft=Draft(fields, Phase.GATHER, 1))
    confirm(store, team, "challenge", artifact=fields)
    fields["list"].append(2)
    store.draft(key).fields["list"].append(3)
    store.artifacts(team.key)["challenge"].fields["list"].append(3)

    assert store.draft(key).fields == {"list": [1]}
    assert store.artifacts(team.key)["challenge"].fields == {"list": [1]}


# Drafts by several at once


def made(draft: Draft, **more: Any) -> Draft:
    """Return *draft* as somebody changed it who had read it from the store."""
    return replace(draft, **{"revision": draft.revision + 1, "base": draft} | more)


def test_a_draft_is_stored_where_the_one_it_was_made_from_still_is(
    store: Store, key: StepKey
) -> None:
    draft = made(store.draft(key), fields={"a": 1}, seen={"tab": 7}, phase=Phase.GATHER)
    store.save(key, draft=draft)
    found = store.draft(key)

    assert draft.stored() == found
    assert found.seen == {"tab": 7}
    assert found.base is None


def test_of_two_made_from_the_same_draft_the_second_is_told_and_stores_nothing(
    store: Store, key: StepKey
) -> None:
    read = store.draft(key)
    first, second = made(read, fields={"a": 1}), made(read, fields={"a": 2}, revision=9)
    (placed,) = store.append(key, [reply("half")])
    newer = [replace(placed, text="whole", revision=2), question(position=2)]
    store.save(key, draft=first)
    with pytest.raises(Conflict):
        store.save(key, draft=second)
    with pytest.raises(Conflict):
        store.save(key, newer, second)

    assert first == store.draft(key)
    assert [placed] == store.messages(key)


def test_a_conflict_of_the_draft_with_one_message_stores_neither(
    store: Store, key: StepKey
) -> None:
    read = store.draft(key)
    store.save(key, draft=made(read, fields={"a": 1}))
    with pytest.raises(Conflict):
        store.save(key, [question(position=1)], made(read, fields={"a": 2}))

    assert store.messages(key) == []


def test_saving_a_draft_again_whose_answer_was_lost_is_no_conflict(
    store: Store, key: StepKey
) -> None:
    draft = made(store.draft(key), fields={"a": 1})
    message = question(position=1)
    for _ in range(3):
        store.save(key, [message], draft)

    assert draft == store.draft(key)
    assert [message] == store.messages(key)


def test_a_draft_from_another_life_of_the_step_is_told(store: Store, key: StepKey) -> None:
    read = store.draft(key)
    late = made(read, fields={"a": 1}, epoch=1, base=replace(read, epoch=1))
    with pytest.raises(Conflict):
        store.save(key, draft=late)

    assert read == store.draft(key)


def test_of_many_who_change_one_draft_at_once_one_is_stored(store: Store, key: StepKey) -> None:
    read = store.draft(key)
    drafts = [made(read, fields={"n": n}) for n in range(6)]
    results = at_once(*[lambda each=each: store.save(key, draft=each) for each in drafts])

    assert [type(each) for each in results if each is not None] == [Conflict] * 5
    assert store.draft(key) in drafts


# What is typed


def aside(value: Any = "Doctors", **more: Any) -> Aside:
    return replace(Aside("target_user", "tab-b", "Ben", value, 1), **more)


@pytest.mark.parametrize("value", ["ü🙂", ["a", {"b": [1, None]}], None, True, 1.5, {}])
def test_what_is_set_aside_is_read_back(store: Store, key: StepKey, value: Any) -> None:
    kept = aside(value, revision=2**53 - 1, epoch=3, author="")
    store.set_aside(key, kept)

    assert [kept] == store.asides(key)


def test_one_is_kept_aside_for_each_writer_and_field_and_newer_wins(
    store: Store, key: StepKey
) -> None:
    newer, other, field = aside("new", revision=5), aside(writer="tab-c"), aside(field="altitude")
    for each in (aside("old", revision=4), other, newer, aside("late", revision=3), field, newer):
        store.set_aside(key, each)

    assert [other, newer, field] == store.asides(key)


def test_what_was_set_aside_is_forgotten_once_and_no_other_with_it(
    store: Store, team: Team, key: StepKey
) -> None:
    other, elsewhere = aside(writer="tab-c"), team.step_key("persona")
    for each in (aside(), other):
        store.set_aside(key, each)
        store.set_aside(elsewhere, each)
    for _ in range(2):
        store.drop_aside(key, "target_user", "tab-b")

    assert [other] == store.asides(key)
    assert [aside(), other] == store.asides(elsewhere)


def test_what_was_set_aside_and_has_changed_since_it_was_shown_is_not_forgotten(
    store: Store, key: StepKey
) -> None:
    store.set_aside(key, aside("shown", revision=1))
    store.set_aside(key, aside("newer", revision=2))
    store.drop_aside(key, "target_user", "tab-b", 1)

    assert [aside("newer", revision=2)] == store.asides(key)

    store.drop_aside(key, "target_user", "tab-b", 2)

    assert store.asides(key) == []


def test_what_belongs_to_no_step_is_not_set_aside(store: Store) -> None:
    key = StepKey(*NOWHERE, "challenge")
    with pytest.raises(Unstorable):
        store.set_aside(key, aside())
    with pytest.raises(Unstorable):
        store.keep_unsent(key, Unsent("tab", "Half", 1))
    store.drop_aside(key, "target_user", "tab-b")

    assert store.asides(key) == []
    assert store.unsent(key, "tab") is None


def test_of_a_chat_boxs_texts_the_newest_revision_is_kept(store: Store, key: StepKey) -> None:
    half, whole = Unsent("tab", "Ha 🙂", 1), Unsent("tab", "Half\n ", 2**53 - 1)
    held = [store.keep_unsent(key, each) for each in (half, whole, half, replace(whole, text="x"))]

    assert [half, whole, whole, whole] == held
    assert whole == store.unsent(key, "tab")

    sent = Unsent("tab", "", 2**53)

    assert sent == store.keep_unsent(key, sent) == store.unsent(key, "tab")


def test_an_unsent_text_is_found_by_its_writers_id_only(
    store: Store, team: Team, key: StepKey
) -> None:
    first, second = Unsent("tab-a", "A", 1), Unsent("tab-b", "B", 1)
    for each in (first, second):
        store.keep_unsent(key, each)
    found = [store.unsent(key, writer) for writer in ("tab-a", "tab-b", "", "Ada")]

    assert [first, second, None, None] == found
    assert store.unsent(team.step_key("persona"), "tab-a") is None


# Transcripts


def test_messages_are_appended_in_order_side_by_side(store: Store, key: StepKey) -> None:
    first, second, third = question(), question(), question()
    placed = store.append(key, [first, second]) + store.append(key, [third])

    assert [(first.id, 1), (second.id, 2), (third.id, 3)] == [(m.id, m.position) for m in placed]
    assert placed == store.messages(key)


def test_appending_again_changes_nothing_and_answers_nothing(store: Store, key: StepKey) -> None:
    one, two = question("one"), question("two")
    placed = store.append(key, [one])
    again = store.append(key, [replace(one, text="changed"), two, two])

    assert [(two.id, 2)] == [(m.id, m.position) for m in again]
    assert [*placed, *again] == store.messages(key)


def test_the_same_id_in_another_step_is_still_the_first_message(store: Store, team: Team) -> None:
    message = question()
    store.append(team.step_key("challenge"), [message])

    assert store.append(team.step_key("persona"), [message]) == []
    assert store.messages(team.step_key("persona")) == []


def test_a_reply_is_placed_behind_what_is_new_and_never_behind_another_reply(
    store: Store, key: StepKey
) -> None:
    first, second, overtaken = reply("to two"), reply("to three"), reply("to one")
    placed = store.append(key, [question("one"), question("two")], reply=first)
    store.save(key, [placed[-1].revised("to two", MessageStatus.COMPLETE)])
    *_, last = store.append(key, [question("three")], reply=second)
    store.save(key, [last.revised("to three", MessageStatus.COMPLETE)])

    assert [each.position for each in placed] == [1, 2, 3]
    assert store.append(key, [], reply=overtaken) == []
    assert store.append(key, [question("four")], reply=overtaken)[-1].position == 7
    assert overtaken.id == store.messages(key)[-1].id


def test_of_many_writers_of_one_id_one_is_told_it_was_theirs(store: Store, key: StepKey) -> None:
    greeting = reply()
    results = at_once(*[lambda: store.append(key, [greeting])] * 8)

    assert [[m.position for m in new] for new in results if new] == [[1]]
    assert len(store.messages(key)) == 1


def test_concurrent_appenders_get_positions_without_gap_and_stay_side_by_side(
    store: Store, key: StepKey
) -> None:
    pairs = [[question(f"{n}"), reply(f"{n}", status=MessageStatus.COMPLETE)] for n in range(10)]
    results = at_once(*[lambda pair=pair: store.append(key, pair) for pair in pairs])
    found = store.messages(key)

    assert list(range(1, 21)) == [message.position for message in found]
    assert all(q.text == r.text for q, r in zip(found[::2], found[1::2], strict=True))
    assert sorted(m.id for new in results for m in new) == sorted(m.id for m in found)


def test_equal_and_backward_times_do_not_change_the_order(store: Store, key: StepKey) -> None:
    given = [question(f"{n}", created_at=AT - timedelta(hours=n // 2)) for n in range(6)]
    store.append(key, given)

    assert [m.id for m in given] == [m.id for m in store.messages(key)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_stored_to_the_letter(store: Store, key: StepKey, text: str) -> None:
    placed = store.append(key, [question(text, author=text[:100])])
    store.save(key, draft=Draft({"text": text}, Phase.GATHER, 1))

    assert placed == store.messages(key)
    assert {"text": text} == store.draft(key).fields


def test_a_time_in_any_zone_is_kept_to_the_microsecond_in_utc(store: Store, key: StepKey) -> None:
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    store.append(key, [question(created_at=there)])
    found = store.messages(key)[0].created_at

    assert AT.isoformat() == found.astimezone(UTC).isoformat()
    assert found == AT


def test_a_newer_revision_wins_and_an_older_or_equal_one_does_not(
    store: Store, key: StepKey
) -> None:
    (placed,) = store.append(key, [reply("a")])
    newer = replace(placed, text="abc", revision=3)
    store.save(key, [newer])
    store.save(key, [replace(placed, text="ab", revision=2)])
    store.save(key, [replace(placed, text="other", revision=3)])

    assert [newer] == store.messages(key)


def test_suggested_replies_are_stored_with_the_whole_reply(store: Store, key: StepKey) -> None:
    growing = store.append(key, [reply("Who"), reply("What")])
    suggestions = ("Nurses, at night.", 'Someone "new" 🙁')
    whole = [m.revised(m.text + "?", MessageStatus.COMPLETE, suggestions) for m in growing]
    store.save(key, whole[:1])
    store.save(key, [whole[1], *store.append(key, [question()])])

    assert [each.suggestions for each in growing] == [()] * 2
    assert [suggestions, suggestions, ()] == [m.suggestions for m in store.messages(key)]


def test_a_late_writer_takes_no_suggested_replies_away(store: Store, key: StepKey) -> None:
    (growing,) = store.append(key, [reply("Who")])
    store.save(key, [growing.revised("Who?", MessageStatus.COMPLETE, ("Nurses.",))])
    store.save(key, [replace(growing, text="Who", revision=9)])

    assert [each.suggestions for each in store.messages(key)] == [("Nurses.",)]


def test_a_complete_message_stays_whatever_comes(store: Store, key: StepKey) -> None:
    (placed,) = store.append(key, [reply("a")])
    whole = replace(placed, text="whole", revision=2, status=MessageStatus.COMPLETE)
    store.save(key, [whole])
    for status in MessageStatus:
        store.save(key, [replace(placed, text="late", revision=ATTEMPT * 9, status=status)])

    assert [whole] == store.messages(key)


def test_a_placed_message_that_is_not_stored_yet_is_inserted(store: Store, key: StepKey) -> None:
    message = question(position=7)
    store.save(key, [message])

    assert [message] == store.messages(key)
    assert store.append(key, [question()])[0].position == 8


def test_saving_again_changes_nothing(store: Store, key: StepKey) -> None:
    given = [question(f"{n}", position=n) for n in (3, 1, 2)]
    for _ in range(3):
        store.save(key, given, Draft({"a": 1}, Phase.GATHER, 1))

    assert sorted(given, key=lambda m: m.position) == store.messages(key)


def test_saving_nothing_is_nothing(store: Store, key: StepKey) -> None:
    store.save(key)
    store.save(key, [])

    assert store.messages(key) == []


def test_one_id_twice_in_a_batch_is_as_if_saved_in_turn(store: Store, key: StepKey) -> None:
    (placed,) = store.append(key, [reply("a")])
    newer = replace(placed, text="abc", revision=3)
    store.save(key, [newer, replace(placed, text="ab", revision=2)])

    assert [newer] == store.messages(key)


def test_many_savers_of_one_message_leave_the_newest(store: Store, key: StepKey) -> None:
    (placed,) = store.append(key, [reply("0")])
    revisions = [replace(placed, text=str(n), revision=n) for n in range(2, 22)]
    results = at_once(*[lambda m=m: store.save(key, [m]) for m in revisions])

    assert results == [None] * 20
    assert [revisions[-1]] == store.messages(key)


def test_attempts_fit_into_a_revision(store: Store, key: StepKey) -> None:
    message = reply(revision=ATTEMPT * 1000 + 5, position=1)
    store.save(key, [message])

    assert [message] == store.messages(key)


BAD = {
    "empty id": {"id": ""},
    "no place": {"position": 0},
    "taken place": {"position": 1},
    "surrogate": {"text": "half \ud83d of it"},
    "revision": {"revision": -1},
    "a time without its zone": {"created_at": AT.replace(tzinfo=None)},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_stored_holds_back_nothing_else(
    store: Store, key: StepKey, change: dict[str, Any]
) -> None:
    (placed,) = store.append(key, [question("there")])
    good = [question(f"{n}", position=n) for n in (2, 4)]
    bad = replace(question(position=3), **change)
    draft = Draft({"a": 1}, Phase.GATHER, 1)
    with pytest.raises(Unstorable, match=re.escape(repr(bad.id)[1:])):
        store.save(key, [good[0], bad, good[1]], draft)
    with pytest.raises(Unstorable):
        store.save(key, [bad])

    assert [placed, *good] == store.messages(key)
    assert draft == store.draft(key)


def test_a_message_is_never_written_from_another_step(store: Store) -> None:
    _, teams = started(store, 2)
    key = teams[0].step_key("challenge")
    half, whole = store.append(key, [reply(status=MessageStatus.ERROR), question()])
    for other in (teams[1].step_key("challenge"), teams[0].step_key("persona")):
        good = question(position=9)
        foreign = [replace(each, text="theirs", revision=9) for each in (half, whole)]
        with pytest.raises(Unstorable, match=half.id):
            store.save(other, [*foreign, good])
        with pytest.raises(Unstorable):
            store.save(other, foreign[:1])

        assert [good] == store.messages(other)
    assert [half, whole] == store.messages(key)


def test_what_belongs_nowhere_is_refused(store: Store) -> None:
    key = StepKey(*NOWHERE, "challenge")
    with pytest.raises(Unstorable):
        store.save(key, [question(position=1)])
    with pytest.raises(Unstorable):
        store.save(key, draft=Draft({}, Phase.GATHER, 1))


def test_an_append_that_cannot_be_stored_stores_none_of_it(store: Store, key: StepKey) -> None:
    with pytest.raises(Unstorable):
        store.append(key, [question(), question("half \ud83d of it")])

    assert store.messages(key) == []


def test_a_window_of_the_transcript_is_in_order(store: Store, key: StepKey) -> None:
    store.append(key, [question(f"{n}") for n in range(1, 11)])

    def places(**window: int) -> list[int]:
        return [message.position for message in store.messages(key, **window)]

    assert places(last=3) == [8, 9, 10]
    assert places(last=2, before=7) == [5, 6]
    assert places(before=3) == [1, 2]
    assert places(since=9) == [9, 10]
    assert places(since=4, before=6) == [4, 5]
    assert places(since=4, before=6, last=1) == [5]
    assert places(last=0) == []
    assert list(range(1, 11)) == places(last=99)


def test_steps_of_a_team_and_teams_of_a_workshop_do_not_see_each_other(store: Store) -> None:
    _, teams = started(store, 2)
    keys = [team.step_key(step) for team in teams for step in ("challenge", "persona")]
    placed = [store.append(key, [question()]) for key in keys]

    assert placed == [store.messages(key) for key in keys]


# Leases


def test_a_reply_being_written_reads_as_streaming(store: Store, key: StepKey) -> None:
    store.append(key, [reply()])

    assert statuses(store, key) == [MessageStatus.STREAMING]


def statuses(store: Store, key: StepKey) -> list[MessageStatus]:
    return [message.status for message in store.messages(key)]


def test_a_reply_whose_lease_ran_out_reads_as_interrupted(opens: Opens) -> None:
    store = opens(lease=SHORT)
    key = started(store)[1][0].step_key("challenge")
    store.append(key, [reply()])
    time.sleep(SHORT * 5)

    assert statuses(store, key) == [MessageStatus.INTERRUPTED]


def test_each_write_renews_the_lease(opens: Opens) -> None:
    store = opens(lease=60.0)
    key = started(store)[1][0].step_key("challenge")
    with backdating.dated(datetime.now(UTC) - timedelta(minutes=5)):
        (message,) = store.append(key, [reply()])
    before = statuses(store, key)
    message = message.revised(message.text + ".", MessageStatus.STREAMING)
    store.save(key, [message])

    assert before == [MessageStatus.INTERRUPTED]
    assert [message] == store.messages(key)


def test_only_what_is_being_written_has_a_lease_to_run_out(opens: Opens) -> None:
    store = opens(lease=SHORT)
    key = started(store)[1][0].step_key("challenge")
    store.append(key, [reply(status=status) for status in MessageStatus])
    time.sleep(SHORT * 5)
    after = [MessageStatus.INTERRUPTED, *list(MessageStatus)[1:]]

    assert after == statuses(store, key)


def test_nobody_takes_over_what_is_complete_held_or_unknown(store: Store, key: StepKey) -> None:
    whole, held = store.append(key, [reply(status=MessageStatus.COMPLETE), reply()])

    assert [store.take_over(key, id_) for id_ in (whole.id, held.id, "unknown")] == [None] * 3
    assert [whole, held] == store.messages(key)


@pytest.mark.parametrize("status", [MessageStatus.INTERRUPTED, MessageStatus.ERROR])
def test_an_unfinished_reply_is_taken_over(
    store: Store, key: StepKey, status: MessageStatus
) -> None:
    (placed,) = store.append(key, [reply("half", status=status, revision=ATTEMPT + 7)])
    taken = replace(placed, status=MessageStatus.STREAMING, revision=2 * ATTEMPT)

    assert taken == store.take_over(key, placed.id)
    assert [taken] == store.messages(key)
    assert store.take_over(key, placed.id) is None


def test_who_takes_over_a_dead_writers_reply_outranks_it(opens: Opens) -> None:
    dying = opens(lease=SHORT)
    key = started(dying)[1][0].step_key("challenge")
    (message,) = dying.append(key, [reply("a", revision=1)])
    time.sleep(SHORT * 5)
    store = opens(lease=60.0)
    taken = store.take_over(key, message.id)
    store.save(key, [replace(message, text="the dead one's", revision=900)])
    store.save(key, [replace(message, revision=901, status=MessageStatus.COMPLETE)])

    assert [taken] == store.messages(key)


def test_of_many_who_take_over_one_does(store: Store, key: StepKey) -> None:
    (placed,) = store.append(key, [reply(status=MessageStatus.INTERRUPTED)])
    results = at_once(*[lambda: store.take_over(key, placed.id)] * 8)

    assert len([each for each in results if each is not None]) == 1
    assert not [each for each in results if isinstance(each, Exception)]


# A stop from anywhere


@pytest.mark.parametrize("revision", [1, ATTEMPT + 7])
def test_a_reply_is_stopped_whoever_writes_it_and_keeps_its_text(
    store: Store, key: StepKey, revision: int
) -> None:
    (held,) = store.append(key, [reply("half a", revision=revision)])
    store.interrupt(key, held.id)
    store.interrupt(key, held.id)
    outranking = next_attempt(revision)
    stopped = replace(held, status=MessageStatus.INTERRUPTED, revision=outranking)

    assert [stopped] == store.messages(key)


def test_nothing_the_writer_of_a_stopped_reply_still_saves_wins(store: Store, key: StepKey) -> None:
    (held,) = store.append(key, [reply("half a")])
    store.interrupt(key, held.id)
    stopped = store.messages(key)
    late = held.revised("half a loaf", MessageStatus.STREAMING)
    store.save(key, [late])
    store.save(key, [late.revised("half a loaf.", MessageStatus.COMPLETE)])

    assert stopped == store.messages(key)


def test_only_what_is_being_written_is_stopped(store: Store, team: Team) -> None:
    key, other = team.step_key("challenge"), team.step_key("ideation")
    ended = [reply(status=each) for each in MessageStatus if each is not MessageStatus.STREAMING]
    placed = store.append(key, [question(), *ended])
    elsewhere = store.append(other, [reply()])
    for message in [*placed, *elsewhere, question()]:
        store.interrupt(key, message.id)

    assert placed == store.messages(key)
    assert elsewhere == store.messages(other)


def test_a_stopped_reply_is_gone_on_with(store: Store, key: StepKey) -> None:
    (held,) = store.append(key, [reply("half a")])
    store.interrupt(key, held.id)
    taken = store.take_over(key, held.id)

    assert replace(held, revision=2 * ATTEMPT) == taken


def test_of_a_stop_and_a_last_word_at_once_the_first_stays(store: Store, key: StepKey) -> None:
    for _ in range(10):
        (held,) = store.append(key, [reply("half a")])
        whole = held.revised("a whole loaf", MessageStatus.COMPLETE)
        at_once(partial(store.interrupt, key, held.id), partial(store.save, key, [whole]))
        outranking = next_attempt(held.revision)
        stopped = replace(held, status=MessageStatus.INTERRUPTED, revision=outranking)

        assert store.messages(key)[-1] in (whole, stopped)


# Review


def test_the_overview_has_ten_cells_a_team_in_order(store: Store) -> None:
    workshop, teams = started(store, 3)
    cells = store.overview(workshop.id)

    assert [(team.id, slug) for team in teams for slug in steps.SLUGS] == [
        (cell.team_id, cell.state.step) for cell in cells
    ]
    first = StepState("challenge", Status.IN_PROGRESS, Phase.ORIENT, AT)
    assert StepOverview(teams[0].id, first, 0, 0, AT, moved_at=AT) == cells[0]
    second = StepState("stakeholder-mapping", Status.NOT_STARTED, Phase.ORIENT)
    assert StepOverview(teams[0].id, second, 0, 0, None) == cells[1]


def test_the_overview_counts_messages_and_what_is_unfinished(store: Store) -> None:
    workshop, teams = started(store, 2)
    key = teams[1].step_key("persona")
    store.append(key, [question(), *[reply(status=status) for status in MessageStatus]])
    cells = {(c.team_id, c.state.step): c for c in store.overview(workshop.id)}
    cell = cells.pop((teams[1].id, "persona"))

    assert (cell.messages, cell.unfinished) == (5, 3)
    assert {(0, 0)} == {(each.messages, each.unfinished) for each in cells.values()}


def test_what_is_told_of_another_time_is_dated_then(store: Store, team: Team) -> None:
    asked, drafted = team.step_key("challenge"), team.step_key("persona")
    with backdating.dated(LATER):
        (placed,) = store.append(asked, [question()])
        store.save(asked, [placed.revised("Why not?", MessageStatus.COMPLETE)])
        store.save(drafted, (), Draft({"personas": []}, Phase.ORIENT, 1))
    written = {c.state.step: c.last_activity for c in store.overview(team.workshop_id)}

    assert (written["challenge"], written["persona"]) == (LATER, LATER)


def test_the_overview_shows_when_a_step_was_last_written(store: Store, team: Team) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    store.save(team.step_key("challenge"), draft=Draft({"a": 1}, Phase.GATHER, 1))
    store.append(team.step_key("persona"), [question()])
    written = {c.state.step: c.last_activity for c in store.overview(team.workshop_id)}

    for slug in steps.SLUGS:
        at = written[slug]
        assert (at is not None and at > before) == (slug in ("challenge", "persona"))


def test_the_roster_is_a_workshop_its_teams_and_what_their_models_were_asked(store: Store) -> None:
    workshop, teams = started(store, 3)
    other, _ = started(store, 1)
    for number, team in enumerate((teams[2], teams[2], teams[0])):
        store.record_call(call(team.key, id=f"call-{number}"))

    assert store.roster(workshop.id) == (workshop, teams, store.usage(workshop.id))
    assert sorted(each.calls for each in store.usage(workshop.id)) == [1, 2]
    assert store.roster(other.id)[2] == []


def test_a_workshop_without_teams_has_a_roster_and_an_unknown_one_has_none(store: Store) -> None:
    workshop = Workshop(new_id(), "T", "C", AT)
    store.create_workshop(workshop, [])

    assert store.roster(workshop.id) == (workshop, [], [])
    with pytest.raises(NotFound):
        store.roster("unknown")


def seen(store: Store, team: Team, step: str) -> StepOverview:
    """Return one cell of the overview."""
    cells = store.overview(team.workshop_id)
    return next(c for c in cells if (c.team_id, c.state.step) == (team.id, step))


def test_the_overview_says_when_a_team_has_come(store: Store, team: Team) -> None:
    assert seen(store, team, "challenge").arrived_at is None
    first, later = team.step_key("challenge"), team.step_key("persona")
    (greeting, _) = store.append(first, [replace(question(), created_at=LATER), question()])
    store.append(later, [question()])

    assert seen(store, team, "challenge").arrived_at == greeting.created_at == LATER
    assert seen(store, team, "persona").arrived_at is None


def test_the_overview_counts_what_the_guide_has_failed_at(store: Store, team: Team) -> None:
    statuses = [MessageStatus.ERROR, MessageStatus.INTERRUPTED, MessageStatus.ERROR]
    store.append(team.step_key("persona"), [reply(status=status) for status in statuses])

    assert (seen(store, team, "persona").unfinished, seen(store, team, "persona").errors) == (3, 2)
    assert seen(store, team, "challenge").errors == 0


def test_the_overview_says_since_when_a_step_is_what_it_is(store: Store, team: Team) -> None:
    move(store, team, "challenge", Event.CONFIRM, LATER)

    assert seen(store, team, "challenge").moved_at == LATER
    assert seen(store, team, "stakeholder-mapping").moved_at == LATER
    assert seen(store, team, "validate").moved_at is None


def test_the_overview_says_that_a_step_was_completed_with_gaps_while_it_is(
    store: Store, team: Team
) -> None:
    move(store, team, "challenge", Event.OVERRIDE, AT, reason="No time")
    assert seen(store, team, "challenge").overridden

    move(store, team, "challenge", Event.REVISE, AT)
    assert not seen(store, team, "challenge").overridden

    move(store, team, "challenge", Event.CONFIRM, AT)
    assert not seen(store, team, "challenge").overridden


def test_the_overview_says_since_when_a_team_is_stuck(store: Store) -> None:
    workshop, (one, other) = started(store, 2)
    for at, id_ in ((AT, "first"), (LATER, "second")):
        store.post(workshop.id, Note(id_, Kind.FLAG, one.id, "Ada", "", at))
    store.post(workshop.id, Note("told", Kind.MESSAGE, other.id, "Facilitator", "Hm", AT))
    assert {c.flagged_at for c in store.overview(workshop.id) if c.team_id == one.id} == {AT}
    assert seen(store, other, "challenge").flagged_at is None

    store.close_note(workshop.id, "first", Closing(one.id, "Ada", LATER))
    assert seen(store, one, "persona").flagged_at == LATER

    store.close_note(workshop.id, "second", Closing(one.id, "Ada", LATER))
    assert seen(store, one, "persona").flagged_at is None


def move(
    store: Store,
    team: Team,
    step: str,
    event: Event,
    at: datetime,
    reason: str = "",
    artifact: Any = None,
) -> None:
    statuses = {slug: state.status for slug, state in store.steps(team.key).items()}
    first, *others = decide(statuses, step, event)
    changes = [replace(first, reason=reason), *others]
    store.apply(team.key, Decision(changes, "Ada", at, artifact=artifact))


# Replies written anew


def whole(store: Store, key: StepKey, text: str = "Who?") -> Message:
    """Store a question with its whole reply; return the reply."""
    _, growing = store.append(key, [question(), reply("")])
    done = growing.revised(text, MessageStatus.COMPLETE, ("Nurses.",))
    store.save(key, [done])
    return done


def test_teams_wait_whose_next_step_nobody_started(store: Store) -> None:
    workshop, (one, two, _at_work) = started(store, 3)
    other, (elsewhere,) = started(store)
    archived, (put_away,) = started(store)
    for team in (two, one, elsewhere, put_away):
        confirmed = decide(now(store, team), "challenge", Event.CONFIRM)[:1]
        store.apply(team.key, Decision(confirmed, "Ada", LATER))
    store.archive(archived.id, LATER)

    assert store.waiting_teams(workshop.id) == [one.key, two.key]
    assert store.waiting_teams(other.id) == [elsewhere.key]
    assert set(store.waiting_teams()) >= {one.key, two.key, elsewhere.key}
    assert put_away.key not in store.waiting_teams()


def test_a_reply_is_begun_again_empty_and_what_it_said_is_archived(
    store: Store, key: StepKey
) -> None:
    done = whole(store, key)
    begun = store.discard(key, done.id)
    expected = replace(
        done, text="", suggestions=(), status=MessageStatus.STREAMING, revision=ATTEMPT
    )

    assert begun == expected
    assert store.messages(key)[1:] == [expected]
    assert [(each.message_id, each.text) for each in store.discarded(key)] == [(done.id, "Who?")]


def test_no_late_writer_brings_a_discarded_reply_back(store: Store, key: StepKey) -> None:
    done = whole(store, key)
    begun = store.discard(key, done.id)
    assert begun is not None
    for late in (done, replace(done, revision=done.revision + 99, status=MessageStatus.ERROR)):
        store.save(key, [late])
    assert [each.text for each in store.messages(key)][1:] == [""]

    again = begun.revised("And who?", MessageStatus.COMPLETE)
    store.save(key, [again])
    for late in (done, replace(begun, revision=again.revision + 5), replace(done, revision=7)):
        store.save(key, [late])
    assert store.messages(key)[1:] == [again]


def test_a_reply_may_be_discarded_again_and_each_text_is_kept(store: Store, key: StepKey) -> None:
    done = whole(store, key)
    for text in ("Second.", "Third."):
        begun = store.discard(key, done.id)
        assert begun is not None
        store.save(key, [begun.revised(text, MessageStatus.COMPLETE)])

    assert [each.text for each in store.discarded(key)] == ["Who?", "Second."]
    assert store.messages(key)[-1].text == "Third."


def test_only_the_guides_whole_last_word_is_discarded(store: Store, key: StepKey) -> None:
    asked, growing = store.append(key, [question(), reply("So")])
    tried = [store.discard(key, each) for each in (asked.id, growing.id, "unknown")]
    store.save(key, [growing.revised("So?", MessageStatus.COMPLETE)])
    (following,) = store.append(key, [question("More")])
    tried += [store.discard(key, each) for each in (growing.id, following.id)]

    assert tried == [None] * 5
    assert [each.text for each in store.messages(key)] == ["Why?", "So?", "More"]
    assert store.discarded(key) == []


def test_of_many_who_discard_one_reply_one_writes_it_anew(store: Store, key: StepKey) -> None:
    done = whole(store, key)
    results = at_once(*[lambda: store.discard(key, done.id)] * 6)

    assert sum(each is not None for each in results) == 1
    assert len(store.discarded(key)) == 1


def test_discarding_and_asking_at_once_happen_one_after_the_other(
    store: Store, key: StepKey
) -> None:
    for _ in range(10):
        done = whole(store, key)
        begun, _ = at_once(
            lambda done=done: store.discard(key, done.id),  # type: ignore[misc]
            lambda: store.append(key, [question("More")]),
        )
        last, more = store.messages(key)[-2:]

        assert (last.id, more.text) == (done.id, "More")
        assert (last.text == "") == (begun is not None)


# What older conversations came to


def test_what_is_remembered_is_read_back_to_the_letter(store: Store, key: StepKey) -> None:
    assert store.recollection(key, 0) is None
    for place, text in enumerate([each for each in TEXTS.values() if each], 1):
        store.remember(key, 0, Recollection(place, text))

        assert store.recollection(key, 0) == Recollection(place, text)


def test_of_two_recollections_the_one_that_covers_more_stays(store: Store, key: StepKey) -> None:
    for upto, text in [(8, "eight"), (5, "five"), (8, "again"), (9, "nine")]:
        store.remember(key, 0, Recollection(upto, text))
        expected = {8: "eight", 5: "eight", 9: "nine"}[upto]

        assert getattr(store.recollection(key, 0), "text", "") == expected


def test_what_is_remembered_belongs_to_one_era_of_one_step_of_one_team(store: Store) -> None:
    _, (ours, theirs) = started(store, teams=2)
    key = ours.step_key("challenge")
    store.remember(key, 0, Recollection(8, "ours"))
    store.remember(theirs.step_key("challenge"), 0, Recollection(9, "theirs"))

    assert store.recollection(key, 0) == Recollection(8, "ours")
    assert store.recollection(key, 1) is None
    assert store.recollection(ours.step_key("persona"), 0) is None
    assert store.recollection(StepKey(*NOWHERE, "challenge"), 0) is None


def test_nothing_is_remembered_of_nowhere_and_nothing_empty(store: Store, key: StepKey) -> None:
    refused = [
        (StepKey(*NOWHERE, "challenge"), 0, Recollection(1, "x")),
        (key, 0, Recollection(0, "x")),
        (key, 0, Recollection(1, "")),
        (key, -1, Recollection(1, "x")),
    ]
    for each in refused:
        with pytest.raises(Unstorable):
            store.remember(*each)

    assert store.recollection(key, 0) is None


# Calls of models


def call(team: TeamKey | None, outcome: str = "complete", **fields: Any) -> Call:
    told = Call(team, "challenge", "turn", "model", "0123", 1_000, 50, False, 1.5, outcome)
    return replace(told, **fields)


def test_what_the_calls_of_each_team_come_to_is_one_line_a_team(store: Store) -> None:
    workshop, (one, two) = started(store, teams=2)
    _, (other,) = started(store)
    outcomes = ("complete", "stopped", "rate_limit", "cut")
    for each in [*(call(one.key, outcome) for outcome in outcomes), call(two.key), call(other.key)]:
        store.record_call(each)
    expected = {TeamUsage(one.id, 4, 4_000, 200, 2), TeamUsage(two.id, 1, 1_000, 50, 0)}

    assert set(store.usage(workshop.id)) == expected
    assert store.usage("unknown") == []


def test_a_call_is_recorded_once_however_often_it_is_told(store: Store, team: Team) -> None:
    told = call(team.key)
    for _ in range(3):
        store.record_call(told)

    assert [each.calls for each in store.usage(team.workshop_id)] == [1]


def test_a_call_of_nobody_is_refused(store: Store, team: Team) -> None:
    for lost in (None, NOWHERE, TeamKey(team.workshop_id, "no-team")):
        with pytest.raises(Unstorable):
            store.record_call(call(lost))

    assert store.usage(team.workshop_id) == []


# Earlier drafts


def drafted(store: Store, key: StepKey, *saves: Draft) -> None:
    """Save one draft after the other, each made from the one that is stored."""
    for draft in saves:
        base = store.draft(key)
        made = replace(draft, revision=base.revision + 1, epoch=base.epoch, base=base)
        store.save(key, draft=made)


def test_a_draft_is_kept_when_something_is_taken_out_of_it(store: Store, key: StepKey) -> None:
    before = datetime.now(UTC)
    grown = [Draft({"a": text}) for text in ("Nurses 🙂", "Night nurses 🙂")]
    drafted(store, key, *grown, Draft({"a": "Night"}, by="Ben"), Draft({}, by="Cleo"))
    found = store.earlier_drafts(key, 100)

    assert [(each.fields, each.by) for each in found] == [
        ({"a": "Night"}, "Cleo"),
        ({"a": "Night nurses 🙂"}, "Ben"),
    ]
    assert [(each.epoch, each.revision) for each in found] == [(0, 3), (0, 2)]
    assert all(abs((each.at - before).total_seconds()) < 3600 for each in found)
    assert [found[0]] == store.earlier_drafts(key, 1)


def test_a_draft_that_is_saved_with_messages_is_kept_too(store: Store, key: StepKey) -> None:
    drafted(store, key, Draft({"a": "Nurses"}))
    (placed,) = store.append(key, [question()])
    (answer,) = store.append(key, [reply()])
    base = store.draft(key)
    messages = [answer.revised("Whole", MessageStatus.COMPLETE)]
    store.save(key, messages, Draft({}, revision=2, base=base, by="Guide"))

    assert [each.fields for each in store.earlier_drafts(key, 9)] == [{"a": "Nurses"}]
    assert [each.text for each in store.messages(key)] == [placed.text, "Whole"]


def test_a_save_that_is_repeated_or_comes_too_late_keeps_nothing_more(
    store: Store, key: StepKey
) -> None:
    drafted(store, key, Draft({"a": "Nurses"}))
    base = store.draft(key)
    late, emptied = Draft({}, revision=2, base=base), Draft({"b": 1}, revision=2, base=base)
    store.save(key, draft=emptied)
    store.save(key, draft=emptied)
    with pytest.raises(Conflict):
        store.save(key, draft=replace(late, revision=3))

    assert [each.fields for each in store.earlier_drafts(key, 9)] == [{"a": "Nurses"}]


def test_earlier_drafts_outlast_a_reset_and_what_it_empties_is_one(
    store: Store, team: Team, key: StepKey
) -> None:
    drafted(store, key, Draft({"a": "Nurses"}), Draft({"a": "Cooks"}, by="Ben"))
    changes = decide(now(store, team), "challenge", Event.RESET)
    store.apply(team.key, Decision(changes, "Ada", LATER, undoable=True))
    drafted(store, key, Draft({"a": "Doctors"}), Draft({}, by="Cleo"))
    found = store.earlier_drafts(key, 9)

    assert [(each.fields, each.by, each.epoch) for each in found] == [
        ({"a": "Doctors"}, "Cleo", 1),
        ({"a": "Cooks"}, "Ada", 0),
        ({"a": "Nurses"}, "Ben", 0),
    ]


def test_earlier_drafts_of_one_step_are_no_others(store: Store) -> None:
    (one, other) = started(store, teams=2)[1]
    for team, text in ((one, "ours"), (other, "theirs")):
        drafted(store, team.step_key("challenge"), Draft({"a": text}), Draft({}))

    assert [e.fields for e in store.earlier_drafts(one.step_key("challenge"), 9)] == [{"a": "ours"}]
    assert store.earlier_drafts(one.step_key("persona"), 9) == []
    assert store.earlier_drafts(StepKey(*NOWHERE, "challenge"), 9) == []


def test_earlier_drafts_are_bounded(
    store: Store, key: StepKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_history, "MAX_KEPT", 5)
    monkeypatch.setattr(draft_history, "NEWEST", 3)
    drafted(store, key, *(Draft({"a": number}) for number in range(12)))
    found = [each.fields["a"] for each in store.earlier_drafts(key, 100)]

    assert (len(found), found[:3], found[-1]) == (5, [10, 9, 8], 0)


# Interviews


def interview(text: str = "Ada: I wait. Then I leave.") -> StoredInterview:
    return StoredInterview(new_id(), "Ben", read_text("Ada", text))


def test_an_interview_is_kept_once_and_in_order(store: Store, key: StepKey) -> None:
    first, second = interview(), interview("Bo: No.")
    for each in (first, second, first, replace(second, author="Cleo")):
        store.add_interview(key, each)

    assert [tuple(each) for each in store.interviews(key)] == [
        (first.id, "Ada", "Ben"),
        (second.id, "Ada", "Ben"),
    ]
    kept = store.interview(key, first.id)
    assert kept == replace(first, position=1)
    assert store.interview(key, new_id()) is None
    assert store.interview(key._replace(step="persona"), first.id) is None


def test_who_is_who_in_an_interview_changes_only_from_what_is_stored(
    store: Store, key: StepKey
) -> None:
    kept = interview()
    store.add_interview(key, kept)
    named = replace(kept.interview, names={"Ada": "Ada Obi"})
    store.change_interview(key, replace(kept, interview=named, revision=2))
    with pytest.raises(Conflict):
        store.change_interview(key, replace(kept, revision=2))

    found = store.interview(key, kept.id)
    assert found is not None
    assert found.interview.shown("Ada") == "Ada Obi"
    assert found.interview.text == kept.interview.text


def test_a_step_keeps_a_bounded_number_of_interviews(store: Store, key: StepKey) -> None:
    for _ in range(MAX_INTERVIEWS):
        store.add_interview(key, interview())
    with pytest.raises(Conflict, match="at most"):
        store.add_interview(key, interview())
    assert len(store.interviews(key)) == MAX_INTERVIEWS


def test_no_interview_is_kept_for_a_step_that_does_not_exist(store: Store) -> None:
    with pytest.raises(NotFound):
        store.add_interview(StepKey(*NOWHERE, "user-research"), interview())
