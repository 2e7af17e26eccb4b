"""Lists have limits, which are said; nothing that was typed or sent is lost; criteria stay quick."""

import re
from collections.abc import Iterator
from typing import Any, get_origin

import pytest

from lib.guide.scripted.reading import MOST_LISTED
from lib.team import draft_input
from lib.ui.components.artifact_card import is_model
from lib.ui.step import draft_form
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria.matching import repeated
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import bound, inner_type, item_type
from lib.workshop.ids import new_id
from lib.workshop.steps import SLUGS
from tests import pages, recorded_workshop
from tests.fakes import FakeGuide
from tests.pages import WatchedStore
from tests.test_guide import fresh, walked
from tests.test_patterns import MOST, growth


def lists_of(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the lists of a model and of what is in it."""
    for name, info in model.model_fields.items():
        kind = inner_type(info)
        if get_origin(kind) is list:
            yield f"{model.__name__}.{name}", info
            kind = item_type(kind)
        if is_model(kind):
            yield from lists_of(kind)


@pytest.mark.parametrize("step", SLUGS)
def test_every_list_has_a_limit(step: str) -> None:
    assert [name for name, info in lists_of(MODELS[step]) if not bound(info, "max_length")] == []


def people(number: int) -> dict[str, Any]:
    level = {"category": "core", "power": "low", "interest": "high"}
    return {
        "stakeholders": [{"name": f"Group {each} of the ward", **level} for each in range(number)]
    }


def test_a_list_that_is_too_long_says_so_and_is_not_confirmed() -> None:
    missing = criteria.missing("stakeholder-mapping", people(2_000), {})

    assert any(re.search("Stakeholders: .*at most 200", each) for each in missing)


@pytest.mark.parametrize("step", ["stakeholder-mapping", "user-research", "ideation", "concept"])
def test_criteria_take_time_in_proportion_to_the_list(step: str) -> None:
    done = walked(recorded_workshop)[step]
    name, most = next(
        (name, each) for name, each in done.draft.items() if isinstance(each, list) and each
    )

    def judge(text: str) -> None:
        entries = [numbered(most[0], number) for number in range(len(text) // 8)]
        criteria.missing(step, {**done.draft, name: entries}, done.upstream)

    assert growth(judge, lambda n: "x" * n) <= MOST


def numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {key: numbered(each, number) for key, each in value.items()}
    known = ("core", "direct", "indirect", "high", "medium", "low")
    return f"{value} {number}" if isinstance(value, str) and value not in known else value


def test_what_is_repeated_is_found_in_time_in_proportion() -> None:
    def find(text: str) -> None:
        repeated(f"{word} {place}" for place, word in enumerate(text.split()))

    assert growth(find, lambda n: "group " * n) <= MOST


def test_the_form_says_how_many_entries_fit() -> None:
    [entry] = draft_form.description(MODELS["stakeholder-mapping"])

    assert entry["help"] == "At most 200 entries."
    assert entry["most"] == 200


def test_the_guide_says_when_a_list_is_full_and_the_message_keeps_the_rest() -> None:
    conversation = fresh("stakeholder-mapping")
    conversation.say()
    reply = conversation.say("\n".join(f"Nurse {number}" for number in range(2_000)))

    assert "Stakeholders is full" in reply
    assert "kept in your message" in reply
    assert len(conversation.draft["stakeholders"]) == 200
    assert MOST_LISTED > 200


def test_a_list_that_is_not_full_is_not_called_so() -> None:
    conversation = fresh("stakeholder-mapping")
    conversation.say()

    assert "is full" not in conversation.say("Nurses, doctors and porters")


def edit(value: Any) -> dict[str, Any]:
    return {
        "field": "stakeholders",
        "value": value,
        "was": None,
        "writer": new_id(),
        "revision": 1,
        "epoch": 0,
        "sent": [],
    }


@pytest.mark.parametrize(
    ("value", "is_too_much"),
    [
        ([{"name": "a"}] * draft_input.MAX_ENTRIES, False),
        ([{"name": "a"}] * (draft_input.MAX_ENTRIES + 1), True),
        ([{"name": ["a"] * 100}] * 100, True),
        ([[[[]] * 1_000] * 2] * 2, True),
        ("a text", False),
        (None, False),
    ],
    ids=["just fits", "one more", "nested", "empty ones", "text", "nothing"],
)
def test_a_form_with_too_many_entries_is_refused_and_keeps_them(
    value: Any, *, is_too_much: bool
) -> None:
    store = WatchedStore()
    with pages.running(store, FakeGuide()) as process:
        team = pages.new_team(store)
        pages.bring_to(store, team, "stakeholder-mapping")
        said = {"step": "stakeholder-mapping", "member": "Ada", "edits": [edit(value)]}
        if is_too_much:
            with pytest.raises(draft_input.TooMuch):
                draft_input.deliver(process, team, said)
        else:
            draft_input.deliver(process, team, said)
        draft = process.drafts.current(team.step_key("stakeholder-mapping"))

    assert len(draft.fields.get("stakeholders", [])) <= draft_input.MAX_ENTRIES
    assert not (is_too_much and draft.fields)
