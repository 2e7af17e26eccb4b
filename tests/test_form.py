"""The draft as a form: what is edited is noted once, what is only drawn changes nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import steps
from lib.artifacts import normalised
from lib.ids import new_id
from lib.process import Process
from lib.transcript import Message, Role
from lib.workshop import Fields, Team
from tests import pages
from tests.fakes import FakeGuide
from tests.pages import WatchedStore


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


class Form:
    """A team's form of one step in a tab; its fields are found by their place in the draft."""

    def __init__(self, store: WatchedStore, process: Process, step: str, fields: Fields) -> None:
        self.store, self.process, self.step = store, process, step
        self.team: Team = pages.new_team(store)
        pages.bring_to(store, self.team, step)
        if fields:
            pages.draft(store, self.team, step, fields)
        greeting = Message(new_id(), Role.ASSISTANT, "Guide", "Well.", pages.NOW)
        store.inner.append(self.team.step_key(step), [greeting])
        self.app: AppTest = pages.opened_step(self.team, step)
        self.began = self.revision

    @property
    def revision(self) -> int:
        return self.process.drafts.current(self.team.step_key(self.step)).revision

    @property
    def edits(self) -> int:
        """How often the draft was changed since the page was opened."""
        return self.revision - self.began

    @property
    def saved(self) -> Fields:
        """The draft as it is in the database, once what was noted is there."""
        key = self.team.step_key(self.step)
        assert self.process.autosave.flush(key)
        return self.store.inner.draft(key).fields

    def key(self, place: str) -> str:
        """Return the key of the widget for a place such as `confidence/score`."""
        pattern = f"form/{self.step}/[0-9a-f]+/{re.escape(place)}"
        widgets = [*self.app.text_area, *self.app.text_input, *self.app.selectbox]
        widgets += [*self.app.number_input, *self.app.checkbox, *self.app.button]
        widgets += [*self.app.dataframe]
        (found,) = (w.key for w in widgets if w.key and re.fullmatch(pattern, w.key))
        return str(found)

    def fill(self, kind: str, place: str, value: Any) -> None:
        """Put *value* into a field, as a hand does, and let the page run a few times more."""
        getattr(self.app, kind)(key=self.key(place)).set_value(value)
        self.run(3)

    def edit_table(self, place: str, **changes: Any) -> None:
        nothing: dict[str, Any] = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
        self.app.session_state[self.key(place)] = nothing | changes
        self.run(3)

    def shown(self, kind: str, place: str) -> Any:
        return getattr(self.app, kind)(key=self.key(place)).value

    def run(self, times: int = 1) -> None:
        for _ in range(times):
            pages.drawn(self.app.run())

    def elsewhere(self, name: str, value: object) -> None:
        """Change a field as the guide or another tab does."""
        self.process.drafts.edit(self.team.step_key(self.step), name, value)
        self.began = self.revision


def form(store: WatchedStore, process: Process, step: str, fields: Fields | None = None) -> Form:
    return Form(store, process, step, pages.outcome(step) if fields is None else fields)


# Drawing


@pytest.mark.parametrize("step", steps.SLUGS)
def test_drawing_a_whole_draft_changes_nothing(
    store: WatchedStore, process: Process, step: str
) -> None:
    opened = form(store, process, step)
    opened.run(2)

    assert opened.edits == 0
    assert opened.saved == pages.outcome(step)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_drawing_an_empty_draft_changes_nothing(
    store: WatchedStore, process: Process, step: str
) -> None:
    opened = form(store, process, step, {})
    opened.run(2)

    assert opened.edits == 0
    assert opened.saved == {}


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("challenge", {"altitude": "sideways", "target_user": " two  blanks "}),
        ("stakeholder-mapping", {"stakeholders": [{"name": "Kurt"}, {}, {"power": "vast"}]}),
        ("sense-making", {"pains": list("abcdefg"), "themes": [{"evidence": ["only"]}]}),
        ("persona", {"personas": [{"name": "Lena", "age": 150}, {"age": 3}]}),
        ("reframe", {"hmw_statements": [{"selected": True}]}),
        ("ideation", {"clusters": [{"theme": "Alarm", "ideas": [{"title": "Cake"}]}]}),
        ("concept", {"concepts": [{"feasibility": {"technical": 9}, "swot": {"threats": []}}]}),
        ("validate", {"confidence": {"score": 0}, "step_summaries": [{"step": "One"}]}),
    ],
)
def test_drawing_a_draft_that_is_out_of_bounds_changes_nothing(
    store: WatchedStore, process: Process, step: str, fields: Fields
) -> None:
    opened = form(store, process, step, fields)
    opened.run(2)

    assert opened.edits == 0
    assert opened.saved == fields


# Editing


@pytest.mark.parametrize(
    ("step", "kind", "place", "typed", "kept"),
    [
        ("challenge", "text_area", "target_user", " Newcomers\x00 ", "Newcomers"),
        ("challenge", "selectbox", "altitude", "broad", "broad"),
        ("sense-making", "text_area", "pains", "late\n\n alone ", ["late", "alone"]),
        ("journey-mapping", "text_input", "persona_name", "Ben", "Ben"),
        ("ideation", "text_area", "selected_idea_titles", "Second crew", ["Second crew"]),
    ],
)
def test_a_field_edited_by_hand_is_noted_once_and_saved(
    store: WatchedStore,
    process: Process,
    step: str,
    kind: str,
    place: str,
    typed: str,
    kept: object,
) -> None:
    opened = form(store, process, step)
    opened.fill(kind, place, typed)

    assert opened.edits == 1
    assert opened.saved == pages.outcome(step) | {place: kept}


def test_a_number_edited_by_hand_is_noted_once_and_saved(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "validate")
    opened.fill("number_input", "confidence/score", 9)

    assert opened.edits == 1
    assert opened.saved["confidence"] == pages.outcome("validate")["confidence"] | {"score": 9}


def test_a_field_of_an_entry_edited_by_hand_is_noted_once_and_saved(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "persona")
    opened.fill("number_input", "personas/1/age", 31)
    first, *others = pages.outcome("persona")["personas"]

    assert opened.edits == 1
    assert opened.saved["personas"] == [first | {"age": 31}, *others]


def test_a_list_within_a_group_of_an_entry_is_one_entry_a_line(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "concept")
    opened.fill("text_area", "concepts/1/swot/threats", "rain\nsnow\nsun")

    assert opened.edits == 1
    assert opened.saved["concepts"][0]["swot"]["threats"] == ["rain", "snow", "sun"]


def test_a_cell_a_row_and_a_tick_in_a_table_are_noted_and_saved(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "reframe")
    before = pages.outcome("reframe")["hmw_statements"]
    unticked = not before[0].get("selected", False)
    opened.edit_table("hmw_statements", edited_rows={0: {"selected": unticked, "persona": "Ben"}})

    assert opened.edits == 1
    assert opened.saved["hmw_statements"] == [
        before[0] | {"selected": unticked, "persona": "Ben"},
        *before[1:],
    ]

    opened = form(store, process, "stakeholder-mapping")
    rows = pages.outcome("stakeholder-mapping")["stakeholders"]
    opened.edit_table("stakeholders", added_rows=[{"name": "The mayor"}], deleted_rows=[0])

    assert opened.edits == 1
    assert opened.saved["stakeholders"] == [*rows[1:], {"name": "The mayor"}]


def test_a_table_within_an_entry_is_noted_and_saved(store: WatchedStore, process: Process) -> None:
    opened = form(store, process, "ideation")
    opened.edit_table("clusters/1/ideas", edited_rows={1: {"is_wild_card": True}})

    assert opened.edits == 1
    assert opened.saved["clusters"][0]["ideas"][1]["is_wild_card"] is True


def test_an_entry_can_be_added_and_filled(store: WatchedStore, process: Process) -> None:
    opened = form(store, process, "persona", {"personas": [{"name": "Lena"}]})
    opened.app.button(key=opened.key("personas/add")).click()
    opened.run()

    assert opened.edits == 0

    opened.fill("text_input", "personas/2/name", "Ben")

    assert opened.edits == 1
    assert opened.saved == {"personas": [{"name": "Lena"}, {"name": "Ben"}]}


def test_no_more_entries_can_be_added_than_the_artifact_holds(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "persona", {"personas": [{"name": name} for name in "ABC"]})

    assert opened.app.button(key=opened.key("personas/add")).disabled


def test_an_entry_ticked_for_removal_is_removed_and_comes_back_when_unticked(
    store: WatchedStore, process: Process
) -> None:
    fields = {"personas": [{"name": "Lena"}, {"name": "Ben"}]}
    opened = form(store, process, "persona", fields)
    opened.fill("checkbox", "personas/1/remove", value=True)

    assert opened.edits == 1
    assert opened.saved == {"personas": [{"name": "Ben"}]}

    opened.fill("checkbox", "personas/1/remove", value=False)

    assert opened.saved == fields


@pytest.mark.parametrize(
    ("step", "kind", "place", "nothing"),
    [
        ("challenge", "text_area", "target_user", " "),
        ("challenge", "selectbox", "altitude", None),
        ("sense-making", "text_area", "pains", "\n"),
    ],
)
def test_a_field_that_is_cleared_is_gone_from_the_draft(
    store: WatchedStore, process: Process, step: str, kind: str, place: str, nothing: str | None
) -> None:
    opened = form(store, process, step)
    opened.fill(kind, place, nothing)

    assert opened.edits == 1
    assert place not in opened.saved


def test_a_number_that_is_cleared_is_gone_from_the_draft(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "validate")
    opened.fill("number_input", "confidence/score", None)

    assert "score" not in opened.saved["confidence"]


def test_an_edit_taken_back_leaves_the_draft_as_it_was(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    before = pages.outcome("challenge")
    opened.fill("text_area", "target_user", "Somebody")
    opened.fill("text_area", "target_user", before["target_user"])

    assert opened.edits == 2
    assert opened.saved == before


def test_what_is_edited_while_the_database_is_away_is_saved_after(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    store.away = True
    opened.fill("text_area", "target_user", "Newcomers")

    assert opened.edits == 1

    store.away = False

    assert opened.saved["target_user"] == "Newcomers"


# Somebody else changes the draft meanwhile


def test_what_the_guide_changed_meanwhile_fills_the_form_anew(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    opened.fill("text_area", "target_user", "By hand")
    opened.elsewhere("target_user", "By the guide")
    opened.run(2)

    assert opened.edits == 0
    assert opened.shown("text_area", "target_user") == "By the guide"
    assert opened.saved["target_user"] == "By the guide"


def test_a_draft_set_back_to_what_it_was_is_not_overwritten_by_the_edit_it_undoes(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    before = pages.outcome("challenge")["target_user"]
    opened.fill("text_area", "target_user", "By hand")
    opened.elsewhere("target_user", before)
    opened.run(2)

    assert opened.edits == 0
    assert opened.shown("text_area", "target_user") == before

    opened.fill("text_area", "target_user", "Once more")
    opened.elsewhere("target_user", before)
    opened.run(2)

    assert opened.edits == 0
    assert opened.saved["target_user"] == before


def test_a_draft_that_goes_somewhere_and_back_leaves_no_stale_edit_behind(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    before = pages.outcome("challenge")["target_user"]
    opened.fill("text_area", "target_user", "By hand")
    for value in ("By the guide", before):
        opened.elsewhere("target_user", value)
        opened.run(2)

        assert opened.edits == 0
        assert opened.shown("text_area", "target_user") == value


def test_a_change_elsewhere_leaves_the_edits_of_other_fields_alone(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    opened.fill("text_area", "target_user", "By hand")
    opened.elsewhere("desired_outcome", "By the guide")
    opened.fill("text_area", "problem_statement", "By hand too")

    assert opened.edits == 1
    assert opened.saved == pages.outcome("challenge") | {
        "target_user": "By hand",
        "desired_outcome": "By the guide",
        "problem_statement": "By hand too",
    }


def test_what_was_typed_when_a_server_was_killed_is_noted_by_the_next_one(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    key = opened.key("target_user")
    # The browser sends what its widgets hold to whichever server answers next.
    opened.app.session_state[key] = "Typed before"
    del opened.app.session_state["working_copy"]
    opened.run(2)

    assert opened.edits == 1
    assert opened.saved["target_user"] == "Typed before"


def test_two_tabs_edit_two_fields_and_both_edits_stay(
    store: WatchedStore, process: Process
) -> None:
    opened = form(store, process, "challenge")
    first, second = opened.app, pages.opened_step(opened.team, "challenge", "Ben")
    opened.fill("text_area", "target_user", "Ada's")
    opened.app = second
    opened.fill("text_area", "desired_outcome", "Ben's")
    opened.app = first
    opened.run(2)

    assert opened.shown("text_area", "desired_outcome") == "Ben's"
    assert opened.saved == pages.outcome("challenge") | {
        "target_user": "Ada's",
        "desired_outcome": "Ben's",
    }


def test_the_outcomes_these_tests_draw_are_in_shape() -> None:
    for step in steps.SLUGS:
        assert normalised(step, pages.outcome(step)) == pages.outcome(step)
