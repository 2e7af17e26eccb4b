"""What a step is made from: which edits upstream matter to it, and which do not."""

import copy
import re
from collections.abc import Callable
from typing import Any, get_origin

import pytest
from pydantic import BaseModel

from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import dumped, inner_type, item_type, normalised, parsed
from lib.workshop.dependencies import changed_inputs, fingerprint, same_fields
from lib.workshop.records import Fields
from lib.workshop.steps import WHOLE
from tests.test_criteria import GOOD

Edit = Callable[[Any], None]

#: Where a text stands in an artifact: names of fields, and places in lists.
Place = tuple[str | int, ...]

PAIRS = [(step.slug, upstream) for step in steps.STEPS for upstream in step.inputs]


def users_of(upstream: str, edit: Edit) -> set[str]:
    """Return the steps for which an edited artifact makes a difference."""
    edited: dict[str, Any] = copy.deepcopy(dict(GOOD))
    edit(edited[upstream])
    return {
        step
        for step in steps.SLUGS
        if changed_inputs(step, fingerprint(step, GOOD), fingerprint(step, edited))
    }


def put(*path: str | int, value: Any = "Something else") -> Edit:
    def edit(fields: Any) -> None:
        for part in path[:-1]:
            fields = fields[part]
        fields[path[-1]] = value

    return edit


def first(upstream: str, name: str, **wanted: Any) -> int:
    """Return the place of the first entry that has these values."""
    return next(
        place
        for place, entry in enumerate(GOOD[upstream][name])
        if all(entry.get(field, False) == value for field, value in wanted.items())
    )


@pytest.mark.parametrize(("step", "upstream"), PAIRS)
def test_every_path_names_fields_the_model_has(step: str, upstream: str) -> None:
    paths = [*steps.step(step).inputs[upstream], *steps.step(upstream).notes]
    for path in paths if paths[:1] != list(WHOLE) else paths[1:]:
        kind: Any = MODELS[upstream]
        for part in path.split("."):
            name, condition = re.fullmatch(r"(\w+)(?:\[(\w*)(?:=\w+)?\])?", part).groups()  # type: ignore[union-attr]
            assert issubclass(kind, BaseModel)
            kind = inner_type(kind.model_fields[name])
            if "[" in part:
                assert get_origin(kind) is list
                kind = item_type(kind)
            assert not condition or condition in kind.model_fields


@pytest.mark.parametrize(
    ("upstream", "edit", "users"),
    [
        ("challenge", put("altitude", value="broad"), "user-research journey-mapping validate"),
        (
            "challenge",
            put("hmw_statement"),
            "stakeholder-mapping user-research sense-making journey-mapping reframe validate",
        ),
        ("stakeholder-mapping", put("stakeholders", 0, "notes"), ""),
        (
            "stakeholder-mapping",
            put(
                "stakeholders",
                first("stakeholder-mapping", "stakeholders", category="core"),
                "name",
            ),
            "user-research persona concept validate",
        ),
        (
            "stakeholder-mapping",
            put(
                "stakeholders",
                first("stakeholder-mapping", "stakeholders", category="indirect"),
                "name",
            ),
            "persona concept validate",
        ),
        ("user-research", put("interview_questions", 0), "journey-mapping concept validate"),
        ("user-research", put("insights", 0, "source"), "journey-mapping concept validate"),
        (
            "user-research",
            put("insights", 0, "finding"),
            "sense-making persona journey-mapping concept validate",
        ),
        ("sense-making", put("themes", 0, "name"), "reframe ideation validate"),
        (
            "sense-making",
            put("pains", 0),
            "persona journey-mapping reframe ideation concept validate",
        ),
        (
            "journey-mapping",
            put("stages", first("journey-mapping", "stages", is_dip=False), "action"),
            "ideation validate",
        ),
        (
            "journey-mapping",
            put("stages", first("journey-mapping", "stages", is_dip=True), "action"),
            "reframe ideation concept validate",
        ),
        ("journey-mapping", put("dip_summary"), "reframe ideation concept validate"),
        ("reframe", put("evolution"), "concept validate"),
        (
            "reframe",
            put(
                "hmw_statements",
                first("reframe", "hmw_statements", selected=True),
                "full_statement",
            ),
            "ideation concept validate",
        ),
        ("ideation", put("clusters", 0, "ideas", 0, "description"), "validate"),
        ("ideation", put("selected_idea_titles", value=["Another"]), "concept validate"),
        ("concept", put("concepts", 0, "usp"), "validate"),
        ("validate", put("narrative"), ""),
    ],
)
def test_an_edit_matters_to_the_steps_that_use_the_field(
    upstream: str, edit: Edit, users: str
) -> None:
    assert users_of(upstream, edit) == set(users.split())


@pytest.mark.parametrize("upstream", steps.SLUGS)
def test_white_space_and_blanks_matter_to_nobody(upstream: str) -> None:
    def loosen(fields: Any) -> None:
        for name, value in fields.items():
            fields[name] = f"  {value}\n" if isinstance(value, str) else value
            if isinstance(value, list) and isinstance(value[0], str):
                value.append(" ")
        fields["nothing"] = None

    assert users_of(upstream, loosen) == set()


def test_a_quote_that_moves_to_another_finding_is_a_change() -> None:
    def swap(fields: Any) -> None:
        one, two = fields["insights"][:2]
        one["quote"], two["quote"] = two.get("quote"), "“Mine.”"

    assert "sense-making" in users_of("user-research", swap)


def test_a_removed_entry_is_a_change() -> None:
    assert "sense-making" in users_of("user-research", lambda fields: fields["insights"].pop())


def test_an_artifact_that_is_not_there_has_no_digest_and_differs_from_one_that_is() -> None:
    without = {slug: fields for slug, fields in GOOD.items() if slug != "challenge"}
    now = fingerprint("sense-making", without)

    assert set(now) == {"user-research"}
    assert changed_inputs("sense-making", fingerprint("sense-making", GOOD), now) == ("challenge",)


def test_a_digest_is_the_same_whatever_the_order_of_the_fields() -> None:
    turned: dict[str, Fields] = {
        slug: dict(reversed(fields.items())) for slug, fields in GOOD.items()
    }

    assert fingerprint("validate", turned) == fingerprint("validate", GOOD)


@pytest.mark.parametrize("shape", [{}, {"stakeholders": "three"}, {"stakeholders": [None, "x"]}])
def test_what_a_facilitator_let_pass_unfinished_has_a_digest_too(shape: Fields) -> None:
    found = fingerprint("user-research", {"challenge": {}, "stakeholder-mapping": shape})

    assert {len(digest) for digest in found.values()} == {64}


def test_a_draft_and_the_artifact_made_of_it_hold_the_same() -> None:
    assert same_fields({"pains": ["late ", ""], "selected": False}, {"pains": ["late"]})
    assert not same_fields({"pains": ["late"]}, {"pains": ["Late"]})


@pytest.mark.parametrize("step", steps.SLUGS)
def test_what_is_confirmed_counts_as_the_draft_it_was_made_of(step: str) -> None:
    draft = {
        name: f" {value}  "
        if isinstance(value, str)
        else [*value, ""]
        if isinstance(value, list) and isinstance(value[0], str)
        else value
        for name, value in GOOD[step].items()
        if name != "altitude"
    }

    assert same_fields(draft, dumped(parsed(step, draft)))


# What the criteria read


class Watched(dict[str, Any]):
    """A part of an artifact that notes which texts of it are read."""

    def __init__(self, fields: Fields, place: Place, read: set[Place]) -> None:
        super().__init__(
            {name: watched(value, (*place, name), read) for name, value in fields.items()}
        )
        self._place, self._read = place, read

    def get(self, name: str, default: Any = None) -> Any:
        # By `self[name]`, which notes it.
        return self[name] if name in self else default  # noqa: SIM401

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        texts = enumerate(value) if isinstance(value, list) else [((), value)]
        for place, text in texts:
            if not isinstance(text, Watched):
                last = () if place == () else (place,)
                self._read.add((*self._place, name, *last))
        return value


def watched(value: Any, place: Place, read: set[Place]) -> Any:
    if isinstance(value, dict):
        return Watched(value, place, read)
    if isinstance(value, list):
        return [watched(each, (*place, at), read) for at, each in enumerate(value)]
    return value


def strange(value: Any) -> Any:
    """Return a draft in which no text has a word in common with what was found."""
    if isinstance(value, dict):
        return {name: strange(each) for name, each in value.items()}
    if isinstance(value, list):
        return [strange(each) for each in value]
    return "Qwx zyv kjh" if isinstance(value, str) else value


def read_by(step: str, draft: Any) -> set[tuple[str, Place]]:
    """Return what the criteria of *step* read of the steps it is made from."""
    read: dict[str, set[Place]] = {slug: set() for slug in GOOD}
    upstream = {
        slug: watched(normalised(slug, fields), (), read[slug]) for slug, fields in GOOD.items()
    }
    criteria.RULES[step](draft, upstream)
    return {(slug, place) for slug, places in read.items() for place in places}


READ = {
    step: read_by(step, normalised(step, GOOD[step]))
    | read_by(step, strange(normalised(step, GOOD[step])))
    for step in steps.SLUGS
}


@pytest.mark.parametrize("step", steps.SLUGS)
def test_what_a_criterion_reads_of_an_earlier_step_is_an_input(step: str) -> None:
    def changed(value: Any) -> Any:
        return not value if isinstance(value, bool) else f"{value} and more"

    missed = [
        (upstream, place)
        for upstream, place in sorted(READ[step], key=str)
        if step not in users_of(upstream, edit_at(place, changed))
    ]

    assert missed == []


def edit_at(place: Place, change: Callable[[Any], Any]) -> Edit:
    def edit(fields: Any) -> None:
        for part in place[:-1]:
            fields = fields[part]
        fields[place[-1]] = change(fields[place[-1]])

    return edit


def test_criteria_read_earlier_steps_at_all() -> None:
    readers = {step for step, read in READ.items() if read}

    assert {"sense-making", "persona", "reframe", "ideation", "concept", "validate"} <= readers
