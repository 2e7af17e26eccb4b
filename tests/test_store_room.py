"""What every store promises while a workshop is run: its agenda, its notes, and its end."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from lib.store import backdating, open_store
from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.port import Store
from lib.workshop import agenda as agenda_
from lib.workshop.agenda import Agenda, Timer
from lib.workshop.choices import Choice, How
from lib.workshop.ids import new_id, new_link
from lib.workshop.notes import Closing, Kind, Note, NoteRecord
from lib.workshop.read_back import ReadBack
from lib.workshop.records import Aside, Code, Draft, Recollection, Team, TeamKey, Unsent, Workshop
from lib.workshop.transcript import MessageStatus
from lib.workshop.updates import Outcome, Update
from lib.workshop.usage import Call
from lib.workshop.views import Briefing, Desk
from tests.fakes import eventually
from tests.test_store_contract import (
    AT,
    LATER,
    NOWHERE,
    at_once,
    confirm,
    opens,
    question,
    reply,
    started,
    store,
)

__all__ = ["opens", "store"]


@pytest.fixture
def two(store: Store) -> list[Team]:
    return started(store, teams=2)[1]


def first(**changes: object) -> Agenda:
    return replace(Agenda(revision=1), **changes)


def note(team: Team | None = None, text: str = "Five more minutes 🙂", **changes: object) -> Note:
    made = Note(new_id(), Kind.MESSAGE, team.id if team else None, "Facilitator", text, AT)
    return replace(made, **changes)


def flag(team: Team, text: str = "We do not get the dip.", **changes: object) -> Note:
    return note(team, text, kind=Kind.FLAG, author="Ada", **changes)


def close(store: Store, team: Team, note: Note, by: str = "Ada") -> None:
    store.close_note(team.workshop_id, note.id, Closing(team.id, by, LATER))


# The agenda


def test_a_workshop_begins_with_the_plain_agenda(store: Store, two: list[Team]) -> None:
    workshop_id = two[0].workshop_id

    assert store.agenda(workshop_id) == Agenda()
    assert store.briefing(two[0].key) == Briefing()
    assert store.desk(workshop_id) == Desk()


@pytest.mark.parametrize(
    "timer", [None, Timer("persona", LATER), Timer("persona", None, 61.5), Timer("ideation", None)]
)
def test_an_agenda_is_read_back_as_it_was_saved(
    store: Store, two: list[Team], timer: Timer | None
) -> None:
    agenda = first(plan=agenda_.planned(Agenda(), {"persona": 45}).plan, timer=timer)
    store.save_agenda(two[0].workshop_id, replace(agenda, open_until="persona"))
    expected = replace(agenda, open_until="persona")

    assert store.agenda(two[0].workshop_id) == expected
    assert store.briefing(two[1].key).agenda == expected
    assert store.desk(two[0].workshop_id).agenda == expected


def test_a_saved_agenda_is_changed_by_the_next(store: Store, two: list[Team]) -> None:
    store.save_agenda(two[0].workshop_id, first(open_until="persona"))
    store.save_agenda(two[0].workshop_id, Agenda(revision=2, timer=Timer("persona", LATER)))

    assert store.agenda(two[0].workshop_id) == Agenda(revision=2, timer=Timer("persona", LATER))


@pytest.mark.parametrize("revision", [1, 3, 7])
def test_an_agenda_made_from_another_than_is_stored_is_a_conflict(
    store: Store, two: list[Team], revision: int
) -> None:
    store.save_agenda(two[0].workshop_id, first(open_until="persona"))
    with pytest.raises(Conflict):
        store.save_agenda(two[0].workshop_id, Agenda(revision=revision))

    assert store.agenda(two[0].workshop_id) == first(open_until="persona")


def test_an_agenda_that_never_was_is_no_base(store: Store, two: list[Team]) -> None:
    with pytest.raises(Conflict):
        store.save_agenda(two[0].workshop_id, Agenda(revision=2))

    assert store.agenda(two[0].workshop_id) == Agenda()


def test_saving_the_same_agenda_again_is_no_conflict(store: Store, two: list[Team]) -> None:
    for _ in range(2):
        store.save_agenda(two[0].workshop_id, first(open_until="persona"))

    assert store.agenda(two[0].workshop_id) == first(open_until="persona")


def test_of_two_facilitators_in_the_same_moment_one_is_told(store: Store, two: list[Team]) -> None:
    workshop_id = two[0].workshop_id
    told = at_once(
        *(
            lambda until=until: store.save_agenda(workshop_id, first(open_until=until))
            for until in ("challenge", "persona", "ideation")
        )
    )

    assert sorted(type(each).__name__ for each in told) == ["Conflict", "Conflict", "NoneType"]


# Notes


def test_a_message_to_all_reaches_every_team_of_the_workshop(store: Store, two: list[Team]) -> None:
    elsewhere = started(store)[1][0]
    sent = note()
    store.post(two[0].workshop_id, sent)

    assert [store.briefing(team.key).messages for team in two] == [[sent], [sent]]
    assert store.briefing(elsewhere.key).notes == ()


def test_a_message_to_one_team_reaches_no_other(store: Store, two: list[Team]) -> None:
    sent = note(two[1])
    store.post(two[0].workshop_id, sent)

    assert [store.briefing(team.key).messages for team in two] == [[], [sent]]


def test_notes_come_in_the_order_they_were_sent(store: Store, two: list[Team]) -> None:
    sent = [note(text=str(n), at=AT + timedelta(seconds=n)) for n in (3, 1, 2)]
    for each in sent:
        store.post(two[0].workshop_id, each)

    assert [each.text for each in store.briefing(two[0].key).notes] == ["3", "1", "2"]


def test_a_team_that_closed_a_message_to_all_is_not_shown_it_and_others_are(
    store: Store, two: list[Team]
) -> None:
    sent = note()
    store.post(two[0].workshop_id, sent)
    close(store, two[0], sent)

    assert [store.briefing(team.key).messages for team in two] == [[], [sent]]
    assert store.desk(two[0].workshop_id).records == (
        NoteRecord(sent, (Closing(two[0].id, "Ada", LATER),)),
    )


def test_a_note_posted_twice_is_there_once_as_it_was_first(store: Store, two: list[Team]) -> None:
    sent = note()
    store.post(two[0].workshop_id, sent)
    store.post(two[0].workshop_id, replace(sent, text="Changed"))

    assert store.briefing(two[0].key).notes == (sent,)


def test_who_closes_a_note_first_stays(store: Store, two: list[Team]) -> None:
    raised = flag(two[0])
    store.post(two[0].workshop_id, raised)
    close(store, two[0], raised, by="Facilitator")
    close(store, two[0], raised, by="Ada")

    assert [c.by for c in store.desk(two[0].workshop_id).records[0].closings] == ["Facilitator"]


def test_a_flag_is_seen_by_its_team_and_the_facilitator_until_it_is_lowered(
    store: Store, two: list[Team]
) -> None:
    raised = flag(two[0])
    store.post(two[0].workshop_id, raised)
    before = [store.briefing(team.key).flags for team in two]
    up = [each.is_raised for each in store.desk(two[0].workshop_id).records]
    close(store, two[0], raised)

    assert (before, up) == ([[raised], []], [True])
    assert store.briefing(two[0].key).flags == []
    assert store.desk(two[0].workshop_id).records == (
        NoteRecord(raised, (Closing(two[0].id, "Ada", LATER),)),
    )


def test_a_raised_flag_stays_on_the_desk_however_many_notes_come_after_it(
    store: Store, two: list[Team]
) -> None:
    raised, lowered = flag(two[0]), flag(two[1])
    for each in (raised, lowered):
        store.post(two[0].workshop_id, each)
    close(store, two[1], lowered)
    for n in range(60):
        store.post(two[0].workshop_id, note(at=AT + timedelta(minutes=n + 1)))
    records = store.desk(two[0].workshop_id).records

    assert [each.note for each in records if each.note.kind is Kind.FLAG] == [raised]
    assert len(records) == 51


def test_a_note_from_another_workshop_cannot_be_closed_here(store: Store, two: list[Team]) -> None:
    stranger = started(store)[1][0]
    sent = note()
    store.post(two[0].workshop_id, sent)
    with pytest.raises(Unstorable):
        close(store, stranger, sent)
    with pytest.raises(Unstorable):
        store.close_note(two[0].workshop_id, sent.id, Closing(stranger.id, "Ada", LATER))

    assert store.briefing(two[0].key).messages == [sent]


@pytest.mark.parametrize(
    "write",
    [
        lambda store, team: store.post(NOWHERE.workshop_id, note()),
        lambda store, team: store.post(team.workshop_id, replace(note(), team_id="nobody")),
        lambda store, team: store.save_agenda(NOWHERE.workshop_id, first()),
        lambda store, team: store.close_note(
            team.workshop_id, "nothing", Closing(team.id, "Ada", LATER)
        ),
    ],
    ids=["note", "note to nobody", "agenda", "closing"],
)
def test_what_belongs_nowhere_is_refused(
    store: Store, two: list[Team], write: Callable[[Store, Team], None]
) -> None:
    with pytest.raises(Unstorable):
        write(store, two[0])

    assert store.desk(two[0].workshop_id) == Desk()


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.agenda(NOWHERE.workshop_id),
        lambda store: store.briefing(NOWHERE),
        lambda store: store.desk(NOWHERE.workshop_id),
        lambda store: store.archive(NOWHERE.workshop_id, AT),
        lambda store: store.delete(NOWHERE.workshop_id, AT),
    ],
    ids=["agenda", "briefing", "desk", "archive", "delete"],
)
def test_an_unknown_workshop_is_not_found(store: Store, ask: Callable[[Store], None]) -> None:
    with pytest.raises(NotFound):
        ask(store)


# Putting away


def test_a_workshop_is_archived_and_taken_out_again(store: Store) -> None:
    workshop, (team,) = started(store)
    store.archive(workshop.id, LATER)
    away = store.workshop(workshop.id), store.briefing(team.key), store.desk(workshop.id)
    store.archive(workshop.id, None)

    assert [each.archived_at for each in away] == [LATER, LATER, LATER]
    assert away[1].is_put_away
    assert store.workshop(workshop.id) == workshop
    assert store.briefing(team.key) == Briefing()


def test_a_deleted_workshop_is_all_there_until_its_time_has_come(store: Store) -> None:
    workshop, (team,) = started(store)
    store.delete(workshop.id, LATER)
    store.erase(workshop.id, LATER - timedelta(microseconds=1))

    assert store.workshops() == [replace(workshop, erase_at=LATER)]
    assert store.briefing(team.key).erase_at == LATER
    assert store.steps(team.key)["challenge"].status == "in_progress"


def test_a_deletion_that_was_taken_back_erases_nothing(store: Store) -> None:
    workshop, (team,) = started(store)
    store.delete(workshop.id, LATER)
    store.delete(workshop.id, None)
    store.erase(workshop.id, LATER + timedelta(days=1))

    assert store.workshop(workshop.id) == workshop
    assert store.team_by_link(team.link) == team


def filled(store: Store) -> tuple[Workshop, list[Team]]:
    """Return a workshop with something of every kind in it."""
    workshop, teams = started(store, teams=2)
    for team in teams:
        key = team.step_key("challenge")
        answer = store.append(key, [question()], reply=reply())[1]
        store.take_over(key, answer.id)
        for revision, fields in enumerate(({"target_user": "Nurses"}, {}), start=1):
            store.save(key, draft=Draft(fields, revision=revision, base=store.draft(key)))
        store.save(key, [replace(answer, status=MessageStatus.COMPLETE, revision=2**33)])
        again = store.discard(key, answer.id)
        assert again is not None
        whole = again.revised("Well", MessageStatus.COMPLETE)
        before = store.draft(key)
        draft = Draft({"target_user": "Cooks"}, before.phase, 3, base=before)
        update = Update.between(whole.id, before, draft)
        assert store.finish(key, whole, Outcome(draft, update, read_back=ReadBack()))
        chosen = Choice(whole.id, "offer/0", How.ACCEPTED, "Ada", 1, whole.revision)
        assert store.choose(key, chosen, replace(draft, revision=4, base=draft.stored()))
        store.set_aside(key, Aside("hmw_statement", new_id(), "Ada", "x", 1))
        store.keep_unsent(key, Unsent(new_id(), "Hm", 1))
        store.remember(key, 0, Recollection(1, "They talked."))
        store.record_call(
            Call(team.key, "challenge", new_id(), "m", "h", 1, 1, False, 0.1, "complete")
        )
        confirm(store, team, "challenge", artifact={"problem_statement": "x"}, summary="x")
        store.post(workshop.id, flag(team))
    sent = note()
    store.post(workshop.id, sent)
    close(store, teams[0], sent)
    store.save_agenda(workshop.id, first())
    return workshop, teams


def test_an_erased_workshop_is_gone_with_all_that_was_in_it_and_no_other(store: Store) -> None:
    kept, (other,) = started(store)
    store.append(other.step_key("challenge"), [question("Still here?")])
    workshop, teams = filled(store)
    store.delete(workshop.id, LATER)
    store.erase(workshop.id, LATER)
    key = teams[0].step_key("challenge")

    assert store.workshops() == [kept]
    assert store.teams(workshop.id) == []
    assert store.events(workshop.id) == []
    assert store.usage(workshop.id) == []
    assert (store.messages(key), store.versions(key), store.asides(key)) == ([], [], [])
    for ask in (
        lambda: store.workshop(workshop.id),
        lambda: store.briefing(teams[0].key),
        lambda: store.steps(teams[0].key),
        lambda: store.team_by_link(teams[0].link),
    ):
        with pytest.raises(NotFound):
            ask()
    assert [each.text for each in store.messages(other.step_key("challenge"))] == ["Still here?"]


def test_nothing_is_left_of_an_erased_workshop_in_any_table(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    workshop, _ = filled(store)
    before = rows_of(sqlite_url, workshop)
    store.delete(workshop.id, LATER)
    store.erase(workshop.id, LATER)
    store.close()

    mine = {"workshops", "teams", "steps", "messages", "discarded", "recollections", "guide_calls"}
    mine |= {"draft_history", "reply_updates", "choices"}
    mine |= {"asides", "unsent", "artifact_versions", "events", "agendas", "notes", "closed_notes"}
    assert {table for table, rows in before.items() if rows} >= mine
    assert set(rows_of(sqlite_url, workshop).values()) == {0}


def rows_of(url: str, workshop: Workshop) -> dict[str, int]:
    """Return how many rows of a workshop each table has that knows workshops."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            look = inspect(connection)
            tables = [
                table
                for table in look.get_table_names()
                if any(column["name"] == "workshop_id" for column in look.get_columns(table))
            ]
            return {
                table: connection.execute(
                    text(f"SELECT count(*) FROM {table} WHERE workshop_id = :id"),
                    {"id": workshop.id},
                ).scalar_one()
                for table in tables
            }
    finally:
        engine.dispose()


def test_pruning_erases_what_is_due_one_workshop_at_a_time(store: Store) -> None:
    long_ago, some_day = AT, datetime.now(UTC) + timedelta(days=1)
    kept, later = started(store)[0], started(store)[0]
    due = [filled(store)[0] for _ in range(2)]
    for workshop in due:
        store.delete(workshop.id, long_ago)
    store.delete(later.id, some_day)
    more = [store.prune() for _ in range(3)]

    assert more == [True, False, False]
    assert {each.id for each in store.workshops()} == {kept.id, later.id}


def test_pruning_forgets_what_has_expired(store: Store) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    _, teams = started(store, teams=2)
    store.keep_pass("old", now + timedelta(milliseconds=1))
    store.keep_pass("valid", now + day)
    store.set_code(teams[0].key, Code("VALIDVAL", now + day))
    assert eventually(lambda: datetime.now(UTC) > now + timedelta(milliseconds=1))
    store.attempt("passcode", "somebody", 60.0)
    store.prune()

    assert (store.holds_pass("old"), store.holds_pass("valid")) == (False, True)
    assert store.team_by_code("VALIDVAL") == teams[0]
    assert store.attempt("passcode", "somebody", 60.0) == 2


def test_what_has_expired_leaves_the_tables(sqlite_url: str) -> None:
    store, now = open_store(sqlite_url), datetime.now(UTC)
    _, teams = started(store, teams=2)
    store.keep_pass("old", now - timedelta(seconds=1))
    with backdating.dated(now - timedelta(days=2)):
        store.attempt("passcode", "old", 60.0)
    with backdating.dated(now - timedelta(days=9)):
        store.set_code(teams[1].key, Code("FORGOTTN", now - timedelta(days=8)))
    with backdating.dated(now - timedelta(days=2)):
        store.set_code(teams[0].key, Code("LONGPAST", now - timedelta(days=2)))
        store.set_code(teams[1].key, Code("JUSTPAST", now - timedelta(hours=2)))
    store.attempt("passcode", "new", 60.0)
    store.prune()
    store.close()

    assert everything_in(sqlite_url, "passes") == []
    assert [row.who for row in everything_in(sqlite_url, "attempts")] == ["new"]
    assert "LONGPAST" not in [row.code for row in everything_in(sqlite_url, "codes")]
    # An expired code still has a message of its own for a week.
    issued = {row.code for row in everything_in(sqlite_url, "issued_codes")}
    assert issued == {"LONGPAST", "JUSTPAST"}


def everything_in(url: str, table: str) -> list[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(f"SELECT * FROM {table}")))
    finally:
        engine.dispose()


@pytest.mark.postgres
def test_servers_that_prune_at_once_take_different_workshops(postgres_url: str) -> None:
    stores = [open_store(postgres_url) for _ in range(4)]
    kept = started(stores[0])[0]
    for _ in range(8):
        stores[0].delete(filled(stores[0])[0].id, AT)

    def prune_all(store: Store) -> None:
        while store.prune():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prune_all, stores))
    left = [each.id for each in stores[0].workshops()]
    for each in stores:
        each.close()

    assert left == [kept.id]


SECRET = "The head of nursing shouted at Ines Okafor"


def said_everywhere(store: Store) -> Workshop:
    """Return a workshop that holds the secret in every kind of row."""
    workshop, teams = filled(store)
    for team in teams:
        key = team.step_key("persona")
        store.append(key, [question(f"{SECRET} {number}" * 40) for number in range(40)])
        store.save(key, (), Draft({"name": SECRET * 200}, revision=1))
        store.save(key, (), Draft({"name": SECRET}, revision=2))
        store.keep_unsent(key, Unsent(new_id(), SECRET, 1))
    return workshop


def legible(folder: Path) -> list[str]:
    """Return the database's files that hold the secret."""
    found = sorted(folder.glob("workshop.db*"))
    return [file.name for file in found if SECRET.encode() in file.read_bytes()]


def test_an_erased_workshop_is_legible_in_none_of_the_files(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = open_store(sqlite_url)
    # The first round empties what an earlier server may have left.
    store.prune()
    workshop = said_everywhere(store)
    before = legible(tmp_path)
    store.delete(workshop.id, AT)
    while store.prune():
        pass
    # Asked while the store is open: closing it would empty the log by itself.
    after = legible(tmp_path)
    store.close()

    assert before != []
    assert after == []
    assert legible(tmp_path) == []


def test_a_log_that_is_being_read_is_emptied_in_the_next_round(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = open_store(sqlite_url)
    workshop = said_everywhere(store)
    store.delete(workshop.id, AT)
    reader = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    store.prune()
    meanwhile = legible(tmp_path)
    reader.close()
    store.prune()
    after = legible(tmp_path)
    store.close()

    assert meanwhile != []
    assert after == []


def test_erasing_twice_or_what_never_was_does_nothing(store: Store) -> None:
    workshop, _ = started(store)
    store.delete(workshop.id, AT)
    for _ in range(2):
        store.erase(workshop.id, AT)
    store.erase("never", AT)

    assert store.workshops() == []


def test_an_erased_workshops_links_may_be_given_again(store: Store) -> None:
    workshop, (team,) = started(store)
    store.delete(workshop.id, AT)
    store.erase(workshop.id, AT)
    again = Workshop(new_id(), "Again", "x", AT)
    taken = Team(again.id, new_id(), "Team", team.link, 1)
    store.create_workshop(again, [taken])

    assert store.team_by_link(team.link) == taken
    assert TeamKey(again.id, taken.id) == taken.key
    assert new_link() != team.link
