"""Random histories of a workshop: two servers, crashes, and every promise after each act."""

from dataclasses import replace
from typing import Any

import pytest

from lib.store import open_store
from lib.store.port import Decision
from lib.store.sql.store import SqlStore
from lib.workshop.records import TeamKey
from tests import histories
from tests.fakes import new_step
from tests.servers import Server

#: Histories in which something is found, whatever is drawn.
MANY = 1_000


def test_over_generated_histories_every_promise_holds() -> None:
    wanted = ("confirm", "revise", "reset", "undo", "still_valid", "crashes", "in between", "words")
    with histories.files() as opens:
        counts = histories.run(40, 2026, opens, length=20, wanted=wanted)

    assert not [each for each in wanted if not counts[each]]


@pytest.mark.postgres
def test_on_postgresql_too_where_two_servers_write_at_once(postgres_url: str) -> None:
    def opens(finished: int) -> SqlStore:
        store = open_store(postgres_url)
        assert isinstance(store, SqlStore)
        Server(store, new_step(store)).finish(finished)
        return store

    wanted = ("in between",)

    assert histories.run(12, 2026, opens, length=20, wanted=wanted)["in between"]


def test_a_history_finds_a_draft_that_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    def keeps_nothing(self: SqlStore, *_: Any) -> None:
        """Forget what was to be set aside."""

    monkeypatch.setattr(SqlStore, "set_aside", keeps_nothing)
    with histories.files() as opens, pytest.raises(histories.Broken, match="nothing typed is lost"):
        # Over at the first that is found, which comes soon.
        histories.run(MANY, 2026, opens, length=20)


def test_a_history_finds_what_rests_on_an_old_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SqlStore.apply

    def trusting(self: SqlStore, team: TeamKey, decision: Decision) -> None:
        honest(self, team, replace(decision, basis=None))

    monkeypatch.setattr(SqlStore, "apply", trusting)
    with histories.files() as opens, pytest.raises(histories.Broken):
        # As above: whatever the seed, the first comes among the first hundred.
        histories.run(MANY, 6, opens, length=20)


def test_the_command_prints_the_seed_and_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert histories.main(["--histories", "2", "--seed", "5"]) == 0

    told = capsys.readouterr().out

    assert told.startswith("2 histories with seed 5, every promise held: ")
    assert told.count("\n") == 1
