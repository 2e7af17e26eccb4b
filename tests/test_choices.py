"""Presses on what a reply took and offers: each takes effect once, and nothing of others is lost."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lib.team import read_backs
from lib.team.read_backs import Press
from lib.team.reply_lines import shown
from lib.workshop.choices import ALL, ChoiceRefused, How
from lib.workshop.ids import new_id
from lib.workshop.read_back import Change, Offer, Operation, ReadBack
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import MessageStatus
from tests.fakes import question
from tests.test_drafts import Setup, beside, reply, set_up

REMOVE = Operation(Change.REMOVE, ("pains", 0), was="late")
OFFERS = (Offer("Remove “late”", "“late” goes out.", (REMOVE,)), Offer("Just talk", "Nothing."))


@pytest.fixture
def setup() -> Setup:
    """Return a step in which a reply put two pains beside the one there was."""
    made = set_up("sense-making")
    made.drafts.edit(made.key, "pains", ["late"])
    made.saved()
    proposed = {"pains": ["late", "cold", "loud"], "gains": ["ease"]}
    finished(made, proposed, offers=OFFERS)
    return made


@pytest.fixture
def other(setup: Setup) -> Setup:
    """Return another server on the same database."""
    return beside(setup.store, setup.key)


def finished(setup: Setup, proposed: Fields, offers: tuple[Offer, ...] = ()) -> None:
    base, said = setup.drafts.current(setup.key), [question("cold, loud; ease")]
    message, claimed = reply(setup), ReadBack(offers=offers)
    setup.drafts.note_reply(
        setup.key, message, base, proposed, Phase.GATHER, claimed=claimed, questions=said
    )
    setup.saved()


def press(item: str, how: How, revision: int = 0, **more: Any) -> Press:
    return Press(new_id(), "reply", 1, item, revision, how, **more)


def pressed(setup: Setup, press: Press, by: str = "Ben") -> Fields:
    read_backs.carry_out(setup.store, setup.drafts, setup.key, press, by)
    return setup.saved()


def seen(setup: Setup) -> dict[str, Any]:
    """Return the newest reply as a page shows it, its items by their names."""
    replies = [each for each in setup.store.messages(setup.key) if each.read_back]
    choices = setup.store.choices(setup.key, ["reply"])
    [found] = shown(setup.key.step, setup.drafts.current(setup.key), replies, choices)
    return {each["item"]: each for each in found["items"]} | {ALL: found["all"]}


UNDO_ALL = press(ALL, How.UNDONE)


@pytest.mark.parametrize(
    ("press_", "expected"),
    [
        (press("taken/0", How.TALK), {"pains": ["late", "loud"], "gains": ["ease"]}),
        (
            press("taken/0", How.EDITED, text=" too\ncold "),
            {"pains": ["late", "too cold", "loud"], "gains": ["ease"]},
        ),
        (
            press("taken/0", How.MOVED, place=1),
            {"pains": ["late", "loud"], "gains": ["ease", "cold"]},
        ),
        (
            press("taken/0", How.MOVED, place=0),
            {"pains": ["late", "loud"], "gains": ["ease"], "themes": [{"name": "cold"}]},
        ),
        (press("offer/0", How.ACCEPTED), {"pains": ["cold", "loud"], "gains": ["ease"]}),
        (press("offer/1", How.ACCEPTED), {"pains": ["late", "cold", "loud"], "gains": ["ease"]}),
        (UNDO_ALL, {"pains": ["late"]}),
    ],
)
def test_a_press_does_what_it_says_and_is_undone_exactly(
    setup: Setup, other: Setup, press_: Press, expected: Fields
) -> None:
    before = setup.saved()
    after = pressed(setup, press_)
    again = press(press_.item, How.OPEN, revision=1)

    assert after == expected
    assert seen(other)[press_.item]["revision"] == 1
    assert pressed(other, again) == before
    assert [each.how for each in setup.store.choices(setup.key, ["reply"])] == [How.OPEN]


def test_a_press_takes_effect_once(setup: Setup, other: Setup) -> None:
    """A double press, two people at once, two servers, and a repeat after a lost answer."""
    talk = press("taken/0", How.TALK)
    pressed(setup, talk)
    setup.drafts.edit(setup.key, "pains", ["late", "loud", "cold"])
    setup.saved()
    late = press("taken/0", How.TALK)

    assert pressed(setup, talk)["pains"] == ["late", "loud", "cold"]
    assert pressed(other, talk)["pains"] == ["late", "loud", "cold"]
    assert pressed(other, late, by="Cy")["pains"] == ["late", "loud", "cold"]
    assert [each.by for each in setup.store.choices(setup.key, ["reply"])] == ["Ben"]


def test_a_press_keeps_what_others_are_typing(setup: Setup, other: Setup) -> None:
    setup.drafts.edit(setup.key, "pains", ["late", "cold", "loud", "unsaved here"])
    other.drafts.edit(setup.key, "gains", ["ease", "unsaved there"])
    pressed(setup, press("taken/0", How.TALK))

    assert other.saved()["gains"] == ["ease", "unsaved there"]
    assert other.saved()["pains"] == ["late", "loud", "unsaved here"]


def test_what_was_changed_since_is_refused_with_a_sentence(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "pains", ["late", "ice cold", "loud"])
    before = setup.saved()
    with pytest.raises(ChoiceRefused, match="Someone changed this"):
        pressed(setup, press("taken/0", How.TALK))

    assert setup.saved() == before
    assert setup.store.choices(setup.key, ["reply"]) == []
    assert seen(setup)["taken/0"]["can"] == {}
    assert seen(setup)["taken/0"]["note"] == "changed since"


def test_undo_leaves_what_somebody_built_on_it(setup: Setup, other: Setup) -> None:
    setup.drafts.edit(setup.key, "pains", ["late", "ice cold", "loud", "later"])
    setup.saved()
    after = pressed(other, UNDO_ALL)

    assert after == {"pains": ["late", "ice cold", "later"]}
    assert seen(setup)[ALL]["note"] == "Undone by Ben"
    assert pressed(setup, press(ALL, How.OPEN, revision=1))["gains"] == ["ease"]


def test_undo_takes_back_what_was_decided_about_its_lines(setup: Setup) -> None:
    pressed(setup, press("taken/0", How.MOVED, place=1))
    pressed(setup, press("taken/1", How.EDITED, text="very loud"))
    pressed(setup, press("taken/2", How.TALK))

    assert pressed(setup, UNDO_ALL) == {"pains": ["late"]}
    assert [each["can"] for name, each in seen(setup).items() if name.startswith("taken")] == [
        {},
        {},
        {},
    ]


def test_nothing_is_offered_once_nothing_of_a_reply_is_left(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "pains", ["late", "new"])
    setup.drafts.edit(setup.key, "gains", ["new"])
    setup.saved()

    assert seen(setup)[ALL]["can"] == {}
    with pytest.raises(ChoiceRefused, match="Nothing of it is left"):
        pressed(setup, UNDO_ALL)


def test_the_reply_before_the_last_can_still_be_undone(setup: Setup) -> None:
    setup.drafts.edit(setup.key, "pains", ["late", "cold", "loud", "typed"])
    setup.saved()
    (first,) = setup.store.messages(setup.key)
    blank = replace(first, id="next", status=MessageStatus.STREAMING, text="", read_back=None)
    *_, placed = setup.store.append(setup.key, [question("wet")], reply=blank)
    base = setup.drafts.current(setup.key)
    proposed = base.fields | {"pains": [*base.fields["pains"], "wet"]}
    whole = placed.revised("Noted.", MessageStatus.COMPLETE)
    setup.drafts.note_reply(setup.key, whole, base, proposed, Phase.GATHER)
    setup.saved()

    assert pressed(setup, UNDO_ALL) == {"pains": ["late", "typed", "wet"]}


def test_another_reply_takes_moved_lines_along(setup: Setup) -> None:
    pressed(setup, press("taken/0", How.MOVED, place=1))
    assert setup.drafts.rewrite(setup.key, "reply") is not None

    assert setup.saved() == {"pains": ["late"]}
    with pytest.raises(ChoiceRefused, match="no such line"):
        pressed(setup, press("taken/0", How.TALK))


def test_a_reply_of_an_earlier_release_can_be_undone(setup: Setup) -> None:
    held = setup.store._rows[setup.key].messages
    held["reply"] = replace(held["reply"], read_back=None)

    assert pressed(setup, UNDO_ALL) == {"pains": ["late"]}


@pytest.mark.parametrize(
    "wrong",
    [
        press("taken/9", How.TALK),
        press("taken/x", How.TALK),
        press("taken/00", How.TALK),
        press("taken/٠", How.TALK),
        press("offer/01", How.ACCEPTED),
        press("taken/" + "9" * 5_000, How.TALK),
        press("offer/0", How.TALK),
        press("taken/0", How.ACCEPTED),
        press("taken/0", How.OPEN),
        press("taken/0", How.UNDONE),
        press("nothing", How.OPEN),
        press("taken/0", How.EDITED, text="  "),
        press("taken/0", How.EDITED, text="x" * (read_backs.MAX_TEXT + 1)),
        press("taken/0", How.MOVED, place=99),
        Press(new_id(), "another", 1, "taken/0", 0, How.TALK),
        Press(new_id(), "reply", 7, "taken/0", 0, How.TALK),
    ],
)
def test_a_press_that_makes_no_sense_changes_nothing(setup: Setup, wrong: Press) -> None:
    before = setup.saved()
    with pytest.raises(ChoiceRefused):
        pressed(setup, wrong)

    assert setup.saved() == before
    assert setup.store.choices(setup.key, ["reply"]) == []


def test_a_line_is_decided_once_until_that_is_undone(setup: Setup) -> None:
    pressed(setup, press("taken/0", How.TALK))
    with pytest.raises(ChoiceRefused, match="already decided"):
        pressed(setup, press("taken/0", How.EDITED, revision=1, text="x"))


GOOD_PRESS = {
    "id": new_id(),
    "reply": "reply",
    "position": 1,
    "item": "taken/0",
    "revision": 0,
    "how": "talk",
}


def test_a_press_is_read_from_what_the_browser_sends() -> None:
    [found] = read_backs.read({"presses": [GOOD_PRESS]})
    assert (found.item, found.how, found.text, found.place) == ("taken/0", How.TALK, "", 0)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        "text",
        {"0": GOOD_PRESS},
        [None, 7, "text", {}],
        *(
            [GOOD_PRESS | {name: wrong}]
            for name, wrong in [
                ("id", "x"),
                ("reply", 7),
                ("position", "1"),
                ("item", None),
                ("revision", True),
                ("revision", -1),
                ("how", "everything"),
                ("text", ["x"]),
                ("place", "0"),
            ]
        ),
    ],
)
def test_what_is_no_press_is_passed_over(sent: object) -> None:
    assert read_backs.read({"presses": sent}) == []


def of_line(change: Callable[[Fields], Fields], before: Fields) -> Setup:
    made = set_up("persona")
    for name, value in before.items():
        made.drafts.edit(made.key, name, value)
    made.saved()
    finished(made, change(before))
    return made


def test_a_field_of_an_entry_is_edited_and_moved_within_it() -> None:
    ada, bo = {"name": "Ada"}, {"name": "Bo"}
    setup = of_line(
        lambda _: {"personas": [ada, bo | {"goals": ["sleep"]}]}, {"personas": [ada, bo]}
    )
    setup.drafts.edit(setup.key, "personas", [bo | {"goals": ["sleep"]}, ada])
    setup.saved()
    line = seen(setup)["taken/0"]
    pains = line["can"]["places"].index("Pains")

    assert line["label"] == "Personas › Bo › Goals"
    assert pressed(setup, press("taken/0", How.MOVED, place=pains))["personas"] == [
        bo | {"pains": ["sleep"]},
        ada,
    ]
    assert seen(setup)["taken/0"]["note"] == "moved to Pains (Ben)"
    pressed(setup, press("taken/0", How.OPEN, revision=1))
    edited = pressed(setup, press("taken/0", How.EDITED, revision=2, text="rest"))
    assert edited["personas"][0] == bo | {"goals": ["rest"]}


def test_of_an_entry_its_name_is_edited_and_the_rest_stays() -> None:
    setup = of_line(lambda _: {"personas": [{"role": "Nurse", "name": "Ada"}]}, {})
    assert seen(setup)["taken/0"]["can"]["edit"] == "Ada"
    edited = pressed(setup, press("taken/0", How.EDITED, text="Ida"))

    assert edited == {"personas": [{"role": "Nurse", "name": "Ida"}]}
    assert seen(setup)["taken/0"]["note"] == "now “Ida” (Ben)"
