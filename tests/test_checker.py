"""The checker of `make faults` finds each kind of loss: a checker that cannot fail proves nothing."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from faults import dump, page
from faults.checker import COLUMNS, Finding, check, counts
from faults.history import (
    Bubble,
    Edit,
    History,
    Look,
    Restart,
    Row,
    Screen,
    Sent,
    Settled,
    Streamed,
    Tried,
)
from lib.ui.components import bubbles
from lib.workshop.ids import reply_id
from lib.workshop.records import Aside, EarlierDraft
from lib.workshop.transcript import Message, MessageStatus, Role

PLACE = ("Team 1", "challenge")
_USER, _GUIDE = Role.USER, Role.ASSISTANT
_WHOLE = MessageStatus.COMPLETE

ROWS = (
    Row("hello", _GUIDE, "**Welcome** here.", _WHOLE, 3, 1),
    Row("one", _USER, "First <b>", _WHOLE, 1, 2),
    Row(reply_id("one"), _GUIDE, "Tell me more about it.", _WHOLE, 5, 3),
    Row("two", _USER, "Second", _WHOLE, 1, 4),
    Row(reply_id("two"), _GUIDE, "Thank you for that.", _WHOLE, 4, 5),
)


def shown(*rows: Row) -> tuple[Bubble, ...]:
    return tuple(
        Bubble(
            row.role,
            bubbles.plain(row.text) if row.role is _USER else bubbles.markdown(row.text),
        )
        for row in rows
    )


def edit(value: str, was: str | None, at: float, writer: str = "w") -> Edit:
    return Edit(PLACE, "Ada", writer, "hmw", value, was, int(at), at, acknowledged_at=at + 0.5)


def clean() -> History:
    """Return a history in which nothing went wrong."""
    history = History(trials=2)
    for number, row in enumerate(each for each in ROWS if each.role is _USER):
        history.sent[row.id] = Sent(row.id, PLACE, "Ada", 1, row.text, number, number + 0.5)
    history.streamed = [
        Streamed(PLACE, "", ROWS[0].text),
        Streamed(PLACE, "one", ROWS[2].text),
        Streamed(PLACE, "two", ROWS[4].text),
    ]
    history.edits = [edit("How 1", None, 1), edit("How 2", "How 1", 2)]
    end = Look(PLACE, 9.0, ROWS, {"hmw": "How 2"}, 2)
    history.looks = [
        Look(PLACE, 1.0, ROWS[:2]),
        Look(PLACE, 2.0, (*ROWS[:2], half()), {"hmw": "How 1"}, 1),
        end,
    ]
    history.end = {PLACE: end}
    history.screens = [
        Screen(PLACE, "Ada", 2.0, (Bubble(_GUIDE, "<p>Tell me more</p>", growing=True),)),
        Screen(PLACE, "Ada", 3.0, shown(*ROWS[:3])),
    ]
    history.last_screens = [Screen(PLACE, "Ada", 9.0, shown(*ROWS))]
    return history


def half(status: MessageStatus = MessageStatus.STREAMING) -> Row:
    return replace(ROWS[2], text="Tell me", status=status, revision=2)


def stored(history: History, *rows: Row) -> None:
    """Have these rows stored, and seen by everybody, in the end."""
    history.looks = []
    history.end[PLACE] = replace(history.end[PLACE], rows=rows)
    history.last_screens = [Screen(PLACE, "Ada", 9.0, shown(*rows))]


def placed(*rows: Row) -> tuple[Row, ...]:
    return tuple(replace(row, position=at) for at, row in enumerate(rows, start=1))


def columns(history: History) -> set[str]:
    return {finding.column for finding in check(history)}


def test_a_history_without_a_fault_gives_nothing():
    assert check(clean()) == []


def test_the_table_counts_what_was_found_and_what_was_acknowledged():
    history = clean()
    stored(history, *placed(*ROWS[:3]))

    assert counts(history, check(history)) == {
        "trials": 2,
        "messages acknowledged": 2,
        "edits acknowledged": 2,
        "lost": 1,
        "doubled": 0,
        "truncated": 0,
        "reordered": 0,
        "stale overwrites": 0,
        "never-ending": 0,
        "without a right": 0,
    }


# One way for each kind of loss to come about, and what it is called


def a_message_gone(history: History) -> None:
    stored(history, *placed(*ROWS[:3]))


def a_hole_in_the_conversation(history: History) -> None:
    stored(history, *ROWS[:3], *(replace(row, position=row.position + 1) for row in ROWS[3:]))


def a_message_gone_that_a_look_had_found(history: History) -> None:
    history.looks.insert(0, Look(PLACE, 0.5, (replace(ROWS[0], id="gone"),)))


def a_message_stored_and_not_shown_to_the_last(history: History) -> None:
    history.last_screens = [Screen(PLACE, "Ada", 9.0, shown(*ROWS[:4]))]


def an_edit_gone(history: History) -> None:
    end = replace(history.end[PLACE], draft={"hmw": "somebody else's"})
    history.looks, history.end[PLACE] = [], end


def a_message_stored_twice(history: History) -> None:
    again = replace(ROWS[1], id="again")
    stored(history, *placed(*ROWS[:2], again, *ROWS[2:]))


def two_replies_to_a_question(history: History) -> None:
    stored(history, *placed(*ROWS, replace(ROWS[4], id="again")))
    history.streamed.append(Streamed(PLACE, ROWS[4].id, ROWS[4].text))


def a_message_shown_twice(history: History) -> None:
    history.screens.append(Screen(PLACE, "Ada", 4.0, shown(ROWS[0], ROWS[1], ROWS[1])))


def a_reply_cut_short(history: History) -> None:
    stored(history, *ROWS[:2], replace(ROWS[2], text="Tell me"), *ROWS[3:])


def a_reply_with_its_beginning_twice(history: History) -> None:
    stored(history, *ROWS[:2], replace(ROWS[2], text="Tell me Tell me more"), *ROWS[3:])


def an_interrupted_reply_that_was_never_said(history: History) -> None:
    stored(history, *ROWS[:2], replace(half(MessageStatus.INTERRUPTED), text="Boo"), *ROWS[3:])


def a_message_cut_short(history: History) -> None:
    stored(history, ROWS[0], replace(ROWS[1], text="First"), *ROWS[2:])


def words_on_screen_that_nobody_said(history: History) -> None:
    history.screens.append(Screen(PLACE, "Ada", 4.0, (Bubble(_USER, "First"),)))


def a_reply_on_screen_that_is_longer_than_what_was_said(history: History) -> None:
    longer = Bubble(_GUIDE, "<p>Tell me more about it. Tell</p>")
    history.screens.append(Screen(PLACE, "Ada", 4.0, (longer,)))


def two_messages_swapped(history: History) -> None:
    hello, one, to_one, two, to_two = ROWS
    stored(history, *placed(hello, two, to_two, one, to_one))


def a_reply_before_its_question(history: History) -> None:
    hello, one, to_one, two, to_two = ROWS
    stored(history, *placed(hello, one, to_two, two, to_one))


def a_screen_in_another_order(history: History) -> None:
    history.screens.append(Screen(PLACE, "Ada", 4.0, shown(ROWS[3], ROWS[1])))


def a_whole_reply_overwritten(history: History) -> None:
    history.looks.insert(0, Look(PLACE, 0.5, (replace(ROWS[2], text="Other"),)))


def a_revision_that_went_back(history: History) -> None:
    history.looks.insert(0, Look(PLACE, 0.5, (replace(half(), revision=9),)))


def a_draft_that_went_back(history: History) -> None:
    history.looks.insert(0, Look(PLACE, 0.5, ROWS[:2], {"hmw": "How 3"}, 3))


def an_older_edit_in_the_draft(history: History) -> None:
    history.looks = []
    history.end[PLACE] = replace(history.end[PLACE], draft={"hmw": "How 1"}, draft_revision=3)


def a_reply_nobody_writes(history: History) -> None:
    stored(history, *ROWS[:2], half(), *ROWS[3:])


def a_question_nobody_answers(history: History) -> None:
    stored(history, *ROWS[:4])


def a_message_nobody_confirms(history: History) -> None:
    history.sent["one"].acknowledged_at = None


def an_edit_nobody_confirms(history: History) -> None:
    history.edits[0].acknowledged_at = None


# Lists, conflicts, steps started over, links replaced


def listed(history: History, *names: str, aside: tuple[str, ...] = ()) -> None:
    """Have Ada add Kurt to a list, and the list hold these names in the end."""
    entries = [{"name": "Kurt", "category": "core"}]
    history.edits.append(
        Edit(
            PLACE, "Ada", "w", "crew", entries, None, 9, 9, acknowledged_at=9.5, link="old",
            added="Kurt",
        )
    )  # fmt: skip
    history.looks = []
    draft = {"hmw": "How 2", "crew": [{"name": name, "category": "core"} for name in names]}
    history.end[PLACE] = replace(history.end[PLACE], draft=draft, draft_revision=3, aside=aside)


def an_entry_of_a_list_gone(history: History) -> None:
    listed(history, "Kurtis")


def an_entry_of_a_list_twice(history: History) -> None:
    listed(history, "Kurt", "Mia", "Kurt")


def restarted(history: History, *, undone: bool = False) -> None:
    """Start the step over, and have it greeted again."""
    draft = {"hmw": "How 2"}
    history.restarts = [Restart(PLACE, 0, draft, undone=undone, last=True)]
    greeting = replace(ROWS[0], id="hello again", era=1)
    era = 0 if undone else 1
    history.end[PLACE] = Look(
        PLACE, 9.0, (*ROWS, greeting), draft if undone else {}, 2, era=era, epoch=1
    )
    history.last_screens = [Screen(PLACE, "Ada", 9.0, shown(*(ROWS if undone else (greeting,))))]


def a_message_gone_with_a_reset(history: History) -> None:
    restarted(history)
    end = history.end[PLACE]
    history.end[PLACE] = replace(end, rows=tuple(row for row in end.rows if row.id != "two"))


def a_draft_gone_with_a_reset(history: History) -> None:
    restarted(history)
    history.restarts = [replace(history.restarts[0], draft={})]


def an_undo_that_gives_nothing_back(history: History) -> None:
    restarted(history)
    history.restarts = [replace(history.restarts[0], undone=True)]


def a_reset_that_comes_back(history: History) -> None:
    restarted(history)
    history.end[PLACE] = replace(history.end[PLACE], era=0)
    history.last_screens = [Screen(PLACE, "Ada", 9.0, shown(*ROWS))]


def a_message_sent_after_its_link_was_replaced(history: History) -> None:
    history.sent["two"].link, history.revoked["old"] = "old", 0.5


def an_edit_typed_after_its_link_was_replaced(history: History) -> None:
    listed(history, "Kurt")
    history.revoked["old"] = 8.0


def an_edit_kept_beside_though_its_link_was_replaced(history: History) -> None:
    listed(history, aside=("[{'name': 'Kurt', 'category': 'core'}]",))
    history.revoked["old"] = 8.0


def a_link_that_still_opens_a_page(history: History) -> None:
    history.tried_links["old"] = Tried(PLACE, refused=False, opened=True)


def a_link_that_is_never_refused(history: History) -> None:
    history.tried_links["old"] = Tried(PLACE, refused=False, opened=False)


WAYS: dict[str, list[Callable[[History], None]]] = {
    "lost": [
        a_message_gone,
        a_hole_in_the_conversation,
        a_message_gone_that_a_look_had_found,
        a_message_stored_and_not_shown_to_the_last,
        an_edit_gone,
        an_entry_of_a_list_gone,
        a_message_gone_with_a_reset,
        a_draft_gone_with_a_reset,
        an_undo_that_gives_nothing_back,
    ],
    "doubled": [
        a_message_stored_twice,
        two_replies_to_a_question,
        a_message_shown_twice,
        an_entry_of_a_list_twice,
    ],
    "truncated": [
        a_reply_cut_short,
        a_reply_with_its_beginning_twice,
        an_interrupted_reply_that_was_never_said,
        a_message_cut_short,
        words_on_screen_that_nobody_said,
        a_reply_on_screen_that_is_longer_than_what_was_said,
    ],
    "reordered": [two_messages_swapped, a_reply_before_its_question, a_screen_in_another_order],
    "stale overwrites": [
        a_whole_reply_overwritten,
        a_revision_that_went_back,
        a_draft_that_went_back,
        an_older_edit_in_the_draft,
        a_reset_that_comes_back,
    ],
    "never-ending": [
        a_reply_nobody_writes,
        a_question_nobody_answers,
        a_message_nobody_confirms,
        an_edit_nobody_confirms,
    ],
    "without a right": [
        a_message_sent_after_its_link_was_replaced,
        an_edit_typed_after_its_link_was_replaced,
        an_edit_kept_beside_though_its_link_was_replaced,
        a_link_that_still_opens_a_page,
        a_link_that_is_never_refused,
    ],
}


def test_every_column_can_be_other_than_zero():
    assert tuple(WAYS) == COLUMNS


@pytest.mark.parametrize(
    ("column", "way"),
    [(column, way) for column, ways in WAYS.items() for way in ways],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_checker_finds(column: str, way: Callable[[History], None]):
    history = clean()
    way(history)

    assert column in columns(history)


# What is no loss


def test_a_message_that_was_never_acknowledged_may_be_gone_with_its_tab():
    history = clean()
    history.sent["three"] = Sent("three", PLACE, "Ada", 1, "Third", 5.0, abandoned=True)

    assert check(history) == []


def test_two_tabs_promise_no_order_unless_the_first_message_was_known_to_be_stored():
    history = clean()
    hello, one, to_one, two, to_two = ROWS
    stored(history, *placed(hello, two, to_two, one, to_one))
    history.screens = []
    history.sent["two"].tab = 2

    assert columns(history) == {"reordered"}
    history.sent["one"].acknowledged_at = 8.0
    assert columns(history) == set()


def test_an_interrupted_reply_is_the_beginning_of_what_was_streamed():
    history = clean()
    stored(history, *ROWS[:2], half(MessageStatus.INTERRUPTED), *ROWS[3:])

    assert check(history) == []


def test_a_second_attempt_may_say_something_else():
    history = clean()
    history.streamed.append(Streamed(PLACE, "one", "Another answer."))
    stored(history, *ROWS[:2], replace(ROWS[2], text="Another answer."), *ROWS[3:])

    assert check(history) == []


@pytest.mark.parametrize("how", ["aside", "another's", "a closed tab's", "the guide's"])
def test_an_edit_that_somebody_changed_knowingly_is_not_lost(how: str):
    history = clean()
    draft = {"hmw": "How 3"}
    if how == "another's":
        history.edits.append(edit("How 3", "How 2", 3, writer="v"))
    elif how == "a closed tab's":
        unconfirmed = edit("How 3", "How 2", 3, writer="v")
        unconfirmed.acknowledged_at, unconfirmed.abandoned = None, True
        history.edits.append(unconfirmed)
    elif how == "the guide's":
        knew, proposed = {"hmw": "How 2"}, {"hmw": "How 3"}
        history.streamed.append(Streamed(PLACE, "two", ROWS[4].text, knew, proposed))
    aside = ('"How 2"',) if how == "aside" else ()
    history.looks = []
    history.end[PLACE] = replace(history.end[PLACE], draft=draft, aside=aside, draft_revision=3)

    assert check(history) == []


@pytest.mark.parametrize("undone", [False, True], ids=["started over", "given back"])
def test_what_is_archived_is_not_lost(undone: bool):
    history = clean()
    restarted(history, undone=undone)

    assert check(history) == []


@pytest.mark.parametrize("how", ["there", "aside", "settled", "taken out", "the guide's"])
def test_an_entry_that_is_kept_or_not_wanted_is_not_lost(how: str):
    history = clean()
    listed(history, *(["Kurt"] if how == "there" else ["Mia"]))
    text = "[{'name': 'Kurt', 'category': 'core'}]"
    if how == "aside":
        history.end[PLACE] = replace(history.end[PLACE], aside=(text,))
    elif how == "settled":
        history.settled.append(Settled(PLACE, "crew", "w", (text,), 10.0))
    elif how == "taken out":
        history.edits.append(
            Edit(PLACE, "Ben", "v", "crew", [], [], 10, 10, acknowledged_at=11, removed="Kurt")
        )
    elif how == "the guide's":
        knew = {"crew": [{"name": "Kurt"}]}
        history.streamed.append(Streamed(PLACE, "two", ROWS[4].text, knew, {"crew": []}))

    assert check(history) == []


def test_what_was_sent_before_a_link_was_replaced_may_be_stored():
    history = clean()
    listed(history, "Kurt")
    history.sent["one"].link = "old"
    history.revoked["old"] = 9.2

    assert check(history) == []


def test_a_link_that_is_refused_in_the_end_is_as_it_should_be():
    history = clean()
    history.revoked = {"old": 9.0, "older": 8.0}
    history.without_another = {"older"}
    history.tried_links = {
        link: Tried(PLACE, refused=True, opened=False) for link in history.revoked
    }
    figures = counts(history, check(history))

    assert check(history) == []
    assert (figures["links replaced"], figures["links revoked"]) == (1, 1)


def test_a_conflict_somebody_discarded_is_not_lost():
    history = clean()
    history.looks = []
    end = replace(history.end[PLACE], draft={"hmw": "How 3"}, draft_revision=3)
    history.end[PLACE] = end
    history.settled = [Settled(PLACE, "hmw", "w", ("How 2",), 8.0)]

    assert check(history) == []


# What a tab reads on a page


def test_a_tab_reads_a_conversation_as_the_page_draws_it():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    said = [
        Message("1", Role.ASSISTANT, "Guide", "Who?\n\n- a\n- b", at),
        Message("2", Role.USER, "Ada", "</div></div> <b>", at),
    ]
    growing = page.parsed(bubbles.growing("Guide", "I see"))

    assert [(each.role, each.growing) for each in growing] == [("assistant", True)]
    assert page.parsed(bubbles.html(said, 100)) == [
        Bubble("assistant", bubbles.markdown(said[0].text), growing=False),
        Bubble("user", bubbles.plain(said[1].text), growing=False),
    ]


def test_what_happened_in_a_step_with_a_finding_is_written_down() -> None:
    history = clean()
    typed = edit("Later", None, 5)
    typed.answers.append((5.5, 1, {"stored": True}))
    elsewhere = replace(typed, place=("Team 2", "challenge"))
    history.edits = [typed, elsewhere]
    conflict = Aside("hmw", "w", "Ada", "Sooner", 1, 0)
    history.end[PLACE] = replace(history.end[PLACE], at=9.0, conflicts=(conflict,))
    history.earlier[PLACE] = [EarlierDraft(0, 1, {"hmw": "First"}, "Ada", datetime.now(UTC))]
    folder = dump.write(history, [Finding("lost", PLACE, "hmw: Later")])
    (file,) = folder.iterdir()
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    shutil.rmtree(folder)
    assert file.name == "Team-1-challenge.jsonl"
    assert lines[0]["finding"] == "lost"
    times = [line["at"] for line in lines[1:]]
    assert times == sorted(times)
    (typed_line,) = [line for line in lines if line.get("kind") == "edit"]
    assert typed_line["answers"] == [[5.5, 1, {"stored": True}]]
    stored = [line for line in lines if line.get("kind") == "stored"][-1]
    assert stored["conflicts"][0]["writer"] == "w"
    assert lines[-1]["fields"] == {"hmw": "First"}
