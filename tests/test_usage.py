"""What a model costs: every call is stored once, and a workshop's cap stops its model."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.guide.capped import Capped, CapReached
from lib.guide.fallback import WithFallback
from lib.settings import Settings
from lib.store.errors import StoreUnavailable
from lib.team.process import Process, assemble
from lib.team.usage_log import UsageLog
from lib.ui import navigation
from lib.ui.review import usage_panel
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.transcript import MessageStatus
from lib.workshop.usage import Call, TeamUsage
from tests import pages
from tests.fakes import FakeGuide, eventually, new_step, question
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore

CALL = Call(
    TeamKey("w", "t"), "challenge", "turn", "model", "0123", 900, 100, False, 1.5, "complete"
)


class Flaky(MemoryStore):
    """A store that records nothing while `away`."""

    away = False

    def record_call(self, call: Call) -> None:
        if self.away:
            raise StoreUnavailable("The database is away.")
        super().record_call(call)


@pytest.fixture
def store() -> Flaky:
    return Flaky()


@pytest.fixture
def key(store: Flaky) -> StepKey:
    return new_step(store)


def a_call(key: StepKey, number: int = 1, **changes: object) -> Call:
    return replace(CALL, team=key.team, id=f"call-{number}", **changes)  # type: ignore[arg-type]


def test_a_call_that_cannot_be_stored_goes_along_with_the_next_one(
    store: Flaky, key: StepKey
) -> None:
    usage_log = UsageLog(store)
    store.away = True
    usage_log.note(a_call(key, 1))
    assert store.usage(key.workshop_id) == []
    assert usage_log.spent(key.workshop_id) == 1_000

    store.away = False
    usage_log.note(a_call(key, 2))
    assert [each.calls for each in store.usage(key.workshop_id)] == [2]
    assert usage_log.spent(key.workshop_id) == 2_000


def test_a_call_that_can_never_be_stored_holds_up_no_other(store: Flaky, key: StepKey) -> None:
    usage_log = UsageLog(store)
    for call in (CALL, replace(CALL, team=None), a_call(key)):
        usage_log.note(call)

    assert [each.calls for each in store.usage(key.workshop_id)] == [1]
    assert usage_log.spent("w") == 0


# The cap


def capped(store: Flaky, guide: FakeGuide, cap: int) -> Process:
    return assemble(Settings(), store, Capped(guide, cap, UsageLog(store).spent))


def answered(process: Process, key: StepKey) -> MessageStatus:
    process.replies.ask(key, [question("Who?")])
    assert eventually(lambda: process.replies.live(key) is None)
    return process.store.messages(key)[-1].status


def test_under_its_cap_a_workshop_is_answered_and_at_it_the_team_reads_why_not(
    store: Flaky, key: StepKey
) -> None:
    guide = FakeGuide()
    process = capped(store, guide, 2_000)
    store.record_call(a_call(key, 1))
    assert answered(process, key) is MessageStatus.COMPLETE

    store.record_call(a_call(key, 2))
    assert answered(process, key) is MessageStatus.ERROR
    assert process.replies.sentence(key) == str(CapReached())
    assert len(guide.requests) == 1
    assert store.messages(key)[-2].text == "Who?"


def test_one_workshop_at_its_cap_stops_no_other(store: Flaky, key: StepKey) -> None:
    other = new_step(store)
    store.record_call(a_call(other, tokens_in=10_000))
    process = capped(store, FakeGuide(), 2_000)

    assert answered(process, key) is MessageStatus.COMPLETE
    assert answered(process, other) is MessageStatus.ERROR


def test_at_the_cap_the_scripted_guide_answers_where_a_setting_says_so(
    store: Flaky, key: StepKey
) -> None:
    store.record_call(a_call(key, tokens_in=10_000))
    model, script = FakeGuide(), FakeGuide()
    guide = WithFallback(Capped(model, 2_000, UsageLog(store).spent), script)

    assert answered(assemble(Settings(), store, guide), key) is MessageStatus.COMPLETE
    assert (len(model.requests), len(script.requests)) == (0, 1)


# What the facilitator sees


@pytest.fixture
def watched() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def review(watched: WatchedStore) -> Iterator[TeamKey]:
    team = pages.new_team(watched)
    with pages.running(watched, FakeGuide(), settings=Settings(guide_token_cap=10_000)):
        yield team.key


def opened(key: TeamKey) -> AppTest:
    return pages.opened(navigation.REVIEW, **{navigation.WORKSHOP: key.workshop_id})


def spend(store: WatchedStore, key: TeamKey, tokens: int, outcome: str = "complete") -> None:
    store.inner.record_call(replace(CALL, team=key, tokens_in=tokens - 100, outcome=outcome))


def spoken(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.warning, *app.error])


def test_where_no_model_was_asked_nothing_is_said_about_it(review: TeamKey) -> None:
    app = opened(review)

    assert [each.label for each in app.expander if "model" in each.label] == []
    assert "GUIDE_TOKEN_CAP" not in spoken(app)


def test_the_facilitator_sees_calls_tokens_and_failures(
    watched: WatchedStore, review: TeamKey
) -> None:
    table = usage_panel.table(
        [TeamUsage("a", 4, 4_000, 200, 1), TeamUsage("b", 1, 100, 5, 0)],
        {"b": "Hose", "a": "Ladder"},
    )
    watched.inner.record_call(replace(CALL, team=review, id="one"))
    app = opened(review)

    assert table["Team"].tolist() == ["Hose", "Ladder", "All teams"]
    assert table.iloc[2].tolist() == ["All teams", 5, 4_100, 205, 1]
    shown = [each.value for each in app.dataframe if "Tokens in" in each.value.columns]
    assert [each.iloc[0].tolist() for each in shown] == [["Ladder crew", 1, 900, 100, 0]]
    assert "GUIDE_TOKEN_CAP" not in spoken(app)


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        (7_999, ""),
        (8_000, "has used 8,000 of the 10,000 tokens"),
        (9_999, "At the cap, the guide stops using it."),
        (10_000, "The guide no longer uses the model"),
    ],
)
def test_the_facilitator_is_warned_at_80_percent_and_told_of_the_stop(
    watched: WatchedStore, review: TeamKey, tokens: int, sentence: str
) -> None:
    spend(watched, review, tokens)
    told = spoken(opened(review))

    assert sentence in told
    assert ("GUIDE_TOKEN_CAP" in told) == bool(sentence)
