"""Random histories of a workshop: two servers, crashes, and every promise after each act."""

from dataclasses import replace
from typing import Any

import pytest

from lib.store import open_store
from lib.store.port import Decision
from lib.store.sql import SqlStore
from lib.workshop import TeamKey
from tests import histories
from tests.fakes import new_step
from tests.servers import Server


def test_over_generated_histories_every_promise_holds() -> None:
    with histories.files() as opens:
        counts = histories.run(40, 2026, opens, length=20)
    wanted = ("confirm", "revise", "reset", "undo", "still_valid", "crashes", "in between", "words")

    assert not [each for each in wanted if not counts[each]]


@pytest.mark.postgres
def test_on_postgresql_too_where_two_servers_write_at_once(postgres_url: str) -> None:
    def opens(finished: int) -> SqlStore:
        store = open_store(postgres_url)
        assert isinstance(store, SqlStore)
        Server(store, new_step(store)).finish(finished)
        return store

    assert histories.run(12, 2026, opens, length=20)["in between"]


def test_a_history_finds_a_draft_that_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    def keeps_nothing(self: SqlStore, *_: Any) -> None:
        """Forget what was to be set aside."""

    monkeypatch.setattr(SqlStore, "set_aside", keeps_nothing)
    with histories.files() as opens, pytest.raises(histories.Broken, match="nothing typed is lost"):
        histories.run(40, 2026, opens, length=20)


def test_a_history_finds_what_rests_on_an_old_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SqlStore.apply

    def trusting(self: SqlStore, team: TeamKey, decision: Decision) -> None:
        honest(self, team, replace(decision, basis=None))

    monkeypatch.setattr(SqlStore, "apply", trusting)
    # A seed that comes to it soon.
    with histories.files() as opens, pytest.raises(histories.Broken):
        histories.run(60, 6, opens, length=20)


def test_the_command_prints_the_seed_and_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert histories.main(["--histories", "2", "--seed", "5"]) == 0

    told = capsys.readouterr().out

    assert told.startswith("2 histories with seed 5, every promise held: ")
    assert told.count("\n") == 1
