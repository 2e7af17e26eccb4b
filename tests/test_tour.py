"""The tour of the demo: what it says, where it leads, and that no other workshop has one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from lib import demo
from lib.facilitation import WorkshopOverview
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.team import confirm, process, reopen
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop import steps
from lib.workshop.records import Team, Workshop
from lib.workshop.status import Status
from tests import pages
from tests.memory_store.store import MemoryStore


@pytest.fixture
def parts() -> Iterator[Process]:
    parts = process.assemble(Settings(), MemoryStore(), ScriptedGuide(pace=0))
    process.use(parts)
    yield parts
    process.use(None)


@pytest.fixture
def workshop(parts: Process) -> Workshop:
    return demo.open_or_create(parts.store, parts.drafts, datetime.now(UTC))


def shown(workshop: Workshop) -> list[dict[str, Any]] | None:
    """Return the stops the review page tells the browser; None where there is no tour."""
    app: AppTest = pages.opened(navigation.REVIEW, workshop=workshop.id)
    sent = [each.proto for each in app.get("bidi_component")]
    told = [json.loads(each.json or each.bytes) for each in sent]
    return next((each["stops"] for each in told if "stops" in each), None)


def team_and_step(parts: Process, href: str) -> tuple[Team, str]:
    """Return whose step a stop leads to."""
    address = urlsplit(href)
    team = parts.store.team_by_link(parse_qs(address.query)[navigation.TEAM][0])
    return team, address.path.rpartition("/")[2]


def status(parts: Process, href: str) -> Status:
    team, step = team_and_step(parts, href)
    return parts.store.steps(team.key)[step].status


def test_the_tour_has_six_stops_and_each_shows_something_or_leads_somewhere(
    parts: Process, workshop: Workshop
) -> None:
    stops = shown(workshop) or []

    assert len(stops) == 6
    assert all(each["title"] and each["text"] for each in stops)
    assert all(each["at"] or each["href"] for each in stops)


def test_its_links_lead_to_a_stale_step_to_an_unfinished_reply_and_to_a_complete_step(
    parts: Process, workshop: Workshop
) -> None:
    stale, broken_off, finished = [each["href"] for each in shown(workshop) or [] if each["href"]]
    team, step = team_and_step(parts, broken_off)
    teams = parts.store.teams(workshop.id)
    cells = WorkshopOverview(workshop, teams, parts.store.overview(workshop.id)).rows

    assert status(parts, stale) is Status.NEEDS_REGENERATION
    assert next(row.cells[step].unfinished for row in cells if row.team == team) == 1
    assert status(parts, finished) is Status.COMPLETE


def test_a_stop_about_what_nobody_shows_any_more_is_left_out(
    parts: Process, workshop: Workshop
) -> None:
    before = [each["title"] for each in shown(workshop) or []]
    team = next(each for each in parts.store.teams(workshop.id) if each.name == "Window table")
    for slug in steps.SLUGS:
        if parts.store.steps(team.key)[slug].status is Status.NEEDS_REGENERATION:
            key = team.step_key(slug)
            confirm.still_valid(parts.store, parts.drafts, key, actor="Ines", at=datetime.now(UTC))
    after = [each["title"] for each in shown(workshop) or []]

    assert [title for title in before if title not in after] == ["A step to look at again"]


def test_a_demo_somebody_revised_has_its_tour_still(parts: Process, workshop: Workshop) -> None:
    team = parts.store.teams(workshop.id)[0]
    key = team.step_key("challenge")
    reopen.revise(parts.store, parts.drafts, key, actor="Mara", at=datetime.now(UTC))

    assert len(shown(workshop) or []) == 6


def test_another_workshop_has_no_tour(parts: Process, workshop: Workshop) -> None:
    other = Workshop("ours", demo.TITLE, "They leave.", datetime.now(UTC))
    parts.store.create_workshop(other, [Team("ours", "a", "Ladder", "link-of-ladder-crew", 1)])

    assert shown(other) is None
    assert shown(workshop) is not None
