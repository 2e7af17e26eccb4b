"""The ten steps: their names, their order, and which feeds which."""

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop import steps
from lib.workshop.artifacts.criteria import RULES
from lib.workshop.artifacts.models import MODELS

#: As it was agreed, spelled out once more: a change here is a change of the product.
FEEDS = {
    "challenge": "",
    "stakeholder-mapping": "challenge",
    "user-research": "challenge stakeholder-mapping",
    "sense-making": "challenge user-research",
    "persona": "stakeholder-mapping user-research sense-making",
    "journey-mapping": "challenge user-research sense-making persona",
    "reframe": "challenge sense-making persona journey-mapping",
    "ideation": "sense-making persona journey-mapping reframe",
    "concept": "stakeholder-mapping user-research sense-making persona journey-mapping reframe "
    "ideation",
    "validate": "challenge stakeholder-mapping user-research sense-making persona journey-mapping "
    "reframe ideation concept",
}


def test_there_are_ten_steps_in_the_agreed_order() -> None:
    assert tuple(FEEDS) == steps.SLUGS


def test_steps_are_numbered_from_one_for_people() -> None:
    assert [step.number for step in steps.STEPS] == list(range(1, len(steps.STEPS) + 1))


def test_steps_have_the_names_teams_know() -> None:
    expected = [
        "Challenge",
        "Stakeholder Mapping",
        "User Research",
        "Research Sense Making",
        "Persona Development",
        "Journey Mapping",
        "Reframing Challenge",
        "Ideation",
        "Concept Development",
        "Validate",
    ]

    assert [step.name for step in steps.STEPS] == expected


def test_each_step_is_made_from_the_agreed_steps() -> None:
    found = {step.slug: " ".join(step.feeds_from) for step in steps.STEPS}

    assert found == FEEDS


def test_no_step_feeds_itself_not_even_through_others() -> None:
    graph = {step.slug: step.feeds_from for step in steps.STEPS}

    assert set(TopologicalSorter(graph).static_order()) == set(steps.SLUGS)


@pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.slug)
def test_a_step_is_made_only_from_steps_that_come_before_it(step: steps.Step) -> None:
    earlier = steps.SLUGS[: step.number - 1]

    assert [slug for slug in step.feeds_from if slug not in earlier] == []


def test_every_step_but_the_last_is_needed_by_a_later_one() -> None:
    needed = {slug for step in steps.STEPS for slug in step.feeds_from}

    assert needed == set(steps.SLUGS[:-1])


@pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.slug)
def test_a_step_says_what_it_is_for_and_what_it_yields(step: steps.Step) -> None:
    assert step.purpose
    assert step.artifact
    assert not step.purpose.endswith(".")


def test_a_step_is_found_by_its_slug() -> None:
    assert [steps.step(slug) for slug in steps.SLUGS] == list(steps.STEPS)


@pytest.mark.parametrize("slug", ["", "1", "Challenge", "journey_mapping"])
def test_anything_but_a_slug_finds_no_step(slug: str) -> None:
    with pytest.raises(KeyError):
        steps.step(slug)


def test_walking_after_visits_all_ten_in_order() -> None:
    walked = [steps.STEPS[0]]
    while following := steps.after(walked[-1].slug):
        walked.append(following)

    assert walked == list(steps.STEPS)


def test_before_goes_back_the_way_after_came() -> None:
    walked = [steps.STEPS[-1]]
    while preceding := steps.before(walked[-1].slug):
        walked.append(preceding)

    assert walked == list(reversed(steps.STEPS))


def test_every_step_has_all_its_parts() -> None:
    prompts = {file.stem for file in Path("lib/guide/openai_compatible/prompts").glob("*.md")}

    assert tuple(MODELS) == steps.SLUGS
    assert set(RULES) == set(steps.SLUGS)
    assert {slug: script.step for slug, script in SCRIPTS.items()} == {s: s for s in steps.SLUGS}
    assert prompts == {*steps.SLUGS, "voice", "examples"}


@pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.slug)
def test_every_artifact_has_highlights(step: steps.Step) -> None:
    assert MODELS[step.slug].highlights({}) is not None
