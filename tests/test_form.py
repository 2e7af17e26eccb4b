"""The form of a draft: everything an artifact holds can be entered, and is said to the browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from lib.team.process import Process
from lib.ui import navigation
from lib.ui.step.draft_form import description
from lib.workshop import steps
from lib.workshop.artifacts import normalise
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import item_type, parsed, shaped
from lib.workshop.records import Team
from tests import pages
from tests.fakes import FakeGuide
from tests.pages import WatchedStore

Spec = dict[str, Any]

KINDS = {"line", "text", "lines", "number", "choice", "check", "group", "entries"}


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return pages.new_team(store)


# What the form is made of


def every(specs: list[Spec]) -> Iterator[Spec]:
    """Yield the fields and the fields within them."""
    for spec in specs:
        yield spec
        yield from every(spec.get("fields", []))


def pairs(
    model: type[BaseModel], specs: list[Spec]
) -> Iterator[tuple[type[BaseModel], list[Spec]]]:
    """Yield each model with the fields the form has for it, all the way down."""
    yield model, specs
    for spec in specs:
        if "fields" in spec:
            kind = normalise.inner_type(model.model_fields[spec["name"]])
            inner = item_type(kind) if spec["kind"] == "entries" else kind
            yield from pairs(inner, spec["fields"])


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_field_of_an_artifact_is_in_its_form_in_the_models_order(step: str) -> None:
    for model, specs in pairs(MODELS[step], description(MODELS[step])):
        assert [spec["name"] for spec in specs] == list(model.model_fields)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_field_has_a_label_for_people_and_a_kind(step: str) -> None:
    for spec in every(description(MODELS[step])):
        assert spec["label"].strip()
        assert "_" not in spec["label"]
        assert isinstance(spec["help"], str)
        assert spec["kind"] in KINDS


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_field_has_what_its_kind_needs(step: str) -> None:
    needs = {
        "number": {"low", "high"},
        "choice": {"options"},
        "group": {"fields"},
        "entries": {"fields", "most"},
    }
    for spec in every(description(MODELS[step])):
        assert set(spec) - {"name", "label", "help", "kind"} == needs.get(spec["kind"], set())
        assert spec.get("options", ["one"])
        assert spec.get("fields", ["one"])


def test_a_list_of_texts_says_that_an_entry_is_a_line() -> None:
    lists = [s for step in steps.SLUGS for s in every(description(MODELS[step]))]
    told = {"One entry per line." in spec["help"] for spec in lists if spec["kind"] == "lines"}

    assert told == {True}


def test_the_bounds_and_choices_are_the_models() -> None:
    confidence = next(s for s in description(MODELS["validate"]) if s["name"] == "confidence")
    score, _, research = confidence["fields"]

    assert (score["low"], score["high"]) == (1, 10)
    assert research["options"] == ["thin", "moderate", "strong"]
    assert next(s["most"] for s in description(MODELS["persona"])) == 3


def entered(spec: Spec, value: Any) -> Any:
    """Return *value* as the browser sends it once it was typed into the field for it."""
    if spec["kind"] == "entries":
        return [entered({"kind": "group", "fields": spec["fields"]}, each) for each in value]
    if spec["kind"] == "group":
        inner = {each["name"]: each for each in spec["fields"]}
        return {name: entered(inner[name], each) for name, each in value.items()}
    if spec["kind"] == "lines":
        return "\n".join(value).split("\n")
    if spec["kind"] == "choice":
        assert value in spec["options"]
    expected = {"number": int, "check": bool}.get(spec["kind"], str)
    assert type(value) is expected
    return value


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_whole_artifact_can_be_entered_and_is_whole(step: str) -> None:
    outcome = pages.outcome(step)
    typed = {
        spec["name"]: shaped(step, spec["name"], entered(spec, outcome[spec["name"]]))
        for spec in description(MODELS[step])
        if spec["name"] in outcome
    }

    assert typed == outcome
    assert parsed(step, typed)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_the_form_can_be_sent_to_a_browser(step: str) -> None:
    specs = description(MODELS[step])

    assert json.loads(json.dumps(specs)) == specs


# What a page tells its form


def form(app: AppTest) -> dict[str, Any] | None:
    """Return what the page has told the form; None where there is none."""
    told = [json.loads(each.proto.bytes) for each in app.get("bidi_component")]
    return next((each for each in told if "spec" in each), None)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_page_tells_its_form_what_is_drafted_and_where_to_send_what_is_typed(
    store: WatchedStore, process: Process, team: Team, step: str
) -> None:
    pages.bring_to(store, team, step)
    pages.draft(store, team, step)
    told = form(pages.opened_step(team, step)) or {}

    assert told["spec"] == description(MODELS[step])
    assert told["values"] == pages.outcome(step)
    assert (told["revision"], told["epoch"]) == (1, 0)
    assert told["delivery"] == {
        "address": navigation.typed_address(),
        "link": team.link,
        "step": step,
        "member": "Ada",
    }


def test_the_forms_of_two_steps_and_of_two_teams_keep_what_is_typed_apart(
    store: WatchedStore, process: Process, team: Team
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    other = pages.new_team(store, "Hose crew")
    first = form(pages.opened_step(other, "challenge")) or {}
    pages.bring_to(store, other, "stakeholder-mapping")
    told = [form(pages.opened_step(each, "stakeholder-mapping")) or {} for each in (team, other)]

    assert len({each["storage"] for each in (first, *told)}) == 3


def test_what_the_guide_drafts_reaches_the_form_with_the_next_run(
    store: WatchedStore, process: Process, team: Team
) -> None:
    app = pages.opened_step(team, "challenge")
    process.drafts.edit(team.step_key("challenge"), "target_user", "Nurses")
    pages.drawn(app.run())

    assert (form(app) or {})["values"] == {"target_user": "Nurses"}


def test_a_complete_step_has_no_form(store: WatchedStore, process: Process, team: Team) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")

    assert form(pages.opened_step(team, "challenge")) is None
