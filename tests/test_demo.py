"""The demo: one afternoon of five teams, made and opened like any other workshop."""

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from lib import demo
from lib.demo import __main__ as launcher
from lib.demo import creation, story
from lib.facilitation import TeamSummary, WorkshopOverview
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.store.errors import StoreUnavailable
from lib.store.port import Store
from lib.team import confirm, process, reopen
from lib.team.process import Process
from lib.workshop import cascade, steps
from lib.workshop.artifacts import criteria, normalise
from lib.workshop.records import Team, Workshop
from lib.workshop.status import Event, Status
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.memory_store.store import MemoryStore
from tests.pages import drawn, opened, opened_step
from tests.review_table import status_table
from tests.test_store_sql import engine_of

NOW = datetime(2026, 3, 5, 17, 10, tzinfo=UTC)

#: The longest the afternoon may be.
AFTERNOON = timedelta(hours=4)


@dataclass
class Shown:
    """A demo, and what it was made in."""

    store: Store
    process: Process
    workshop: Workshop

    @property
    def teams(self) -> dict[str, Team]:
        return {team.name: team for team in self.store.teams(self.workshop.id)}

    def summary(self, name: str) -> TeamSummary:
        teams = self.store.teams(self.workshop.id)
        rows = WorkshopOverview(self.workshop, teams, self.store.overview(self.workshop.id)).rows
        return next(row for row in rows if row.team.name == name)

    def talks(self) -> Iterator[tuple[Team, str, list[Message]]]:
        for team in self.teams.values():
            for slug in steps.SLUGS:
                if said := self.store.messages(team.step_key(slug)):
                    yield team, slug, said


def made(store: Store, now: datetime = NOW) -> Shown:
    parts = process.assemble(Settings(), store, ScriptedGuide(pace=0))
    return Shown(store, parts, demo.open_or_create(store, parts.drafts, now))


@pytest.fixture(scope="module")
def shown() -> Shown:
    """The demo as it was made; nobody changes this one."""
    return made(MemoryStore())


@pytest.fixture
def own() -> Iterator[Shown]:
    """A demo of the test's own, as the app shows it."""
    shown = made(MemoryStore(), datetime.now(UTC))
    process.use(shown.process)
    yield shown
    process.use(None)


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def kept(request: pytest.FixtureRequest) -> Iterator[Shown]:
    """A demo in a database."""
    store = open_store(request.getfixturevalue(request.param))
    yield made(store)
    store.close()


# What it holds


def test_every_version_is_whole_and_good_enough(shown: Shown) -> None:
    missing = {}
    for team in shown.teams.values():
        current = shown.store.artifacts(team.key)
        for slug in steps.SLUGS:
            made_from = {s: current[s].fields for s in steps.step(slug).feeds_from if s in current}
            for version in shown.store.versions(team.step_key(slug)):
                normalise.parsed(slug, version.fields)
                missing[team.name, slug, version.version] = criteria.missing(
                    slug, version.fields, made_from
                )

    assert [gaps for gaps in missing.values() if gaps] == []
    assert len(missing) == 10 + 7 + 3 + 2


def test_every_version_has_a_summary_with_who_talked(shown: Shown) -> None:
    summaries = [
        version.summary
        for team in shown.teams.values()
        for version in shown.store.artifacts(team.key).values()
    ]

    assert [each for each in summaries if "messages by " not in each] == []


def test_one_team_has_finished(shown: Shown) -> None:
    assert set(shown.summary("Ward 3").statuses.values()) == {Status.COMPLETE}


def test_one_team_has_stale_steps_and_each_names_its_cause(shown: Shown) -> None:
    team = shown.teams["Window table"]
    standing = shown.store.standing(team.key)
    stale = [slug for slug, each in standing.statuses.items() if each is Status.NEEDS_REGENERATION]
    why = {slug: cascade.why_stale(standing, slug) for slug in stale}
    revised = [
        event.step for event in shown.store.events(shown.workshop.id) if event.event is Event.REVISE
    ]

    assert stale == ["sense-making", "persona", "journey-mapping"]
    assert {each.mark.cause for each in why.values() if each} == {"user-research"}
    assert revised == ["user-research"]
    assert [v.version for v in shown.store.versions(team.step_key("user-research"))] == [1, 2]


def test_one_team_waits_with_an_open_question(shown: Shown) -> None:
    row = shown.summary("Night shift")
    last = shown.store.messages(shown.teams["Night shift"].step_key(row.current_step))[-1]

    assert row.current_step == "sense-making"
    assert (last.role, last.text[-1]) == (Role.ASSISTANT, "?")
    assert NOW - timedelta(hours=1) < row.last_activity < NOW - timedelta(minutes=45)


def test_one_team_has_a_reply_that_broke_off(shown: Shown) -> None:
    row = shown.summary("Front desk")
    last = shown.store.messages(shown.teams["Front desk"].step_key("user-research"))[-1]

    assert row.unfinished == 1
    assert last.status is MessageStatus.INTERRUPTED
    assert last.text
    assert last.text[-1] not in ".?!"


def test_one_team_has_just_begun(shown: Shown) -> None:
    row = shown.summary("Late shift")

    assert (row.complete, row.current_step) == (0, "challenge")
    assert NOW - timedelta(minutes=5) < row.last_activity < NOW


def test_people_and_the_guide_take_turns(shown: Shown) -> None:
    alternating = [
        all(one.role is not other.role for one, other in pairwise(said))
        for _, _, said in shown.talks()
    ]
    guide_ends = [said[-1].role is Role.ASSISTANT for _, _, said in shown.talks()]

    assert all(alternating)
    assert all(guide_ends)


def test_the_guide_has_understood_what_was_said(shown: Shown) -> None:
    lost = [
        message.text
        for _, _, said in shown.talks()
        for message in said
        if "could not find where" in message.text
    ]

    assert lost == []


def test_no_team_says_what_another_has_said(shown: Shown) -> None:
    long = [
        message.text
        for _, _, said in shown.talks()
        for message in said
        if message.role is Role.USER and len(message.text) > 40
    ]

    assert len(set(long)) == len(long)


def test_times_ascend_within_the_afternoon_that_ends_now(shown: Shown) -> None:
    events = [event.at for event in shown.store.events(shown.workshop.id)]
    spoken = [[message.created_at for message in said] for _, _, said in shown.talks()]
    every = [*events, *(at for times in spoken for at in times)]

    assert events == sorted(events)
    assert [times for times in spoken if times != sorted(times)] == []
    assert min(every) >= NOW - AFTERNOON
    assert max(every) <= NOW


def test_a_step_is_confirmed_after_its_last_word_and_talked_about_after_it_was_opened(
    shown: Shown,
) -> None:
    for team, slug, said in shown.talks():
        state = shown.store.steps(team.key)[slug]

        assert state.started_at <= said[0].created_at
        if state.completed_at:
            assert said[-1].created_at < state.completed_at


# In a database


def test_a_database_dates_what_is_open_by_its_last_word(kept: Shown) -> None:
    by_name = {name: kept.summary(name).last_activity for name in kept.teams}
    last_words: dict[str, datetime] = {}
    for team, slug, said in kept.talks():
        at = kept.store.steps(team.key)[slug].completed_at or said[-1].created_at
        last_words[team.name] = max(last_words.get(team.name, at), at)
    ahead = {"Window table": kept.store.steps(kept.teams["Window table"].key)["user-research"]}

    assert by_name == last_words | {name: state.completed_at for name, state in ahead.items()}


def test_it_costs_few_writes_to_make(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    seen: Counter[str] = Counter()
    for name in ("commit", "before_cursor_execute"):
        event.listen(engine_of(store), name, lambda *_, name=name: seen.update([name]))
    shown = made(store)
    made_with = dict(seen)
    messages = sum(len(said) for _, _, said in shown.talks())
    store.close()

    # Measured: 289 transactions of 741 statements for 326 messages.
    assert made_with["commit"] < messages
    assert made_with["before_cursor_execute"] < 3 * messages


# Opening it


def test_opening_it_again_opens_the_same_one_however_it_was_changed(own: Shown) -> None:
    team = own.teams["Ward 3"]
    reopen.reset(
        own.store, own.process.drafts, team.step_key("challenge"), actor="Ada", at=datetime.now(UTC)
    )
    late = own.teams["Late shift"].step_key("challenge")
    reopen.reset(own.store, own.process.drafts, late, actor="Ada", at=datetime.now(UTC))

    again = demo.open_or_create(own.store, own.process.drafts, datetime.now(UTC))

    assert again == own.workshop
    assert own.store.workshops() == [own.workshop]


def test_a_workshop_of_the_same_title_is_not_the_demo() -> None:
    store = MemoryStore()
    store.create_workshop(Workshop("w", demo.TITLE, "Ours", NOW), [])

    assert made(store).workshop.id != "w"


def test_a_demo_that_was_broken_off_is_made_anew() -> None:
    class Breaking(MemoryStore):
        appends = 0

        def append(self, *args: Any, **named: Any) -> list[Message]:
            self.appends += 1
            if self.appends == 9:
                raise StoreUnavailable("The database is away.")
            return super().append(*args, **named)

    store = Breaking()
    with pytest.raises(StoreUnavailable):
        made(store)

    whole = made(store)

    assert len(store.workshops()) == 2
    assert whole.summary("Ward 3").complete == 10
    assert made(store).workshop == whole.workshop


def test_the_progress_grows_to_its_end() -> None:
    store, shares = MemoryStore(), list[float]()
    parts = process.assemble(Settings(), store, ScriptedGuide(pace=0))
    demo.open_or_create(store, parts.drafts, NOW, shares.append)

    assert shares == sorted(shares)
    assert (shares[-1], len(shares)) == (1.0, len(story.load().acts) + 1)


def test_the_mark_leaves_room_for_an_id_of_its_own() -> None:
    one, other = made(MemoryStore()).workshop.id, made(MemoryStore()).workshop.id

    assert one != other
    assert one.startswith(creation.MARK)


# make demo


def test_make_demo_keeps_one_demo_in_a_database_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launcher, "DATABASE_URL", f"sqlite:///{tmp_path / 'demo.db'}")
    made_, again = launcher._create_demo(), launcher._create_demo()

    assert made_ == again
    assert "demo.db" in capsys.readouterr().out
    assert Settings().database_url != launcher.DATABASE_URL


def test_make_demo_takes_another_port_where_its_own_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        monkeypatch.setattr(launcher, "PORT", taken.getsockname()[1])

        assert launcher._free_port() not in (0, taken.getsockname()[1])


# It is a workshop like any other


def test_a_stale_step_can_be_kept_and_a_finished_one_revised(own: Shown) -> None:
    stale, done = own.teams["Window table"], own.teams["Ward 3"]
    now = datetime.now(UTC)
    confirm.still_valid(
        own.store, own.process.drafts, stale.step_key("sense-making"), actor="Ines", at=now
    )
    reopen.revise(own.store, own.process.drafts, done.step_key("concept"), actor="Mara", at=now)

    assert own.summary("Window table").statuses["sense-making"] is Status.COMPLETE
    assert own.summary("Ward 3").statuses["validate"] is Status.NEEDS_REGENERATION


def test_the_front_door_opens_it_and_review_shows_five_teams(own: Shown) -> None:
    app = opened("streamlit_app.py")
    drawn(app.button(key="open-demo").click().run())

    assert app.query_params["workshop"] == own.workshop.id
    assert app.title[0].value.replace("\\", "") == demo.TITLE
    assert status_table(app)["Team"] == list(story.load().teams)


def test_the_panel_of_a_stale_step_names_its_cause(own: Shown) -> None:
    app = opened_step(own.teams["Window table"], "persona")

    assert any(
        "User Research has changed since this was made" in each.value for each in app.markdown
    )


def test_the_reply_that_broke_off_can_be_retried(own: Shown) -> None:
    key = own.teams["Front desk"].step_key("user-research")
    broken = own.store.messages(key)[-1]
    own.process.replies.retry(key, broken)
    reply = own.process.replies.live(key)
    if reply is not None:
        assert reply.wait_over(10)
    whole = own.store.messages(key)[-1]

    assert (whole.id, whole.status) == (broken.id, MessageStatus.COMPLETE)
    assert whole.text.startswith(broken.text)
