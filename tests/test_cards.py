"""A question with a shape shows that part of the form; every card fits its step's artifact."""

import pytest

from lib.guide.scripted.scripts import SCRIPTS
from lib.ui.step import draft_form, question_card
from lib.workshop import cards
from lib.workshop.artifacts.models import MODELS
from lib.workshop.read_back import Asked, Card
from lib.workshop.records import LANGUAGES, Fields

CARDS = [(step, id_, card) for step, of in cards.CARDS.items() for id_, card in of.items()]
RESEARCH = {"user-research": {"insights": [{"finding": "They wait"}, {"finding": "They leave"}]}}


@pytest.mark.parametrize(("step", "id_", "card"), CARDS)
def test_a_card_belongs_to_a_question_and_shows_fields_of_its_artifact(
    step: str, id_: str, card: Card
) -> None:
    assert id_ in {each.id for each in SCRIPTS[step].questions}
    specs = {each["name"]: each for each in draft_form.description(MODELS[step])}
    assert set(card.fields) <= set(specs)
    columns = {each["name"] for name in card.fields for each in specs[name].get("fields", ())}
    assert set(card.columns) <= columns
    assert question_card.description(step, card, {}, {})


def kinds(step: str, id_: str, fields: Fields) -> dict[str, str]:
    card = cards.card_of(step, Asked(id_), fields)
    assert card is not None
    (spec, *_) = question_card.description(step, card, fields, RESEARCH)
    return {each["name"]: each["kind"] for each in spec["fields"]}


def test_choices_and_ratings_are_pressed_and_not_typed() -> None:
    levels = {"category": "pick", "power": "pick", "interest": "pick"}
    assert kinds("stakeholder-mapping", "core", {}) == {"name": "line"} | levels
    assert kinds("journey-mapping", "emotion", {}) == {"emotion": "pick"}
    assert kinds("journey-mapping", "dip", {}) == {"is_dip": "sole"}
    assert kinds("sense-making", "evidence", {})["evidence"] == "picks"
    card = cards.card_of("concept", Asked("ratings"), {})
    assert card is not None
    (spec,) = question_card.description("concept", card, {}, {})
    (group,) = spec["fields"]
    ratings = {each["name"]: each for each in group["fields"]}
    assert ratings["technical"]["options"] == [1, 2, 3, 4, 5]
    assert ratings["technical_rationale"]["kind"] == "text"


def test_what_is_chosen_from_is_what_the_team_has() -> None:
    ideas = {"clusters": [{"ideas": [{"title": "Buddy"}, {"title": "Bench"}, {"title": "Buddy"}]}]}
    card = Card(("selected_idea_titles",))
    (spec,) = question_card.description("ideation", card, ideas, {})
    assert (spec["kind"], spec["options"]) == ("picks", ["Buddy", "Bench"])
    (spec,) = question_card.description("ideation", card, {}, {})
    assert spec["kind"] == "lines"


def test_a_card_about_one_entry_shows_that_one() -> None:
    concepts = {"concepts": [{"idea_source": "Buddy"}, {"idea_source": "Bench"}]}
    card = cards.card_of("concept", Asked("ratings", "Bench"), concepts)
    assert card is not None
    (spec,) = question_card.description("concept", card, concepts, {})
    assert (spec["only"], spec["fixed"]) == (1, True)
    other = cards.card_of("concept", Asked("ratings", "Gone"), concepts)
    assert other is not None
    assert other.entry is None


def test_a_question_without_a_shape_has_no_card() -> None:
    assert cards.card_of("challenge", Asked("problem"), {}) is None
    assert cards.card_of("concept", None, {}) is None


def test_a_reframed_question_has_a_frame_in_every_language() -> None:
    assert set(cards.SENTENCES) == set(LANGUAGES)
    for parts in cards.SENTENCES.values():
        assert parts[1::2] == ("given_that", "persona", "immediate_goal", "deeper_goal")
        assert parts[-1].strip() == "?"
