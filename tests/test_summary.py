"""What a model has no room for is summed up once, kept, and told in its place; over real HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.guide.openai_compatible import ModelGuide, context, prompts, summary, tokens
from lib.guide.openai_compatible.context import BUDGET
from lib.guide.openai_compatible.retry import RetryPolicy
from lib.guide.port import Request
from lib.guide.usage import Usage
from lib.store.errors import StoreUnavailable
from lib.store.port import Decision
from lib.team import guide_request
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Recollection, StepKey, Team, Workshop
from lib.workshop.status import Event, Phase, decide
from lib.workshop.transcript import Message, Role
from lib.workshop.usage import Call
from tests.fakes import new_step, question
from tests.guide_server import (
    MODEL,
    Answer,
    Asked,
    GuideServer,
    broken,
    refusal,
    too_many,
    wrong_key,
)
from tests.memory_store.store import MemoryStore
from tests.test_model_guide import (
    Said,
    client_of,
    limits_for,
    message,
    reply,
    request,
    structured,
)

SUMMARY = "The team rejected the help desk and settled on 14 buddies, led by Ines Okafor."


class Servant:
    """A model that writes summaries and replies, and keeps apart what it is asked for."""

    def __init__(self, server: GuideServer) -> None:
        self.summary = Answer(SUMMARY)
        self.summaries: list[Asked] = []
        self.replies: list[Asked] = []
        server.script = self.answer

    def answer(self, asked: Asked) -> Answer:
        if prompts.SUMMARY in asked.text:
            self.summaries.append(asked)
            return self.summary
        self.replies.append(asked)
        return Answer(structured("And who feels it most?", draft={}), size=400)


@pytest.fixture
def server() -> Iterator[GuideServer]:
    server = GuideServer()
    yield server
    server.close()


@pytest.fixture
def model(server: GuideServer) -> Servant:
    return Servant(server)


@pytest.fixture
def guide(server: GuideServer) -> ModelGuide:
    return ModelGuide(client_of(server))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def key(store: MemoryStore) -> StepKey:
    """Return the tenth step, with two thousand messages in it."""
    key = new_step(store, "validate")
    say(store, key, 1, 2_000)
    return key


def say(store: MemoryStore, key: StepKey, first: int, last: int) -> None:
    """Say *first* to *last* in turn: the odd ones are the team's."""
    text = "What we saw there was quite different. " * 5
    store.append(
        key,
        [
            replace(question(f"Nr {n}. {text}"), role=Role.USER if n % 2 else Role.ASSISTANT)
            for n in range(first, last + 1)
        ],
    )


def asked_in(store: MemoryStore, key: StepKey) -> Request:
    """Return the request for a reply behind the newest message that is the team's."""
    last = store.messages(key, last=1)[0].position
    draft = Draft({}, Phase.GATHER)
    return guide_request.request(
        store, key, draft, before=last + 1, turn="reply", on_wait=lambda _: None
    )


def answered(guide: ModelGuide, store: MemoryStore, key: StepKey) -> Said:
    return reply(guide, asked_in(store, key))


WHOLE = Said("And who feels it most?")


def is_whole(said: Said) -> bool:
    return said.text == WHOLE.text and said.error == "" and said.proposal is not None


# Made once, reused, extended


def test_two_thousand_messages_are_summed_up_once_and_the_next_turn_reuses_it(
    model: Servant, guide: ModelGuide, store: MemoryStore, key: StepKey
) -> None:
    say(store, key, 2_001, 2_001)
    first = answered(guide, store, key)
    say(store, key, 2_002, 2_003)
    second = answered(guide, store, key)

    assert (is_whole(first), is_whole(second)) == (True, True)
    assert len(model.summaries) == 1
    assert model.summaries[0].body.get("stream") is None
    assert "Ada: Nr 1." in model.summaries[0].text
    for each in model.replies:
        note = each.body["messages"][1]["content"]
        assert "messages that are left out here" in note
        assert SUMMARY in note
    assert "Nr 2003." in model.replies[1].text


def test_a_summary_reaches_beyond_what_is_left_out_and_not_to_the_newest_message(
    model: Servant, guide: ModelGuide, store: MemoryStore, key: StepKey
) -> None:
    say(store, key, 2_001, 2_001)
    answered(guide, store, key)
    kept = store.recollection(key, 0)
    assert kept is not None

    assert kept.text == SUMMARY
    assert f"Nr {kept.upto}." in model.replies[0].text
    assert f"Nr {kept.upto}." in model.summaries[0].text
    assert f"Nr {kept.upto + 1}." not in model.summaries[0].text
    assert kept.upto < 2_001


def test_when_a_good_deal_more_is_left_out_the_summary_is_extended_by_what_came_since(
    model: Servant, guide: ModelGuide, store: MemoryStore, key: StepKey
) -> None:
    say(store, key, 2_001, 2_001)
    answered(guide, store, key)
    before = store.recollection(key, 0)
    assert before is not None
    turns = 0
    while len(model.summaries) == 1 and turns < 200:
        turns += 1
        said = store.messages(key, last=1)[0].position
        model.summary = Answer("The second summary.")
        say(store, key, said + 1, said + 2)
        answered(guide, store, key)
    after = store.recollection(key, 0)
    assert after is not None

    assert 20 < turns < 200
    assert SUMMARY in model.summaries[1].text
    assert f"Nr {before.upto}." not in model.summaries[1].text
    assert f"Nr {before.upto + 1}." in model.summaries[1].text
    assert (after.text, after.upto > before.upto) == ("The second summary.", True)
    assert "The second summary." in model.replies[-1].body["messages"][1]["content"]


def test_what_fits_is_not_summed_up(model: Servant, guide: ModelGuide, store: MemoryStore) -> None:
    key = new_step(store)
    say(store, key, 1, 11)

    assert is_whole(answered(guide, store, key))
    assert (len(model.replies), model.summaries, store.recollection(key, 0)) == (1, [], None)


def test_a_greeting_that_finds_no_room_beside_a_long_text_is_not_worth_a_call(
    model: Servant, guide: ModelGuide
) -> None:
    assert is_whole(reply(guide, request("word " * 40_000)))
    assert (len(model.replies), model.summaries) == (1, [])


# The budget


@pytest.mark.parametrize("budget", [4_000, 12_000, 32_000])
@pytest.mark.parametrize("text", [SUMMARY, "word " * 3_000, "你好" * 5_000, "</data>" * 900])
def test_the_budget_holds_for_the_summary_and_with_it(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey, budget: int, text: str
) -> None:
    guide = ModelGuide(client_of(server), budget=budget)
    model.summary = Answer(text)
    for last in (2_001, 2_003):
        say(store, key, last - (last > 2_001), last)
        assert is_whole(answered(guide, store, key))
    kept = store.recollection(key, 0)
    assert kept is not None
    say(store, key, 2_004, 2_601)
    assert is_whole(answered(guide, store, key))

    assert len(model.summaries) == 2
    assert tokens.count(kept.text) <= 500
    sizes = [
        sum(tokens.count(each["content"]) for each in asked.body["messages"])
        for asked in (*model.summaries, *model.replies)
    ]
    assert max(sizes) <= budget
    assert [each.text.count("</data>") for each in model.summaries] == [1, 2]


# Where it cannot be made


@pytest.mark.parametrize(
    "answer",
    [
        broken(),
        wrong_key(),
        too_many(),
        too_many("30"),
        refusal(400, "This model's maximum context length is 4096 tokens."),
        Answer(raw="<html>"),
        Answer(""),
        Answer("<think>Hm, what was it</think>"),
        Answer("Half a summ", finish="length"),
        Answer("", finish="content_filter"),
        Answer("Too late.", first=30),
    ],
    ids=lambda each: f"{each.status} {each.finish} {each.raw or each.text}"[:30],
)
def test_without_a_summary_the_note_stays_and_the_reply_is_whole(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey, answer: Answer
) -> None:
    guide = ModelGuide(client_of(server, limits_for(answer)))
    model.summary = answer
    say(store, key, 2_001, 2_001)

    assert is_whole(answered(guide, store, key))
    assert len(model.summaries) >= 1
    assert store.recollection(key, 0) is None
    note = model.replies[0].body["messages"][1]["content"]
    assert "The draft holds what came of them.)" in note


def test_a_slow_summary_holds_up_no_reply_and_counts_as_a_failure(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey
) -> None:
    guide = ModelGuide(client_of(server), summary_within=0.1)
    model.summary = Answer("Too late.", first=30)
    say(store, key, 2_001, 2_001)

    assert is_whole(answered(guide, store, key))
    assert [each.outcome for each in guide.usage.calls()] == ["slow", "complete"]


def test_a_wait_for_a_summary_is_not_told_to_the_team(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey
) -> None:
    guide = ModelGuide(client_of(server, retry=RetryPolicy(attempts=2), chance=lambda: 1.0))
    model.summary = too_many("1")
    say(store, key, 2_001, 2_001)
    waits: list[float] = []

    assert is_whole(reply(guide, replace(asked_in(store, key), on_wait=waits.append)))
    assert (len(model.summaries), waits) == (2, [])


def test_an_older_summary_is_still_told_where_the_next_one_cannot_be_made(
    model: Servant, guide: ModelGuide, store: MemoryStore, key: StepKey
) -> None:
    store.remember(key, 0, Recollection(40, SUMMARY))
    model.summary = broken()
    say(store, key, 2_001, 2_001)

    assert is_whole(answered(guide, store, key))
    assert len(model.summaries) >= 1
    assert SUMMARY in model.replies[0].body["messages"][1]["content"]
    assert store.recollection(key, 0) == Recollection(40, SUMMARY)


def test_a_memory_that_is_away_costs_the_summary_and_not_the_reply(
    model: Servant, guide: ModelGuide
) -> None:
    class Away(MemoryStore):
        def recollection(self, key: StepKey, era: int) -> Recollection | None:
            raise StoreUnavailable("The database is away.")

        def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
            raise StoreUnavailable("The database is away.")

    store = Away()
    key = new_step(store, "validate")
    say(store, key, 1, 601)

    assert is_whole(answered(guide, store, key))
    assert SUMMARY in model.replies[0].body["messages"][1]["content"]


def test_a_reply_that_is_stopped_while_it_is_summed_up_keeps_nothing(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey
) -> None:
    guide = ModelGuide(client_of(server))
    model.summary = Answer("Too late.", first=30)
    say(store, key, 2_001, 2_001)
    pieces: Any = guide.reply(asked_in(store, key))
    assert next(pieces) == ""
    pieces.close()

    assert store.recollection(key, 0) is None
    assert [each.outcome for each in guide.usage.calls()] == ["stopped"]


# Whose it is


def test_no_summary_of_another_team_or_of_another_era_is_told(
    model: Servant, guide: ModelGuide, store: MemoryStore
) -> None:
    workshop = Workshop(new_id(), "Newcomers", "They leave.", datetime.now(UTC))
    ours, theirs = (Team(workshop.id, new_id(), f"Team {n}", new_link(), n) for n in (1, 2))
    store.create_workshop(workshop, [ours, theirs])
    key = ours.step_key("challenge")
    store.remember(theirs.step_key("challenge"), 0, Recollection(500, "PLANTED by others"))
    store.remember(key, 7, Recollection(500, "PLANTED in another era"))
    say(store, key, 1, 601)

    assert is_whole(answered(guide, store, key))
    assert len(model.summaries) == 1
    assert [each for each in (*model.summaries, *model.replies) if "PLANTED" in each.text] == []
    assert store.recollection(theirs.step_key("challenge"), 0) == Recollection(
        500, "PLANTED by others"
    )


def test_a_reset_begins_without_a_summary_and_a_late_one_stays_with_its_own_era(
    store: MemoryStore,
) -> None:
    key = new_step(store)
    say(store, key, 1, 3)
    late = asked_in(store, key).memory
    late.remember(Recollection(2, SUMMARY))
    states = {slug: state.status for slug, state in store.steps(key.team).items()}
    changes = decide(states, key.step, Event.RESET)
    store.apply(key.team, Decision(changes, "Ada", datetime.now(UTC)))
    say(store, key, 1, 1)
    fresh = asked_in(store, key)
    assert (len(fresh.transcript), fresh.memory.recall()) == (1, None)

    late.remember(Recollection(3, "Later."))
    assert fresh.memory.recall() is None
    assert late.recall() == Recollection(3, "Later.")


# Records


def test_a_summary_is_recorded_as_a_call_of_its_own_prompt_without_a_word(
    server: GuideServer, model: Servant, store: MemoryStore, key: StepKey
) -> None:
    calls: list[Call] = []
    guide = ModelGuide(client_of(server), usage=Usage(calls.append))
    say(store, key, 2_001, 2_001)
    answered(guide, store, key)

    assert [each.prompt_hash for each in calls] == [
        prompts.summary_fingerprint(),
        context.prompt(asked_in(store, key), schema=True).version,
    ]
    assert {(each.team, each.step, each.turn, each.model, each.outcome) for each in calls} == {
        (key.team, "validate", "reply", MODEL, "complete")
    }
    assert calls[0].tokens == 100 + len(SUMMARY) // 4
    assert "Okafor" not in repr(calls)


# When one is wanted


def talk(count: int, size: int) -> list[Message]:
    return [message("w" * size * 4, place=place) for place in range(1, count + 1)]


@pytest.mark.parametrize(
    ("left_out", "known", "upto"),
    [
        (10, None, 15),
        (10, Recollection(9, "Known."), None),
        (10, Recollection(3, "Known."), 15),
        (10, Recollection(15, "Known."), None),
        (2, None, None),
    ],
)
def test_a_summary_is_wanted_where_more_than_a_little_is_in_none(
    left_out: int, known: Recollection | None, upto: int | None
) -> None:
    said = talk(20, 200)
    task = summary.task(said, said[:left_out], known, BUDGET)

    assert (task.upto if task else None) == upto
