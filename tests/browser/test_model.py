"""A person's walk with a model that answers over HTTP, in real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.team.process import assemble
from lib.workshop import steps
from lib.workshop.fields import changed
from lib.workshop.read_back import ReadBack, applied
from lib.workshop.status import Status
from lib.workshop.transcript import MessageStatus, Role
from tests import terse_workshop as recorded
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.guide_server import KEY, MODEL, Answer, GuideServer, too_many
from tests.quick_server import serving
from tests.shadow import Shadow, structured

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def model() -> Iterator[GuideServer]:
    server = GuideServer()
    yield server
    server.close()


@pytest.fixture
def server(model: GuideServer, tmp_path: Path) -> Iterator[AppServer]:
    settings = {"GUIDE_BASE_URL": model.url, "GUIDE_MODEL": MODEL, "GUIDE_API_KEY": KEY}
    with serving(tmp_path, **settings) as server:
        yield server


@pytest.fixture
def at_challenge(page: Any, server: AppServer, model: GuideServer) -> Walker:
    """Return somebody in the first step, greeted with “What goes wrong?”."""
    model.answers(answer("What goes wrong?"))
    walker = Walker(page, server.url)
    links = walker.start_workshop(recorded.TITLE, recorded.CHALLENGE, [recorded.TEAM])
    walker.join(links[recorded.TEAM], "Ada")
    walker.greeted()
    return walker


def answer(text: str, **parts: object) -> Answer:
    return Answer(structured(text, **parts), size=200)


def test_a_team_walks_ten_steps_with_a_model(
    page: Any, server: AppServer, model: GuideServer
) -> None:
    walker = Walker(page, server.url)
    links = walker.start_workshop(recorded.TITLE, recorded.CHALLENGE, [recorded.TEAM])
    done: dict[str, Shadow] = {}
    for step in steps.STEPS:
        upstream = {slug: done[slug].draft for slug in step.feeds_from}
        shadow = Shadow(step.slug, upstream, recorded.CHALLENGE, recorded.TEAM)
        model.answers(shadow.next_answer())
        if not done:
            walker.join(links[recorded.TEAM], "Ada")
        else:
            walker.confirm()
        walker.at(step.name)
        walker.greeted()
        for text in recorded.MESSAGES[step.slug]:
            shadow.note(Role.USER, text)
            model.answers(shadow.next_answer())
            walker.say(text)
            _accept_offers(server.database_url, step.slug)
        done[step.slug] = shadow
    walker.confirm()
    walker.page.get_by_text("your workshop is complete").wait_for()

    _check_what_is_stored(server.database_url, done, model)


def _accept_offers(url: str, step: str) -> None:
    """Accept what the last reply offers, as a teammate would on another server."""
    store = open_store(url)
    (workshop,) = store.workshops()
    (team,) = store.teams(workshop.id)
    key = team.step_key(step)
    process = assemble(Settings(), store, ScriptedGuide())
    read_back = store.messages(key)[-1].read_back or ReadBack()
    for offer in read_back.offers:
        before = process.drafts.current(key).fields
        after = applied(before, offer.operations)
        for name in changed(before, after):
            process.drafts.edit(key, name, after.get(name))
    assert process.close()


def _check_what_is_stored(url: str, done: dict[str, Shadow], model: GuideServer) -> None:
    store = open_store(url)
    (workshop,) = store.workshops()
    (team,) = store.teams(workshop.id)
    versions = store.artifacts(team.key)
    states = store.steps(team.key).values()
    stored = [m for step in steps.SLUGS for m in store.messages(team.step_key(step))]
    (usage,) = store.usage(workshop.id)
    store.close()

    assert {step: each.fields for step, each in versions.items()} == {
        step: each.draft for step, each in done.items()
    }
    assert {state.status for state in states} == {Status.COMPLETE}
    assert {message.status for message in stored} == {MessageStatus.COMPLETE}
    assert (usage.calls, usage.failures) == (len(model.asked), 0)


def test_a_busy_model_is_waited_for_in_sight_and_then_it_answers(
    at_challenge: Walker, model: GuideServer
) -> None:
    model.answers(too_many("3"), answer("Who feels it most?"))
    at_challenge.send("stuff gets lost")

    expect(at_challenge.page.get_by_text("The guide is busy. It continues in")).to_be_visible()
    expect(at_challenge.messages).to_have_count(3)
    assert "Who feels it most?" in at_challenge.said[-1]


def test_what_a_reply_changed_is_undone_and_another_reply_takes_its_place(
    at_challenge: Walker, model: GuideServer
) -> None:
    page = at_challenge.page
    model.answers(
        answer("Who feels it most?", draft={"target_user": "Parents"}),
        answer("Where does it happen?", draft={"target_user": "Swimmers"}),
    )
    at_challenge.say("stuff gets lost")
    expect(page.get_by_text("Who has it: Parents")).to_be_visible()
    page.get_by_role("button", name="Undo everything this reply changed").click(delay=50)
    expect(page.get_by_text("Undone by Ada")).to_be_visible()

    page.get_by_role("button", name="Another reply").click(delay=50)
    expect(page.get_by_text("Where does it happen?")).to_be_visible()
    expect(page.get_by_text("Who feels it most?")).to_have_count(0)
    expect(page.get_by_text("Swimmers").first).to_be_visible()
    page.reload()
    expect(at_challenge.messages).to_have_count(3)
    expect(page.get_by_text("Who feels it most?")).to_have_count(0)
