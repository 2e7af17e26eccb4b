"""The facilitator's page: what it shows of a workshop, and to whom it says what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import facilitation
from lib.facilitation import TeamSummary, WorkshopOverview
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.store.errors import StoreUnavailable
from lib.store.port import Decision
from lib.store.port import Store as AnyStore
from lib.team import process
from lib.team.process import Process
from lib.ui.components import status_table as tables
from lib.ui.review import downloads, page
from lib.workshop.artifacts.models import MODELS
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, StepKey, StepOverview, Team, Workshop
from lib.workshop.status import Event, Status, decide
from lib.workshop.transcript import Message, MessageStatus, Role
from lib.workshop.usage import TeamUsage
from tests.memory_store.store import MemoryStore
from tests.review_table import sent, statements, status_table

ROOT = Path(__file__).resolve().parent.parent

NOW = datetime.now(UTC)

#: How a message begins on the page.
BUBBLE = '<div class="bubble'

WORKSHOP = Workshop("w-1", "Newcomers *now*", "Half of them leave.", NOW)

LADDER, HOSE = (
    Team("w-1", f"t{place}", name, new_link(), place)
    for place, name in enumerate(("Ladder crew", "Hose crew"), start=1)
)


class Store(MemoryStore):
    """A store that may be away, for all or for writers, and counts what a review page asks."""

    away = False
    full = False
    overviews = 0

    def overview(self, workshop_id: str) -> list[StepOverview]:
        self._ask()
        self.overviews += 1
        return super().overview(workshop_id)

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        self._ask()
        return super().roster(workshop_id)

    def save(
        self, key: StepKey, messages: list[Message] | tuple[()] = (), draft: Draft | None = None
    ) -> None:
        self._ask(writing=True)
        super().save(key, messages, draft)

    def _ask(self, *, writing: bool = False) -> None:
        if self.away or (self.full and writing):
            raise StoreUnavailable("The database is away.")


@pytest.fixture
def store() -> Store:
    store = Store()
    store.create_workshop(WORKSHOP, [LADDER, HOSE])
    return store


@pytest.fixture(autouse=True)
def running(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
    running = process.assemble(Settings(), store, ScriptedGuide(pace=0))
    process.use(running)
    yield running
    process.use(None)


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/review.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception

    return app


def said(app: AppTest) -> str:
    """Return everything the page says in words."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.warning, app.info, app.code)
    return "\n".join(str(each.value) for kind in kinds for each in kind)


def names(app: AppTest) -> list[str]:
    """Return the teams in the table, in order."""
    return status_table(app)["Team"]


def bubbles(app: AppTest) -> list[str]:
    """Return the messages of the open step, in order, as they are drawn."""
    drawn = "".join(each.proto.body for each in app.get("html"))
    return [BUBBLE + each for each in drawn.split(BUBBLE)[1:]]


def message(text: str, role: Role = Role.USER, **changes: object) -> Message:
    return Message(new_id(), role, "Ada *A*", text, NOW, **changes)  # type: ignore[arg-type]


# Which workshop


def test_without_an_address_the_workshops_are_there_to_choose_from() -> None:
    app = opened()

    assert "Half of them leave" in said(app).replace("\\", "")
    assert not app.warning


@pytest.mark.parametrize("unknown", ["nope", "\x00", "w-1'--", "x" * 10_000])
def test_an_unknown_workshop_is_said_to_be_unknown(unknown: str) -> None:
    app = opened(workshop=unknown)

    assert "There is no workshop at this address" in app.warning[0].value


def test_before_the_first_workshop_the_page_says_where_to_start() -> None:
    process.use(process.assemble(Settings(), MemoryStore(), ScriptedGuide(pace=0)))

    assert "No workshop has been started yet" in opened().info[0].value


# The table


def test_the_page_says_in_four_numbers_where_the_workshop_stands(store: Store) -> None:
    confirm(store, LADDER, "challenge")
    store.append(LADDER.step_key("challenge"), [message("They leave."), message("Early.")])
    app = opened(workshop="w-1")

    assert [value for value, _ in sent(app)["headline"]] == ["2", "1 of 20", "2", "just now"]
    assert "Newcomers \\*now\\*" in app.title[0].value


def test_the_table_shows_each_team_in_each_step(store: Store) -> None:
    confirm(store, LADDER, "challenge")
    shown = status_table(opened(workshop="w-1"))

    assert shown["1 Challenge"] == ["✓ complete", "◐ in progress"]
    assert shown["2 Stakeholders"] == ["◐ in progress", "○ not open"]


@pytest.mark.parametrize("status", Status)
def test_a_status_has_a_look_of_its_own_and_a_word_that_never_stands_behind_it(
    status: Status,
) -> None:
    style = (ROOT / "lib" / "ui" / "components" / "status_table.css").read_text(encoding="utf-8")
    rules = [rule for rule in style.split("}") if f'[data-kind="{status.value}"] {{' in rule]

    assert len(rules) == 1
    assert len(facilitation.WORDS[status].split(" ", 1)[1]) > 3


def test_filters_leave_the_teams_that_are_asked_for(store: Store) -> None:
    confirm(store, LADDER, "challenge")
    app = opened(workshop="w-1")
    app.selectbox(key="filter-step").select("stakeholder-mapping").run()

    assert names(app) == ["Ladder crew"]

    app.selectbox(key="filter-step").select(None).run()
    app.text_input(key="find-team").input("hose").run()

    assert names(app) == ["Hose crew"]


def test_where_no_team_is_left_the_page_says_so() -> None:
    app = opened(workshop="w-1")
    app.toggle(key="filter-unfinished").set_value(True).run()

    assert "No team matches these filters" in said(app)


def test_the_whole_table_costs_one_question_to_the_database(store: Store) -> None:
    opened(workshop="w-1")

    assert store.overviews == 1


def test_a_click_means_the_teams_step_it_names_and_nonsense_means_nothing() -> None:
    assert tables.chosen({"team": "t2", "step": "challenge"}) == ("t2", "challenge")
    for nonsense in (None, {}, {"team": "t2"}, {"team": 1, "step": ["challenge"]}, "t2"):
        assert tables.chosen(nonsense) == ("", "")


@pytest.mark.parametrize("teams", [1, 30])
def test_the_page_costs_three_queries_whatever_there_is_on_it(sqlite_url: str, teams: int) -> None:
    sql = open_store(sqlite_url)
    own = [Team("w-1", f"t{n}", f"Team {n}", new_link(), n) for n in range(1, teams + 1)]
    sql.create_workshop(WORKSHOP, own)
    for team in own:
        confirm(sql, team, "challenge")
        sql.append(team.step_key("challenge"), [message(f"{n}") for n in range(5)])
    process.use(process.assemble(Settings(), sql, ScriptedGuide(pace=0)))
    with statements(sql) as asked:
        assert len(names(opened(workshop="w-1"))) == teams

    sql.close()
    assert len(asked) <= 3, asked


def test_a_look_costs_one_query_that_reads_no_text(sqlite_url: str) -> None:
    sql = open_store(sqlite_url)
    sql.create_workshop(WORKSHOP, [LADDER])
    room = WorkshopOverview(*sql.roster("w-1")[:2], sql.overview("w-1"))
    running = process.assemble(Settings(), sql, ScriptedGuide(pace=0))
    with statements(sql) as asked:
        page._read_again(running, room)

    sql.close()
    assert len(asked) == 1
    assert "text" not in asked[0]


def test_the_facilitator_reads_earlier_drafts_and_restores_none(store: Store) -> None:
    key = HOSE.step_key("challenge")
    before = store.draft(key)
    for revision, fields in enumerate(({"target_user": "Night nurses"}, {}), start=1):
        base = store.draft(key)
        made = Draft(fields, revision=before.revision + revision, epoch=base.epoch, base=base)
        store.save(key, draft=made)
    app = opened(workshop="w-1", at="t2", step="challenge")
    app.toggle(key="earlier/t2/challenge").set_value(True).run()

    assert "Night nurses" in said(app)
    assert [each.key for each in app.button if each.key == "bring-back"] == []


# Finding, and over time


def test_what_is_looked_for_is_found_and_a_click_opens_its_step(store: Store) -> None:
    fields = {first_field("challenge"): "Nobody *asks* newcomers"}
    confirm(store, HOSE, "challenge", fields)
    app = opened(workshop="w-1")
    app.text_input(key="search").input("NEWCOMERS nobody").run()
    find = app.button(key="find/0")

    assert "Found in 1 place" in said(app)
    assert "Hose crew · 1\\. Challenge" in find.label
    assert "Nobody \\*asks\\* newcomers" in find.label

    find.click().run()

    assert (app.query_params["at"], app.query_params["step"]) == ("t2", "challenge")


def test_where_nothing_is_found_the_page_says_so_and_where_too_much_is_too(store: Store) -> None:
    for team in (LADDER, HOSE):
        many = [{"name": f"Nurse {n}"} for n in range(40)]
        store.save(team.step_key("persona"), (), Draft({"personas": many}, revision=1))
    app = opened(workshop="w-1")
    app.text_input(key="search").input("zebra").run()

    assert "No draft or artifact contains these words" in said(app)

    app.text_input(key="search").input("nurse").run()

    assert "These are the first 50" in said(app)


def test_the_charts_are_drawn_where_somebody_opens_them_and_told_in_words(store: Store) -> None:
    confirm(store, LADDER, "challenge")
    app = opened(workshop="w-1")
    assert not app.get("vega_lite_chart")

    app.session_state["pulse"] = True
    app.run()

    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 3
    assert "Ladder crew 1 of 10, Hose crew 0 of 10" in said(app)


# A team's step


def test_a_teams_step_opens_from_the_address(store: Store) -> None:
    store.append(LADDER.step_key("challenge"), [message("They <b>leave</b>."), reply("**Why?**")])
    app = opened(workshop="w-1", at="t1", step="challenge")

    first, second = bubbles(app)

    assert "They &lt;b&gt;leave&lt;/b&gt;." in first
    assert "<strong>Why?</strong>" in second
    assert '<p class="author">Ada *A* · ' in first


def test_choosing_a_team_and_a_step_opens_it_and_keeps_it_in_the_address() -> None:
    app = opened(workshop="w-1")
    app.selectbox(key="open-team/").select("t2").run()

    assert (app.query_params["at"], app.query_params["step"]) == ("t2", "challenge")

    app.selectbox(key="open-step/challenge").select("persona").run()

    assert app.query_params["step"] == "persona"
    assert "Hose crew · 5\\. Persona Development" in said(app)


@pytest.mark.parametrize(
    "query", [{"at": "stranger"}, {"at": "t1", "step": "nope", "shown": "-1"}, {"step": "persona"}]
)
def test_an_address_that_makes_no_sense_is_read_as_far_as_it_does(query: dict[str, str]) -> None:
    assert names(opened(workshop="w-1", **query)) == ["Ladder crew", "Hose crew"]


def test_a_long_transcript_shows_its_end_and_more_when_asked(store: Store) -> None:
    store.append(LADDER.step_key("challenge"), [message(str(place)) for place in range(1, 71)])
    app = opened(workshop="w-1", at="t1", step="challenge")

    assert len(bubbles(app)) == 50
    assert '<div class="said">21</div>' in bubbles(app)[0]

    app.button(key="show-earlier").click().run()

    assert len(bubbles(app)) == 70
    assert "show-earlier" not in [button.key for button in app.button]


def test_no_picture_in_a_reply_is_fetched(store: Store) -> None:
    store.append(LADDER.step_key("challenge"), [reply("![x](http://example.org/?q=1)")])
    app = opened(workshop="w-1", at="t1", step="challenge")

    assert len(bubbles(app)) == 1
    assert "<img" not in bubbles(app)[0]


def test_an_interrupted_reply_is_marked(store: Store) -> None:
    store.append(LADDER.step_key("challenge"), [reply("So", status=MessageStatus.INTERRUPTED)])
    app = opened(workshop="w-1", at="t1", step="challenge")

    assert " · interrupted</p>" in bubbles(app)[0]


def test_a_draft_is_shown_while_it_is_one_and_the_artifact_once_it_is_confirmed(
    store: Store,
) -> None:
    key = LADDER.step_key("challenge")
    store.save(key, (), Draft({first_field("challenge"): "Newcomers leave"}, revision=1))

    assert "Newcomers leave" in said(opened(workshop="w-1", at="t1", step="challenge"))

    confirm(store, LADDER, "challenge", {first_field("challenge"): "Nobody asks"})
    text = said(opened(workshop="w-1", at="t1", step="challenge"))

    assert "Nobody asks" in text
    assert "Version 1, confirmed by Ada" in text


def test_what_is_unsaved_is_saved_before_it_is_read(store: Store, running: Process) -> None:
    key = LADDER.step_key("challenge")
    running.autosave.note(key, (), Draft({first_field("challenge"): "Just typed"}, revision=1))
    app = opened(workshop="w-1", at="t1", step="challenge")

    assert store.draft(key).fields == {first_field("challenge"): "Just typed"}
    assert not app.warning


# What is unsaved, and a database that is away


def test_what_cannot_be_saved_is_said_with_team_step_and_reason(
    store: Store, running: Process
) -> None:
    running.autosave.note(LADDER.step_key("persona"), (), Draft({"personas": []}, revision=1))
    store.full = True
    text = opened(workshop="w-1").warning[0].value.replace("\\", "")

    assert "Ladder crew · Persona Development: the draft for 0 s" in text
    assert "The database is away." in text


def test_while_the_database_is_away_the_page_says_so_and_what_is_unsaved(
    store: Store, running: Process
) -> None:
    running.autosave.note(LADDER.step_key("persona"), (), Draft({"personas": []}, revision=1))
    store.away = True
    unsaved, reason = (each.value.replace("\\", "") for each in opened(workshop="w-1").warning)

    assert "A team · Persona Development: the draft" in unsaved
    assert "The database cannot be reached right now" in reason


# Links, events, files


def test_each_teams_link_is_there_to_be_copied() -> None:
    links = [each.value for each in opened(workshop="w-1").code]

    assert [link.partition("?team=")[2] for link in links] == [LADDER.link, HOSE.link]


def test_the_links_are_open_until_somebody_has_come_in(store: Store) -> None:
    def is_open() -> bool:
        (links,) = (each for each in opened(workshop="w-1").expander if each.label == "Team links")
        return bool(links.proto.expanded)

    assert is_open()

    store.append(LADDER.step_key("challenge"), [message("Hello.")])

    assert not is_open()


def test_the_story_is_told_in_lines(store: Store) -> None:
    confirm(store, LADDER, "challenge")
    app = opened(workshop="w-1")
    app.session_state["events"] = True
    story = app.run().dataframe[0].value

    assert "Challenge was confirmed; Stakeholder Mapping was opened" in list(story["What"])
    assert "Ada" in list(story["By"])


def test_the_files_are_there_for_the_table_and_for_an_open_step(store: Store) -> None:
    store.append(LADDER.step_key("challenge"), [message("=1+1")])
    app = opened(workshop="w-1", at="t1", step="challenge")

    assert {each.key for each in app.get("download_button")} == {
        "messages-csv",
        "messages-xlsx",
        "status-csv",
        "status-xlsx",
    }


def test_a_files_name_is_one_that_every_system_takes() -> None:
    assert downloads.file_name("../Échelle & Söhne: 1/2", "persona", kind="csv") == (
        "échelle-söhne-1-2-persona.csv"
    )


def reply(text: str, **changes: object) -> Message:
    return message(text, Role.ASSISTANT, **changes)


def first_field(step: str) -> str:
    return next(iter(MODELS[step].model_fields))


def confirm(
    store: AnyStore, team: Team, step: str, artifact: dict[str, object] | None = None
) -> None:
    statuses = {slug: state.status for slug, state in store.steps(team.key).items()}
    changes = decide(statuses, step, Event.CONFIRM)
    store.apply(team.key, Decision(changes, "Ada", NOW, artifact or {}))


def summary(store: Store, team: Team) -> TeamSummary:
    cells = {cell.state.step: cell for cell in store.overview("w-1") if cell.team_id == team.id}

    return TeamSummary(team, cells)
