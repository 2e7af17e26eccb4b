"""A facilitator redacts a message on the review page; the team and the event log show that it is gone."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from lib.facilitation import controls
from lib.guide.scripted import ScriptedGuide
from lib.store.errors import StoreUnavailable
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop.records import Draft, Team
from lib.workshop.redaction import MARKER, RedactionRefused
from lib.workshop.transcript import Message
from tests.pages import NOW, WatchedStore, conversation, drawn, keys, new_team, opened, running
from tests.pages import opened_step as step_opened
from tests.test_store_contract import question

SAID = "The head nurse shouted at Ines in front of everybody."
WHY = "She asked for it."


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0)) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return new_team(store)


@pytest.fixture
def message(store: WatchedStore, team: Team) -> Message:
    key = team.step_key("challenge")
    (message,) = store.inner.append(key, [question(SAID)])
    store.inner.save(key, (), Draft({"problem_statement": SAID, "target_user": "x"}, revision=1))
    return message


def review(team: Team) -> AppTest:
    query = {navigation.WORKSHOP: team.workshop_id, "at": team.id, "step": "challenge"}
    app = opened(navigation.REVIEW, **query)
    app.session_state[f"redact/{team.id}/challenge"] = True
    return drawn(app.run())


def asked(team: Team) -> AppTest:
    """Open the question whether to redact the message."""
    app = review(team)
    app.selectbox(key=f"redact-message/{team.id}/challenge").select_index(0)
    drawn(app.run())
    return drawn(app.button(key="redact").click().run())


def test_a_message_of_long_ago_can_be_chosen(store: WatchedStore, team: Team) -> None:
    """The page shows the newest messages only, and the list has them all, the newest first."""
    key = team.step_key("challenge")
    store.inner.append(key, [question(f"No. {number}") for number in range(120)])
    box = review(team).selectbox(key=f"redact-message/{team.id}/challenge")

    assert [label.rpartition(": ")[2] for label in box.options] == [
        f"No. {number}" for number in reversed(range(120))
    ]


def answered(app: AppTest, reason: str = WHY) -> AppTest:
    app.text_input(key="redact-reason").input(reason)
    return drawn(app.button(key="redact-yes").click().run())


def test_the_places_are_listed_with_the_text_as_it_stands(team: Team, message: Message) -> None:
    app = asked(team)
    (place,) = [each for each in app.checkbox if str(each.key).startswith("redact-place/")]

    assert SAID in [each.value for each in app.text]
    assert "shouted at Ines" in place.label
    assert place.value


def test_a_redacted_message_reads_as_a_marker_for_team_and_facilitator(
    store: WatchedStore, team: Team, message: Message
) -> None:
    tab = step_opened(team, "challenge")
    app = answered(asked(team))
    drawn(tab.run())

    assert MARKER in conversation(tab)
    assert SAID not in conversation(tab)
    assert SAID not in str([each.value for each in app.get("html")])
    fields = store.inner.draft(team.step_key("challenge")).fields
    assert (fields["problem_statement"], fields["target_user"]) == (MARKER, "x")
    assert SAID not in str(fields)


def test_a_place_that_is_unticked_stays(store: WatchedStore, team: Team, message: Message) -> None:
    app = asked(team)
    (place,) = [each for each in app.checkbox if str(each.key).startswith("redact-place/")]
    place.uncheck()
    answered(app)

    assert store.inner.draft(team.step_key("challenge")).fields["problem_statement"] == SAID
    assert store.inner.messages(team.step_key("challenge"))[0].text == MARKER


def test_the_event_log_shows_who_when_and_why_and_not_the_words(
    team: Team, message: Message
) -> None:
    answered(asked(team))
    app = review(team)
    tables = [each.value for each in app.dataframe]
    (line,) = [
        row
        for table in tables
        for row in table.to_dict("records")
        if "redacted" in str(row.get("What"))
    ]

    assert line["What"] == f"Challenge: a message was redacted, because: {WHY}"
    assert line["By"] == "Facilitator"
    assert SAID not in str(tables)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("  ", "Please give a reason"), (f"It said: {SAID}", "The reason repeats words")],
)
def test_a_reason_is_asked_for_that_does_not_repeat_the_words(
    store: WatchedStore, team: Team, message: Message, reason: str, sentence: str
) -> None:
    app = answered(asked(team), reason)

    assert [each.value[: len(sentence)] for each in app.toast] == [sentence]
    assert store.inner.messages(team.step_key("challenge"))[0].text == SAID


def test_while_the_database_is_away_nothing_is_redacted(
    store: WatchedStore, process: Process, team: Team, message: Message
) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        controls.redact(
            process.store, process.drafts.flush, team.step_key("challenge"), message,
            by="Facilitator", reason=WHY, at=NOW,
        )  # fmt: skip
    store.away = False

    assert store.inner.messages(team.step_key("challenge"))[0].text == SAID


def test_a_reason_is_checked_before_anything_is_written(
    store: WatchedStore, process: Process, team: Team, message: Message
) -> None:
    with pytest.raises(RedactionRefused):
        controls.redact(
            process.store, process.drafts.flush, team.step_key("challenge"), message,
            by="Facilitator", reason="", at=NOW,
        )  # fmt: skip

    assert store.inner.redactions(team.workshop_id) == []


def test_a_marker_cannot_be_redacted_again(team: Team, message: Message) -> None:
    answered(asked(team))
    app = review(team)
    box = app.selectbox(key=f"redact-message/{team.id}/challenge")

    assert [each for each in box.options if MARKER in each] == []
    assert "redact" in keys(app)
