"""Drafts: the hand wins, nothing already known is forgotten, and a reply settles once."""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import Unsaved
from lib.store.errors import StoreUnavailable
from lib.store.port import Decision
from lib.team.drafts import Drafts
from lib.team.edits import MAX_CHANGES, MAX_WRITERS, Change, Edit, merged, remembering, shortened
from lib.workshop import read_back as read_backs
from lib.workshop.fields import with_field
from lib.workshop.read_back import Asked, Operation, Place, ReadBack, Taken
from lib.workshop.records import Aside, Draft, Fields, StepKey
from lib.workshop.status import Event, Phase, decide
from lib.workshop.transcript import ATTEMPT, Message, MessageStatus, Role
from lib.workshop.updates import Outcome, Update
from tests.fakes import PATIENCE, new_step, question
from tests.memory_store.store import MemoryStore
from tests.test_debouncer import FakeClock


class FlakyStore(MemoryStore):
    """A store whose database can go away, and be slow to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.on_read: list[threading.Event] = []
        #: Set once something was read that is held up.
        self.held_up = threading.Event()

    def draft(self, key: StepKey) -> Draft:
        if self.down:
            raise StoreUnavailable("The database cannot be reached.")
        found = super().draft(key)
        for event in self.on_read:
            self.held_up.set()
            event.wait(2 * PATIENCE)
        return found

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        if self.down:
            raise StoreUnavailable("The database cannot be reached.")
        super().set_aside(key, aside)

    def save(self, key: StepKey, messages: object = (), draft: Draft | None = None) -> None:
        if self.down:
            raise StoreUnavailable("The database cannot be reached.")
        super().save(key, messages, draft)  # type: ignore[arg-type]

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        if self.down:
            raise StoreUnavailable("The database cannot be reached.")
        return super().finish(key, reply, outcome)


@dataclass
class Setup:
    """A step, with all that a draft in it goes through."""

    store: FlakyStore
    key: StepKey
    autosave: Autosave
    drafts: Drafts

    def saved(self) -> Fields:
        self.autosave.flush(self.key)
        return self.store.draft(self.key).fields


def set_up(step: str = "challenge") -> Setup:
    store = FlakyStore()

    return beside(store, new_step(store, step))


def beside(store: FlakyStore, key: StepKey) -> Setup:
    """One more server on the same database."""

    def save(key: StepKey, unsaved: Unsaved) -> None:
        drafts.save(key, unsaved)

    autosave = Autosave(save, clock=FakeClock())
    drafts = Drafts(store, autosave)
    return Setup(store, key, autosave, drafts)


@pytest.fixture
def setup() -> Setup:
    return set_up()


def reply(setup: Setup, text: str = "Here is a draft.") -> Message:
    """A whole reply, placed as replies are."""
    blank = Message(
        "reply", Role.ASSISTANT, "Guide", "", datetime.now(UTC), MessageStatus.STREAMING
    )
    (placed,) = setup.store.append(setup.key, [blank])
    return placed.revised(text, MessageStatus.COMPLETE)


def interrupted_and_taken_over(store: MemoryStore, key: StepKey, message_id: str) -> None:
    """Stop a reply and retry it, as another server does."""
    store.interrupt(key, message_id)
    assert store.take_over(key, message_id)


def confirm(setup: Setup) -> None:
    states = setup.store.steps(setup.key.team)
    changes = decide({slug: s.status for slug, s in states.items()}, "challenge", Event.CONFIRM)
    setup.store.apply(setup.key.team, Decision(changes, "Ada", datetime.now(UTC)))


def test_an_edit_that_was_not_saved_when_the_step_was_confirmed_is_set_aside(
    setup: Setup,
) -> None:
    setup.drafts.edit(setup.key, "target_user", "nurses")
    confirm(setup)

    assert setup.saved() == {}
    assert [each.value for each in setup.store.asides(setup.key)] == ["nurses"]


# Merging

fields = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([1, 2, "x", ["y"]]))


@settings(deadline=None)  # a busy machine is not a bug
@given(fields, fields, fields)
def test_a_field_changed_by_hand_stays_and_any_other_follows_the_guide(
    base: Fields, proposed: Fields, current: Fields
) -> None:
    result = merged(base, proposed, current)
    expected = {
        name: current.get(name) if current.get(name) != base.get(name) else proposed.get(name)
        for name in "abcd"
    }

    assert result == {name: value for name, value in expected.items() if value is not None}


@settings(deadline=None)  # a busy machine is not a bug
@given(fields, fields)
def test_with_no_hand_in_it_the_proposal_is_the_draft(base: Fields, proposed: Fields) -> None:
    assert merged(base, proposed, base) == proposed


@settings(deadline=None)  # a busy machine is not a bug
@given(fields, fields, fields)
def test_merging_changes_none_of_what_it_is_given(
    base: Fields, proposed: Fields, current: Fields
) -> None:
    before = [dict(base), dict(proposed), dict(current)]
    merged(base, proposed, current)

    assert [base, proposed, current] == before


@pytest.mark.parametrize("blank", [None, "", "  ", [], {}])
def test_a_field_set_to_nothing_is_gone(blank: object) -> None:
    assert with_field({"a": 1, "b": 2}, "a", blank) == {"b": 2}


# By hand


def test_an_edit_is_seen_at_once_and_saved_like_everything_else(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "target_user", "night nurses")
    seen = setup.drafts.current(setup.key).fields

    assert (seen, setup.saved()) == ({"target_user": "night nurses"},) * 2


def test_an_edit_that_changes_nothing_is_no_revision_and_no_save(setup: Setup) -> None:
    first = setup.drafts.edit(setup.key, "target_user", "night nurses")
    setup.autosave.flush(setup.key)
    second = setup.drafts.edit(setup.key, "target_user", "night nurses")

    assert (first, bool(setup.autosave.pending(setup.key))) == (second, False)


def test_edits_of_two_people_at_once_are_both_kept(setup: Setup) -> None:
    names = [f"field_{number}" for number in range(24)]
    threads = [
        threading.Thread(target=setup.drafts.edit, args=(setup.key, name, name)) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert setup.saved() == {name: name for name in names}


def test_a_slow_database_under_one_team_keeps_no_other_from_editing(setup: Setup) -> None:
    other = new_step(setup.store)
    setup.drafts.edit(other, "target_user", "first")  # pending: needs no read
    answer = threading.Event()
    setup.store.on_read.append(answer)
    slow = threading.Thread(
        target=setup.drafts.edit, args=(setup.key, "target_user", "slow"), daemon=True
    )
    slow.start()
    assert setup.store.held_up.wait(PATIENCE)
    quick = threading.Thread(
        target=setup.drafts.edit, args=(other, "target_user", "quick"), daemon=True
    )
    quick.start()
    quick.join(PATIENCE)
    was_quick = not quick.is_alive()
    answer.set()
    slow.join()
    quick.join()

    assert was_quick


# By several at once


def typed(field: str, value: object, was: object = None, **more: object) -> Edit:
    """A field as Ada types it in her tab."""
    known: dict[str, object] = {"writer": "tab-a", "revision": 1, "author": "Ada", "epoch": 0}
    return Edit(field, value, was, **{**known, **more})  # type: ignore[arg-type]


def by_ben(field: str, value: object, was: object = None, **more: object) -> Edit:
    return typed(field, value, was, **{"writer": "tab-b", "author": "Ben"} | more)


def test_a_repeated_edit_changes_nothing_whatever_came_since(setup: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.drafts.apply_edit(setup.key, by_ben("target_user", "night nurses", "nurses"))
    again = setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))

    assert (again.aside, setup.saved()) == (False, {"target_user": "night nurses"})


def test_a_repeat_is_known_by_a_server_that_was_started_since(setup: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.drafts.apply_edit(setup.key, by_ben("target_user", "night nurses", "nurses"))
    setup.autosave.flush(setup.key)
    other = beside(setup.store, setup.key)
    again = other.drafts.apply_edit(setup.key, typed("target_user", "nurses"))

    assert (again.aside, other.saved()) == (False, {"target_user": "night nurses"})
    assert setup.store.asides(setup.key) == []


def test_of_two_who_change_the_same_words_the_second_is_told_and_neither_loses(
    setup: Setup,
) -> None:
    first = setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    second = setup.drafts.apply_edit(setup.key, by_ben("target_user", "doctors"))

    assert (first.aside, second.aside) == (False, True)
    assert setup.saved() == {"target_user": "nurses"}
    assert setup.store.asides(setup.key) == [Aside("target_user", "tab-b", "Ben", "doctors", 1, 0)]


def test_who_takes_what_the_draft_has_and_begins_anew_keeps_what_was_set_aside_before(
    setup: Setup,
) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.drafts.apply_edit(setup.key, by_ben("target_user", "doctors"))
    setup.drafts.apply_edit(setup.key, typed("target_user", "all nurses", "nurses", revision=2))
    for revision, value, was in ((2, "midwi", "nurses"), (3, "midwives", "midwi")):
        setup.drafts.apply_edit(setup.key, by_ben("target_user", value, was, revision=revision))

    assert [each.value for each in setup.store.asides(setup.key)] == ["doctors", "midwives"]


def test_who_goes_on_typing_what_was_set_aside_has_it_aside_once(setup: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    for revision, value, was in ((1, "doc", None), (2, "doct", "doc"), (3, "doctors", "doct")):
        setup.drafts.apply_edit(setup.key, by_ben("target_user", value, was, revision=revision))

    assert [each.value for each in setup.store.asides(setup.key)] == ["doctors"]


def test_two_who_change_different_entries_of_one_list_both_see_theirs_in_the_draft() -> None:
    setup = set_up("stakeholder-mapping")
    rows = [{"name": "Kurt"}, {"name": "Mara"}]
    setup.drafts.edit(setup.key, "stakeholders", rows)
    noted = [rows[0] | {"notes": "chief"}, rows[1]]
    ranked = [rows[0], rows[1] | {"power": "high"}, {"name": "Press"}]
    setup.drafts.apply_edit(setup.key, typed("stakeholders", noted, rows))
    taken = setup.drafts.apply_edit(setup.key, by_ben("stakeholders", ranked, rows))

    assert not taken.aside
    assert setup.saved() == {"stakeholders": [noted[0], ranked[1], ranked[2]]}


def test_an_edit_of_a_complete_step_is_set_aside(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.autosave.flush(setup.key)
    confirm(setup)
    taken = setup.drafts.apply_edit(setup.key, typed("target_user", "all nurses", "nurses"))

    assert (taken.aside, setup.saved()) == (True, {"target_user": "nurses"})
    assert [each.value for each in setup.store.asides(setup.key)] == ["all nurses"]


def test_an_edit_from_an_earlier_life_of_the_step_is_set_aside(setup: Setup) -> None:
    taken = setup.drafts.apply_edit(setup.key, typed("target_user", "nurses", epoch=-1))

    assert (taken.aside, setup.saved()) == (True, {})
    assert [each.epoch for each in setup.store.asides(setup.key)] == [-1]


def test_an_edit_that_cannot_be_set_aside_now_is_not_taken(setup: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.store.down = True
    with pytest.raises(StoreUnavailable):
        setup.drafts.apply_edit(setup.key, by_ben("target_user", "doctors"))
    setup.store.down = False
    again = setup.drafts.apply_edit(setup.key, by_ben("target_user", "doctors"))

    assert again.aside


def test_a_field_the_step_does_not_have_is_no_edit(setup: Setup) -> None:
    with pytest.raises(KeyError):
        setup.drafts.apply_edit(setup.key, typed("mood", "bright"))


def test_who_types_on_before_the_answer_came_does_not_quarrel_with_what_they_sent(
    setup: Setup,
) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nur"))
    taken = setup.drafts.apply_edit(
        setup.key, typed("target_user", "nurses", revision=2, sent=("nur ", "nurs"))
    )

    assert (taken.aside, setup.saved()) == (False, {"target_user": "nurses"})


def test_what_somebody_else_made_of_what_was_sent_is_still_theirs(setup: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nur"))
    setup.drafts.apply_edit(setup.key, by_ben("target_user", "nursery", "nur"))
    taken = setup.drafts.apply_edit(
        setup.key, typed("target_user", "nurses", revision=2, sent=("nur",))
    )

    assert (taken.aside, setup.saved()) == (True, {"target_user": "nursery"})


# On two servers


@pytest.fixture
def other(setup: Setup) -> Setup:
    """A second server that read the draft when the first did."""
    second = beside(setup.store, setup.key)
    setup.drafts.current(setup.key)
    second.drafts.current(setup.key)
    return second


def test_edits_of_different_fields_on_two_servers_are_both_stored(
    setup: Setup, other: Setup
) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    other.drafts.apply_edit(setup.key, by_ben("desired_outcome", "they sleep"))
    setup.saved()

    assert other.saved() == {"target_user": "nurses", "desired_outcome": "they sleep"}
    assert not other.autosave.pending(setup.key)


def test_edits_of_the_same_field_on_two_servers_lose_neither(setup: Setup, other: Setup) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    other.drafts.apply_edit(setup.key, by_ben("target_user", "doctors"))
    setup.saved()

    assert other.saved() == {"target_user": "nurses"}
    assert [(each.author, each.value) for each in setup.store.asides(setup.key)] == [
        ("Ben", "doctors")
    ]


def test_what_its_writer_typed_over_on_another_server_is_not_set_aside(
    setup: Setup, other: Setup
) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nur"))
    setup.drafts.apply_edit(setup.key, by_ben("desired_outcome", "they sleep"))
    later = typed("target_user", "nurses", revision=2, sent=("nur",))
    other.drafts.apply_edit(setup.key, later)
    other.saved()

    assert setup.saved() == {"target_user": "nurses", "desired_outcome": "they sleep"}
    assert setup.store.asides(setup.key) == []


def test_a_server_that_was_cut_off_doubles_nothing_when_it_is_back(
    other: Setup, setup: Setup
) -> None:
    """Ada and Ben type at a server without a database; Ada goes on at another one."""
    key = setup.key._replace(step="sense-making")
    away, here = replace(setup, key=key), replace(other, key=key)
    away.drafts.current(key)
    first = typed("pains", ["They wait"])
    away.drafts.apply_edit(key, first)
    away.drafts.apply_edit(key, by_ben("pains", ["They wait", "They call"], ["They wait"]))
    away.drafts.apply_edit(key, by_ben("gains", ["Somebody calls"], writer="tab-b/gains"))
    here.drafts.apply_edit(key, first)
    later = ["They wait for hours"]
    here.drafts.apply_edit(key, typed("pains", later, ["They wait"], revision=2))
    here.saved()

    assert away.saved() == {
        "pains": ["They wait for hours", "They call"],
        "gains": ["Somebody calls"],
    }
    assert setup.store.asides(key) == []


def test_what_a_cut_off_server_holds_of_one_writer_is_what_came_elsewhere_and_more(
    other: Setup, setup: Setup
) -> None:
    key = setup.key._replace(step="sense-making")
    away, here = replace(setup, key=key), replace(other, key=key)
    away.drafts.current(key)
    here.drafts.apply_edit(key, typed("pains", ["They wait"]))
    here.drafts.apply_edit(key, by_ben("pains", ["They wait", "They call"], ["They wait"]))
    here.saved()
    sent = {"sent": (["They wait"],), "sent_as": (("tab-a", 1),)}
    setup.store.down = True
    away.drafts.apply_edit(key, typed("pains", ["They wait for hours"], revision=2, **sent))
    setup.store.down = False

    assert away.saved() == {"pains": ["They wait for hours", "They call"]}
    assert setup.store.asides(key) == []


def test_a_cut_off_server_takes_out_nothing_that_it_never_held(setup: Setup, other: Setup) -> None:
    """Ada types at one server, and goes on at one without a database, which knows less."""
    key = setup.key._replace(step="sense-making")
    away, here = replace(setup, key=key), replace(other, key=key)
    here.drafts.apply_edit(key, by_ben("pains", ["They pay"]))
    here.saved()
    away.drafts.current(key)
    here.drafts.apply_edit(
        key, by_ben("pains", ["They pay", "They call"], ["They pay"], revision=2)
    )
    pains = ["They pay", "They call", "They wait"]
    here.drafts.apply_edit(key, typed("pains", pains, pains[:2]))
    here.saved()
    sent = {"sent": (pains,), "sent_as": (("tab-a", 1),)}
    setup.store.down = True
    away.drafts.apply_edit(key, typed("pains", [*pains, "They go"], pains[:2], revision=2, **sent))
    setup.store.down = False

    assert away.saved() == {"pains": [*pains, "They go"]}
    assert setup.store.asides(key) == []


def test_many_changes_put_together_take_out_nothing_they_never_held(
    setup: Setup, other: Setup
) -> None:
    """They are more than are remembered one by one, and Ada's came to the other server too."""
    key = setup.key._replace(step="sense-making")
    away, here = replace(setup, key=key), replace(other, key=key)
    here.drafts.apply_edit(key, by_ben("pains", ["They pay"], writer="tab-c"))
    here.saved()
    away.drafts.current(key)
    here.drafts.apply_edit(
        key, by_ben("pains", ["They pay", "They call"], ["They pay"], writer="tab-c", revision=2)
    )
    here.saved()
    setup.store.down = True
    adas, bens = ["They pay", "They call"], ["They pay"]
    for n in range(1, MAX_CHANGES):
        sent = {"sent": (adas,), "sent_as": (("tab-a", n - 1),)}
        adas = [*adas, f"Ada {n}"]
        away.drafts.apply_edit(key, typed("pains", adas, adas[:2], revision=n, **sent))
        away.drafts.apply_edit(key, by_ben("pains", [*bens, f"Ben {n}"], bens, revision=n))
        bens = [*bens, f"Ben {n}"]
    setup.store.down = False
    here.drafts.apply_edit(key, typed("pains", adas, adas[:2], revision=n))
    here.saved()

    assert sorted(away.saved()["pains"]) == sorted({*adas, *bens})


def test_put_together_is_newer_than_both(setup: Setup, other: Setup) -> None:
    for revision in range(1, 5):
        setup.drafts.apply_edit(setup.key, typed("target_user", "n" * revision, revision=revision))
    other.drafts.apply_edit(setup.key, by_ben("desired_outcome", "they sleep"))
    other.saved()
    mine = setup.drafts.current(setup.key).revision
    theirs = setup.store.draft(setup.key).revision
    setup.saved()

    assert setup.store.draft(setup.key).revision > max(mine, theirs)


def test_the_newest_writers_are_known_and_the_oldest_forgotten() -> None:
    seen: Mapping[str, int] = {}
    for number in range(MAX_WRITERS + 1):
        seen = remembering(seen, {f"tab {number}": 1})

    assert (len(seen), "tab 0" in seen, f"tab {MAX_WRITERS}" in seen) == (MAX_WRITERS, False, True)


def test_what_many_do_to_one_field_while_the_database_is_away_is_all_there_and_bounded(
    setup: Setup, other: Setup
) -> None:
    key = setup.key._replace(step="sense-making")
    setup.drafts.current(key)
    setup.store.down = True
    pains: list[str] = []
    for number in range(3 * MAX_CHANGES):
        was, pains = pains, [*pains, f"pain {number}"]
        who = {"writer": f"tab {number % 3}", "revision": number + 1}
        setup.drafts.apply_edit(key, typed("pains", pains, was, **who))
    setup.store.down = False
    other.drafts.apply_edit(key, by_ben("pains", ["theirs"]))
    other.autosave.flush(key)
    setup.autosave.flush(key)

    assert sorted(setup.store.draft(key).fields["pains"]) == sorted([*pains, "theirs"])
    assert setup.store.asides(key) == []


@pytest.mark.parametrize("writers", [1, 3])
def test_the_changes_of_a_field_that_are_remembered_are_few(writers: int) -> None:
    changes: list[Change] = []
    for number in range(100):
        who = f"tab {number % writers}"
        changes = shortened(
            [*changes, Change("pains", [number], [number + 1], who, number, (0, number))]
        )

    assert len(changes) <= MAX_CHANGES
    assert (changes[0].before, changes[-1].after) == ([0], [100])
    assert all(one.after == following.before for one, following in itertools.pairwise(changes))


def test_what_is_edited_during_a_save_stands_on_what_was_saved(setup: Setup, other: Setup) -> None:
    other.drafts.apply_edit(setup.key, by_ben("desired_outcome", "they sleep"))
    other.saved()
    store_save = setup.store.save
    later = [typed("target_user", "night nurses", "nurses", revision=2)]

    def save(*given: object) -> None:
        store_save(*given)  # type: ignore[arg-type]
        if later:
            setup.drafts.apply_edit(setup.key, later.pop())

    setup.store.save = save  # type: ignore[method-assign]
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.saved()

    assert setup.saved() == {"target_user": "night nurses", "desired_outcome": "they sleep"}
    assert setup.store.asides(setup.key) == []


def test_a_save_whose_answer_was_lost_is_not_taken_for_somebody_elses(
    setup: Setup, other: Setup
) -> None:
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    pending = setup.autosave.pending(setup.key)
    setup.store.save(setup.key, [], pending.draft)
    other.drafts.apply_edit(setup.key, by_ben("target_user", "night nurses", "nurses"))
    other.saved()

    assert setup.saved() == {"target_user": "night nurses"}
    assert setup.store.asides(setup.key) == []


def test_a_reply_and_a_hand_on_two_servers_are_both_stored(setup: Setup, other: Setup) -> None:
    message = reply(setup)
    base = setup.drafts.current(setup.key)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.GATHER)
    other.drafts.apply_edit(setup.key, by_ben("desired_outcome", "they sleep"))
    other.saved()

    assert setup.saved() == {"target_user": "nurses", "desired_outcome": "they sleep"}
    assert setup.store.draft(setup.key).phase is Phase.GATHER
    assert setup.store.messages(setup.key)[-1].text == message.text


# By the guide


def test_a_reply_and_its_draft_are_saved_together(setup: Setup) -> None:
    message = reply(setup)
    base = setup.drafts.current(setup.key)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": " nurses "}, Phase.GATHER)
    setup.store.down = True
    before = setup.autosave.flush(setup.key)
    held = [each.status for each in setup.store.messages(setup.key)]
    setup.store.down = False

    assert (before, held) == (False, [MessageStatus.STREAMING])
    assert setup.saved() == {"target_user": "nurses"}
    assert setup.store.messages(setup.key) == [message]
    assert setup.store.update_of(setup.key, message.id) == Update(
        "reply", Draft(), Draft({"target_user": "nurses"}, Phase.GATHER)
    )


@pytest.mark.parametrize("taken", [MemoryStore.interrupt, interrupted_and_taken_over])
def test_what_a_stopped_reply_proposes_never_reaches_the_draft(
    setup: Setup, taken: Callable[[MemoryStore, StepKey, str], None]
) -> None:
    message, base = reply(setup), setup.drafts.current(setup.key)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.GATHER)
    taken(setup.store, setup.key, message.id)
    (before,) = setup.store.messages(setup.key)

    assert setup.saved() == {}
    assert setup.store.messages(setup.key) == [before]
    assert setup.autosave.pending(setup.key) == Unsaved()
    assert setup.store.update_of(setup.key, message.id) is None


def test_an_aside_is_used_once_however_many_press(setup: Setup, other: Setup) -> None:
    setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.saved()
    aside = Aside("target_user", "tab", "Ben", "cooks", 1)
    setup.store.set_aside(setup.key, aside)
    for each in (setup, other, setup):
        each.drafts.use_conflict(setup.key, aside)

    assert setup.saved() == {"target_user": "cooks"}
    assert [each.value for each in setup.store.asides(setup.key)] == ["nurses"]


def test_where_guide_and_hand_changed_the_same_field_the_hand_wins(setup: Setup) -> None:
    base = setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.drafts.edit(setup.key, "target_user", "night nurses")
    proposed = {"target_user": "all nurses", "desired_outcome": "They sleep"}
    setup.drafts.note_reply(setup.key, reply(setup), base, proposed, Phase.GATHER)

    assert setup.saved() == {"target_user": "night nurses", "desired_outcome": "They sleep"}


def test_a_reply_that_ends_after_the_step_was_confirmed_leaves_what_was_confirmed(
    setup: Setup,
) -> None:
    message = reply(setup)
    base = setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.autosave.flush(setup.key)
    confirm(setup)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "doctors"}, Phase.REFINE)

    assert setup.saved() == {"target_user": "nurses"}
    assert [each.text for each in setup.store.messages(setup.key)] == [message.text]


def test_settling_twice_changes_nothing_the_second_time(setup: Setup) -> None:
    message, base = reply(setup), setup.drafts.current(setup.key)
    for _ in range(2):
        setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.GATHER)
        setup.autosave.flush(setup.key)

    assert setup.store.draft(setup.key) == Draft({"target_user": "nurses"}, Phase.GATHER, 1)


def test_settling_again_does_not_undo_what_was_edited_since(setup: Setup) -> None:
    message, base = reply(setup), setup.drafts.current(setup.key)
    proposed = {"target_user": "nurses"}
    setup.drafts.note_reply(setup.key, message, base, proposed, Phase.GATHER)
    setup.drafts.edit(setup.key, "target_user", "night nurses")
    setup.drafts.note_reply(setup.key, message, base, proposed, Phase.GATHER)

    assert setup.saved() == {"target_user": "night nurses"}


def test_a_reply_that_proposes_nothing_new_saves_the_message_alone(setup: Setup) -> None:
    message, base = reply(setup), setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.autosave.flush(setup.key)
    setup.drafts.note_reply(setup.key, message, base, base.fields, base.phase)

    assert setup.saved() == base.fields
    assert setup.store.draft(setup.key).revision == base.revision
    assert setup.store.messages(setup.key) == [message]
    assert setup.store.update_of(setup.key, message.id) is None


# What a reply may say that it took


def read_back(setup: Setup) -> ReadBack:
    setup.saved()
    found = setup.store.messages(setup.key)[-1].read_back
    assert found is not None
    return found


def line(name: str, text: str) -> Taken:
    add = Operation(read_backs.Change.ADD, (name,), text)
    return Taken("m1", "Ada", text, Place((name,), name), (add,))


def test_a_guide_without_lines_gets_those_of_what_it_changed(setup: Setup) -> None:
    base = setup.drafts.current(setup.key)
    said = [question("We are nurses, at night")]
    proposed = {"target_user": " nurses "}
    setup.drafts.note_reply(setup.key, reply(setup), base, proposed, Phase.GATHER, questions=said)

    [taken] = read_back(setup).taken
    assert (taken.text, taken.place.label, taken.author) == ("nurses", "Who has it", "Ada")
    assert taken.message == said[0].id


def test_a_line_that_did_not_get_in_becomes_an_offer(setup: Setup, other: Setup) -> None:
    base = setup.drafts.current(setup.key)
    other.drafts.edit(setup.key, "target_user", "cooks")
    other.drafts.edit(setup.key, "target_user", "")
    other.drafts.edit(setup.key, "hmw_statement", "How?")
    other.saved()
    names = "target_user", "problem_statement", "hmw_statement"
    lines = tuple(line(name, "nurses") for name in names)
    proposed = {"problem_statement": "nurses", "hmw_statement": "nurses"}
    claimed = ReadBack(lines)
    setup.drafts.note_reply(setup.key, reply(setup), base, proposed, Phase.GATHER, claimed=claimed)

    found = read_back(setup)
    assert found.taken == (line("problem_statement", "nurses"),)
    # A field somebody has filled is no offer: it would be replaced.
    assert [offer.operations for offer in found.offers] == [
        line("target_user", "nurses").operations
    ]
    assert setup.saved() == {"problem_statement": "nurses", "hmw_statement": "How?"}


def test_what_somebody_typed_meanwhile_is_not_the_replys(setup: Setup, other: Setup) -> None:
    base = setup.drafts.current(setup.key)
    other.drafts.edit(setup.key, "target_user", "nurses")
    other.saved()
    proposed = {"target_user": "nurses"}
    setup.drafts.note_reply(setup.key, reply(setup), base, proposed, Phase.GATHER)

    assert read_back(setup) == ReadBack()


def test_a_reply_that_comes_too_late_has_taken_nothing(setup: Setup) -> None:
    message = reply(setup)
    base = setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.autosave.flush(setup.key)
    confirm(setup)
    claimed = ReadBack((line("problem_statement", "late"),), asked=Asked("who"))
    proposed = {"problem_statement": "late"}
    setup.drafts.note_reply(setup.key, message, base, proposed, Phase.REFINE, claimed=claimed)

    assert read_back(setup) == ReadBack(asked=Asked("who"))


# What a reply did, undone


def test_a_reply_that_is_written_anew_settles_again_on_what_was_there_before_it(
    setup: Setup, other: Setup
) -> None:
    message, base = reply(setup), setup.drafts.current(setup.key)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.REFINE)
    setup.autosave.flush(setup.key)
    begun = other.drafts.rewrite(setup.key, message.id)
    assert begun is not None
    assert setup.saved() == {}
    assert setup.store.draft(setup.key).phase is base.phase

    base, again = setup.drafts.current(setup.key), replace(message, revision=ATTEMPT + 2)
    for proposed in ("doctors", "cooks"):
        setup.drafts.note_reply(setup.key, again, base, {"target_user": proposed}, Phase.GATHER)
    assert setup.saved() == {"target_user": "doctors"}


def test_nothing_is_taken_back_in_a_step_that_was_confirmed(setup: Setup) -> None:
    message, base = reply(setup), setup.drafts.current(setup.key)
    setup.drafts.note_reply(setup.key, message, base, {"target_user": "nurses"}, Phase.GATHER)
    setup.autosave.flush(setup.key)
    confirm(setup)
    setup.drafts.rewrite(setup.key, message.id)

    assert setup.saved() == {"target_user": "nurses"}


@pytest.mark.parametrize("proposed", Phase)
@pytest.mark.parametrize("current", Phase)
def test_the_phase_never_goes_back(current: Phase, proposed: Phase) -> None:
    setup = set_up()
    base = Draft({}, current, 1)
    setup.autosave.note(setup.key, draft=base)
    setup.drafts.note_reply(setup.key, reply(setup), base, {}, proposed)
    setup.saved()
    order = list(Phase)

    assert setup.store.draft(setup.key).phase is max(current, proposed, key=order.index)


@pytest.mark.parametrize("echo", [lambda pains: pains, lambda pains: pains[:5]])
def test_what_a_hand_typed_beyond_the_limit_is_not_the_guides_to_cut(echo) -> None:  # type: ignore[no-untyped-def]
    setup = set_up("sense-making")
    pains = [f"pain {number}" for number in range(7)]
    base = setup.drafts.edit(setup.key, "pains", pains)
    proposed = {"pains": echo(pains), "gains": ["a good night"]}
    setup.drafts.note_reply(setup.key, reply(setup), base, proposed, Phase.GATHER)

    assert setup.saved() == {"pains": pains, "gains": ["a good night"]}


def test_a_guide_may_still_change_what_is_beyond_the_limit(setup: Setup) -> None:
    setup = set_up("sense-making")
    base = setup.drafts.edit(setup.key, "pains", [f"pain {number}" for number in range(7)])
    setup.drafts.note_reply(setup.key, reply(setup), base, {"pains": ["one"]}, Phase.GATHER)

    assert setup.saved() == {"pains": ["one"]}


# While the database is away


def test_while_the_database_is_away_the_last_known_draft_serves(setup: Setup) -> None:
    edited = setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.autosave.flush(setup.key)
    setup.store.down = True

    assert setup.drafts.current(setup.key) == edited


def test_edits_made_while_the_database_is_away_are_all_saved_when_it_is_back(
    setup: Setup,
) -> None:
    setup.drafts.current(setup.key)
    setup.store.down = True
    for name in ("target_user", "desired_outcome"):
        setup.drafts.edit(setup.key, name, name)
        setup.autosave.flush(setup.key)
    setup.store.down = False

    assert setup.saved() == {name: name for name in ("target_user", "desired_outcome")}


def test_a_draft_nobody_here_has_seen_is_not_invented_while_the_database_is_away(
    setup: Setup,
) -> None:
    setup.store.down = True
    with pytest.raises(StoreUnavailable):
        setup.drafts.current(setup.key)


def test_a_slow_reader_does_not_bring_an_older_draft_back(setup: Setup) -> None:
    answer = threading.Event()
    setup.store.on_read.append(answer)
    reader = threading.Thread(target=setup.drafts.current, args=(setup.key,), daemon=True)
    reader.start()
    assert setup.store.held_up.wait(PATIENCE)
    newer = Draft({"target_user": "nurses"}, Phase.GATHER, 3)
    setup.autosave.note(setup.key, draft=newer)
    setup.drafts.current(setup.key)
    setup.autosave.flush(setup.key)
    answer.set()
    reader.join()
    setup.store.down = True

    assert setup.drafts.current(setup.key) == newer


def test_a_draft_that_does_not_fit_into_memory_is_refused_as_unavailable() -> None:
    store = MemoryStore()
    autosave = Autosave(lambda *_: None, clock=FakeClock(), limit=10)
    with pytest.raises(StoreUnavailable, match=r"nothing more can be kept here"):
        Drafts(store, autosave).edit(new_step(store), "target_user", "night nurses")


# For those who read what is stored


def test_stored_saves_first_what_is_unsaved(setup: Setup) -> None:
    edited = setup.drafts.edit(setup.key, "target_user", "nurses")

    assert setup.drafts.stored(setup.key) == setup.store.draft(setup.key) == edited


def test_stored_refuses_where_the_latest_change_is_not_stored(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "target_user", "nurses")
    setup.store.down = True
    with pytest.raises(StoreUnavailable, match="could not be saved yet"):
        setup.drafts.stored(setup.key)


def test_a_reply_that_is_still_growing_does_not_keep_anybody_from_reading_the_draft() -> None:
    store = MemoryStore()
    key = new_step(store)
    growing = Message(
        "m", Role.ASSISTANT, "Guide", "a", datetime.now(UTC), MessageStatus.STREAMING, 1, 1
    )

    def save(key: StepKey, unsaved: Unsaved) -> None:
        store.save(key, list(unsaved.messages.values()), unsaved.draft)
        autosave.note(key, [replace(growing, text="ab", revision=2)])

    autosave = Autosave(save, clock=FakeClock())
    autosave.note(key, [growing])

    assert Drafts(store, autosave).stored(key) == Draft()
