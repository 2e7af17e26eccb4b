"""What a reply or an aside does to a draft is stored with it, or not at all; on every store."""

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from lib.settings import Settings
from lib.store import open_store
from lib.store.errors import Conflict
from lib.store.port import Store
from lib.team import reopen
from lib.team.process import assemble
from lib.workshop.choices import Choice, How
from lib.workshop.read_back import Asked, Change, Offer, Operation, Place, ReadBack, Taken
from lib.workshop.records import Aside, Draft, StepKey, Team
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus
from lib.workshop.updates import Outcome, Update
from tests.fakes import FakeGuide
from tests.test_store_contract import (
    AT,
    Opens,
    at_once,
    confirm,
    key,
    opens,
    question,
    reply,
    started,
    store,
    team,
)

__all__ = ["key", "opens", "store", "team"]

COMPLETE = MessageStatus.COMPLETE

EMPTY = Draft()
PROPOSED = Draft({"target_user": "nurses"}, Phase.GATHER, 1, base=EMPTY)
UPDATE = Update.between("reply", EMPTY, PROPOSED)
ASIDE = Aside("target_user", "tab", "Ben", "cooks", 1)


def begun(store: Store, key: StepKey) -> Message:
    """Place a reply that is being written, called "reply"."""
    (growing,) = store.append(key, [reply("Well", id="reply")])
    return growing


def ended(growing: Message) -> Message:
    return growing.revised("Nurses.", COMPLETE)


def finish(store: Store, key: StepKey, word: Message, **more: Any) -> bool:
    return store.finish(key, word, Outcome(**({"draft": PROPOSED, "update": UPDATE} | more)))


def all_of(store: Store, key: StepKey) -> tuple[object, ...]:
    return (
        store.messages(key),
        store.draft(key),
        store.asides(key),
        store.update_of(key, "reply"),
        store.discarded(key),
    )


def test_a_last_word_is_stored_with_all_that_it_does(store: Store, key: StepKey) -> None:
    word = ended(begun(store, key))

    assert finish(store, key, word, asides=[ASIDE])
    assert all_of(store, key) == ([word], PROPOSED.stored(), [ASIDE], UPDATE, [])
    # The answer was lost: it is sent again.
    assert finish(store, key, word, asides=[ASIDE])
    assert all_of(store, key) == ([word], PROPOSED.stored(), [ASIDE], UPDATE, [])


def stopped(store: Store, key: StepKey) -> None:
    store.interrupt(key, "reply")


def retried(store: Store, key: StepKey) -> None:
    store.interrupt(key, "reply")
    assert store.take_over(key, "reply")


def ended_elsewhere(store: Store, key: StepKey) -> None:
    retried(store, key)
    (growing,) = store.messages(key)
    assert finish(store, key, growing.revised("Cooks.", COMPLETE), draft=None, update=None)


@pytest.mark.parametrize("before", [stopped, retried, ended_elsewhere])
def test_of_a_reply_that_was_stopped_nothing_is_stored(
    store: Store, key: StepKey, before: Any
) -> None:
    word = ended(begun(store, key))
    before(store, key)
    held = all_of(store, key)

    assert not finish(store, key, word, asides=[ASIDE])
    assert all_of(store, key) == held


def test_of_a_last_word_on_another_draft_nothing_is_stored(store: Store, key: StepKey) -> None:
    word = ended(begun(store, key))
    store.save(key, draft=Draft({"target_user": "cooks"}, revision=1))
    held = all_of(store, key)
    with pytest.raises(Conflict):
        finish(store, key, word, asides=[ASIDE])

    assert all_of(store, key) == held


def test_nothing_is_finished_that_was_never_placed(store: Store, key: StepKey) -> None:
    unknown = replace(reply(), position=1, status=COMPLETE)

    assert not finish(store, key, unknown)
    assert all_of(store, key) == ([], EMPTY, [], None, [])


def test_a_reply_that_is_discarded_takes_back_what_it_did(store: Store, key: StepKey) -> None:
    finish(store, key, ended(begun(store, key)))
    back = Draft({}, Phase.ORIENT, 2, base=store.draft(key))
    late = replace(back, base=EMPTY, revision=5)
    held = all_of(store, key)
    with pytest.raises(Conflict):
        store.discard(key, "reply", late)
    unchanged = all_of(store, key)
    again = store.discard(key, "reply", back)

    assert unchanged == held
    assert again is not None
    assert (store.draft(key), store.update_of(key, "reply")) == (back.stored(), None)
    assert store.discard(key, "reply", late) is None


def test_an_aside_is_used_once_and_what_it_replaces_is_kept(store: Store, key: StepKey) -> None:
    store.save(key, draft=Draft({"target_user": "nurses"}, revision=1))
    store.set_aside(key, ASIDE)
    base = store.draft(key)
    used = Draft({"target_user": "cooks"}, revision=2, base=base)
    replaced = Aside("target_user", "other", "", "nurses", 1)
    with pytest.raises(Conflict):
        store.use_aside(key, ASIDE, replace(used, revision=9, base=EMPTY), replaced)
    unchanged = store.draft(key), store.asides(key)

    assert unchanged == (base, [ASIDE])
    assert not store.use_aside(key, replace(ASIDE, revision=2), used, replaced)
    assert store.use_aside(key, ASIDE, used, replaced)
    assert not store.use_aside(key, ASIDE, used, replaced)
    assert (store.draft(key), store.asides(key)) == (used.stored(), [replaced])


# What a reply took, and what people decide about it


ADD = (Operation(Change.ADD, ("target_user",), "nurses"),)
READ_BACK = ReadBack(
    (Taken("m1", "Ada", "nurses", Place(("target_user",), "Who has it"), ADD),),
    (Offer("Put it in", "“nurses” goes in.", ADD),),
    Asked("who"),
)


def answered(store: Store, key: StepKey) -> Message:
    word = ended(begun(store, key))
    assert finish(store, key, word, read_back=READ_BACK)
    return word


def test_what_a_reply_took_is_stored_with_its_end_alone(store: Store, key: StepKey) -> None:
    growing = begun(store, key)
    store.save(key, [replace(growing.revised("Nur", MessageStatus.STREAMING), read_back=READ_BACK)])
    before = store.messages(key)[0].read_back
    finish(store, key, ended(store.messages(key)[0]), read_back=READ_BACK)

    assert before is None
    assert store.messages(key)[0].read_back == READ_BACK


@pytest.mark.parametrize("before", [stopped, retried])
def test_of_a_stopped_reply_no_line_is_stored(store: Store, key: StepKey, before: Any) -> None:
    word = ended(begun(store, key))
    before(store, key)

    assert not finish(store, key, word, read_back=READ_BACK)
    assert store.messages(key)[0].read_back is None


def test_another_reply_has_lines_and_decisions_of_its_own(store: Store, key: StepKey) -> None:
    word = answered(store, key)
    assert store.choose(key, pressed(word), next_(store, key, "cooks"))
    again = store.discard(key, "reply")
    assert again is not None
    during = store.messages(key)[0].read_back, store.choices(key, ["reply"])
    late = store.choose(key, pressed(word), next_(store, key, "late"))
    finish(store, key, again.revised("Well", COMPLETE), draft=None, update=None)

    assert during == (None, [])
    assert not late
    assert store.messages(key)[0].read_back is None
    assert store.draft(key).fields == {"target_user": "cooks"}


def test_lines_an_earlier_release_left_behind_are_not_read(sqlite_url: str) -> None:
    """It writes a reply again without knowing that the column is there."""
    with closing(open_store(sqlite_url)) as store:
        key = started(store)[1][0].step_key("challenge")
        answered(store, key)
        engine = create_engine(sqlite_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE messages SET revision = revision + 4294967296"))
        engine.dispose()

        assert store.messages(key)[0].read_back is None


def pressed(word: Message, **changes: Any) -> Choice:
    made = Choice("reply", "taken/0", How.EDITED, "Ben", 1, word.revision, ADD)
    return replace(made, **changes)


def next_(store: Store, key: StepKey, words: str) -> Draft:
    base = store.draft(key)
    return Draft({"target_user": words}, base.phase, base.revision + 1, base.epoch, base=base)


def test_a_decision_is_stored_with_the_draft_it_leads_to(store: Store, key: StepKey) -> None:
    choice = pressed(answered(store, key))
    draft = next_(store, key, "cooks")

    assert store.choices(key, ["reply"]) == []
    assert store.choose(key, choice, draft)
    # The answer was lost: it is sent again.
    assert store.choose(key, choice, draft)
    assert store.choices(key, ["reply", "other"]) == [choice]
    assert store.choices(key, ["other"]) == []
    assert store.draft(key) == draft.stored()


def test_of_two_presses_the_first_counts(store: Store, key: StepKey) -> None:
    word = answered(store, key)
    first = pressed(word)
    assert store.choose(key, first, next_(store, key, "cooks"))
    second = store.choose(key, pressed(word, how=How.TALK, id="b"), next_(store, key, "pupils"))
    undone = pressed(word, how=How.OPEN, revision=2, id="c", operations=())

    assert not second
    assert store.choices(key, ["reply"]) == [first]
    assert store.draft(key).fields == {"target_user": "cooks"}
    assert store.choose(key, undone, next_(store, key, "nurses"))
    assert store.choices(key, ["reply"]) == [undone]


def test_of_presses_at_once_one_counts(opens: Opens, key: StepKey) -> None:
    store = opens()
    word = answered(store, key)
    draft = next_(store, key, "cooks")
    choices = [pressed(word, id=f"c{number}") for number in range(4)]
    results = at_once(*(partial(opens().choose, key, each, draft) for each in choices))

    assert results.count(True) == 1
    assert len(store.choices(key, ["reply"])) == 1
    assert store.draft(key) == draft.stored()


def test_a_decision_on_another_draft_is_a_conflict(store: Store, key: StepKey) -> None:
    word = answered(store, key)
    draft = next_(store, key, "cooks")
    store.save(key, draft=next_(store, key, "pupils"))
    with pytest.raises(Conflict):
        store.choose(key, pressed(word), draft)

    assert store.choices(key, ["reply"]) == []
    assert store.draft(key).fields == {"target_user": "pupils"}


def test_nobody_presses_what_a_reset_has_archived(store: Store, key: StepKey) -> None:
    word = answered(store, key)
    process = assemble(Settings(), store, FakeGuide())
    reopen.reset(store, process.drafts, key, actor="Ada", at=AT)

    assert not store.choose(key, pressed(word), next_(store, key, "cooks"))
    assert store.draft(key).fields == {}


# One writer at a time


def test_a_reply_waits_for_the_one_that_is_being_written(store: Store, key: StepKey) -> None:
    growing = begun(store, key)
    later = reply("later")
    asked = store.append(key, [question("And?")], reply=later)
    waiting = store.append(key, [], reply=later)
    finish(store, key, ended(growing))
    placed = store.append(key, [], reply=later)

    assert [each.text for each in asked] == ["And?"]
    assert (waiting, [each.id for each in placed]) == ([], [later.id])


def test_a_question_is_answered_once_the_writer_before_is_dead(opens: Opens, key: StepKey) -> None:
    begun(opens(lease=-1.0), key)
    later = reply("later")

    assert [each.text for each in opens().append(key, [question("And?")], reply=later)] == [
        "And?",
        "later",
    ]


def test_nobody_takes_a_reply_over_while_another_is_being_written(
    store: Store, key: StepKey
) -> None:
    (half, _) = store.append(key, [reply(status=MessageStatus.INTERRUPTED), question("And?")])
    growing = begun(store, key)
    refused = store.take_over(key, half.id)
    finish(store, key, ended(growing))

    assert refused is None
    assert store.take_over(key, half.id) is not None


def test_a_redraft_that_nobody_began_is_forgotten_with_the_draft_it_was_for(
    store: Store, team: Team, key: StepKey
) -> None:
    store.want_redraft(key, "redraft")
    confirm(store, team, key.step)

    assert store.steps(key.team)[key.step].redraft is None


def test_a_redraft_is_wanted_until_its_reply_is_placed(store: Store, key: StepKey) -> None:
    growing = begun(store, key)
    store.want_redraft(key, "redraft")
    store.want_redraft(key, "another")
    redraft = reply("anew", id="redraft", anew=True)
    waiting = store.append(key, [], reply=redraft)
    wanted = store.steps(key.team)[key.step].redraft
    finish(store, key, ended(growing))
    (placed,) = store.append(key, [], reply=redraft)

    assert (waiting, wanted) == ([], "redraft")
    assert placed.anew
    assert store.messages(key)[-1].anew
    assert store.steps(key.team)[key.step].redraft is None
    store.interrupt(key, placed.id)
    taken = store.take_over(key, placed.id)
    assert taken is not None
    assert taken.anew
