"""Whoever has lost a right while its page was open does nothing with it: pressed, it changes nothing."""

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import demo
from lib.access import facilitators
from lib.facilitation import controls
from lib.guide.scripted import ScriptedGuide
from lib.team import chat_input, draft_input
from lib.team.process import Process
from lib.ui import gate, navigation
from lib.workshop import rights, roles, steps
from lib.workshop.artifacts.models import MODELS
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Aside, Team
from lib.workshop.rights import Need
from lib.workshop.roles import Action, Role
from lib.workshop.status import Status
from tests.memory_store.store import MemoryStore
from tests.pages import (
    WatchedStore,
    draft,
    drawn,
    entry,
    opened,
    opened_step,
    press_line,
    running,
    send,
    watching,
)
from tests.test_facilitators import GUARDED
from tests.test_store_contract import question, reply

Press = Callable[[AppTest], AppTest]

FIRST, OPEN = steps.SLUGS[0], Status.IN_PROGRESS

LONG_AGO, FAR_AHEAD = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)


class House:
    """The demo, in which somebody is at every stage."""

    def __init__(self, store: MemoryStore, process: Process) -> None:
        self.store, self.process = store, process
        now = datetime.now(UTC)
        self.workshop = demo.open_or_create(process.store, process.drafts, now).id
        store.grant(self.workshop, "cleo@example.org", Role.OBSERVER)
        (team, *_) = store.teams(self.workshop)
        controls.ask_for_help(store, team.key, "Who is the user?", author="Ada", at=now)
        #: What the store keeps of the facilitator's pass.
        self.digest = ""

    def team(self, fits: Callable[[Any], bool]) -> tuple[Team, str]:
        """Return a team and its step that is like that."""
        cell = next(each for each in self.store.overview(self.workshop) if fits(each))
        team = next(t for t in self.store.teams(self.workshop) if t.id == cell.team_id)
        return team, cell.state.step

    def step(self, fits: Callable[[Any], bool]) -> AppTest:
        return opened_step(*self.team(fits))

    def begun(self) -> tuple[Team, str]:
        """Return the team that has just started, and its first step."""
        return self.team(lambda cell: cell.state.step == FIRST and cell.state.status is OPEN)

    def review(self, **more: str) -> AppTest:
        return drawn(opened(navigation.REVIEW, workshop=self.workshop, **more))

    def content(self) -> dict[str, Any]:
        """Return all that is stored."""
        held = {name: each for name, each in vars(self.store).items() if "lock" not in name}
        return copy.deepcopy({name: each for name, each in held.items() if not callable(each)})


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Return a house with a passcode, whose facilitator is at every page."""
    store = WatchedStore()
    with running(store, ScriptedGuide(pace=0), settings=GUARDED) as process:
        token = facilitators.enter(store.inner, GUARDED, GUARDED.passcode, "192.0.2.7", LONG_AGO)
        house = House(store.inner, process)
        house.digest = facilitators.digest(GUARDED, token)
        store.inner.keep_pass(house.digest, FAR_AHEAD)
        monkeypatch.setattr(gate, "_credentials", lambda _: gate.Credentials(token, {}, {}, ""))
        yield house


def has(status: Status) -> Callable[[Any], bool]:
    return lambda cell: cell.state.status is status


def key(app: AppTest, prefix: str) -> Any:
    """Return the button or box whose key begins like that."""
    found = [*app.button, *app.selectbox, *app.text_area, *app.text_input]
    return next(each for each in found if str(each.key).startswith(prefix))


def pressing(prefix: str) -> Press:
    return lambda app: key(app, prefix).click().run()


def labelled(label: str) -> Press:
    return lambda app: next(each for each in app.button if each.label == label).click().run()


def _holds(app: AppTest) -> AppTest:
    return key(app, "hold/").select_index(2).run()


def _undoes(app: AppTest) -> AppTest:
    return press_line(app, "all", "undone")


def _tells(app: AppTest) -> AppTest:
    app.text_area(key="message-text/0").input("Five more minutes")
    return pressing("send-message/0")(app)


def _starts(app: AppTest) -> AppTest:
    app.text_input(key="title").input("Newcomers")
    app.text_area(key="challenge").input("They leave.")
    app.text_area(key="teams").input("Crew")
    return labelled("Start")(app)


def _deletes(app: AppTest) -> AppTest:
    pressing("delete")(app)
    return pressing("delete-yes")(app)


def _raises(app: AppTest) -> AppTest:
    key(app, "stuck-words").input("Who is the user?")
    return pressing("raise-flag")(app)


def _revises(app: AppTest) -> AppTest:
    pressing("revise")(app)
    return pressing("reopen")(app)


def _says(app: AppTest) -> AppTest:
    held = app.session_state["tab"].copy
    outbox = [{"id": new_id(), "text": "They leave."}]
    app.session_state[chat_input.box_key(held, held.open_step)] = {"outbox": outbox}
    return app.run()


def _types(app: AppTest) -> AppTest:
    held = app.session_state["tab"].copy
    field = next(iter(held.drafts[held.open_step].fields))
    edit = {"field": field, "value": "Other words", "was": None, "writer": new_id(), "revision": 1}
    edits = [{**edit, "epoch": held.drafts[held.open_step].epoch}]
    app.session_state[draft_input.form_key(held, held.open_step)] = {"edits": edits}
    return app.run()


def _overrides(app: AppTest) -> AppTest:
    reason = next(each for each in app.text_input if each.label.startswith("Reason to complete it"))
    reason.input("The afternoon is over.")
    return pressing("override-with-gaps/")(app)


REVIEWING: dict[Action, tuple[dict[str, str], Press]] = {
    Action.RUN_AGENDA: ({}, pressing("timer-start")),
    Action.HOLD_STEPS: ({}, _holds),
    Action.SEND_NOTICE: ({}, _tells),
    Action.ANSWER_FLAG: ({}, pressing("lower/")),
    Action.DUPLICATE: ({}, pressing("duplicate")),
    Action.ARCHIVE: ({}, pressing("archive/")),
    Action.DELETE: ({}, _deletes),
    Action.CHANGE_LINKS: ({"show": "people"}, pressing("code/")),
    Action.SHARE: ({"show": "people"}, pressing("drop/")),
}

WALKING: dict[Action, tuple[Callable[[Any], bool], Press]] = {
    Action.SAY: (has(Status.IN_PROGRESS), _says),
    Action.TYPE: (has(Status.NEEDS_REGENERATION), _types),
    Action.RAISE_FLAG: (has(Status.IN_PROGRESS), _raises),
    Action.RETRY_REPLY: (lambda cell: cell.unfinished > 0, pressing("retry")),
    Action.KEEP: (has(Status.NEEDS_REGENERATION), pressing("still-valid")),
    Action.REGENERATE: (has(Status.NEEDS_REGENERATION), pressing("regenerate")),
    Action.REOPEN: (has(Status.COMPLETE), _revises),
}


# What has to be done first


def _a_good_draft(house: House) -> AppTest:
    team, step = house.begun()
    draft(watching(house.store), team, step)
    return opened_step(team, step)


def _a_growing_reply(house: House) -> AppTest:
    team, step = house.begun()
    house.store.append(team.step_key(step), [question(), reply("It")])
    return opened_step(team, step)


def _an_update(house: House) -> AppTest:
    team, step = house.begun()
    return send(opened_step(team, step), team, step, entry("Patients of more than seventy years"))


def _an_aside(house: House) -> AppTest:
    team, step = house.begun()
    field = next(iter(MODELS[step].model_fields))
    house.store.set_aside(team.step_key(step), Aside(field, new_id(), "Ben", "They go.", 1, 0))
    return opened_step(team, step)


def _an_earlier_draft(house: House) -> AppTest:
    team, step = house.begun()
    key_, field = team.step_key(step), next(iter(MODELS[step].model_fields))
    for value in ("They go.", "They stay."):
        house.process.drafts.edit(key_, field, value)
        house.process.autosave.flush(key_)
    return opened_step(team, step).toggle(key=f"earlier/{team.id}/{step}").set_value(True).run()


def _a_notice(house: House) -> AppTest:
    team, step = house.begun()
    controls.post_message(
        house.store,
        team.workshop_id,
        new_id(),
        "Five more minutes",
        team_id=None,
        author="F",
        at=datetime.now(UTC),
    )
    return opened_step(team, step)


def _a_reopened_step(house: House) -> AppTest:
    # The last one of a team: reopening it changes no other.
    done = [c for c in house.store.overview(house.workshop) if c.state.status is Status.COMPLETE]
    last = max(done, key=lambda cell: steps.SLUGS.index(cell.state.step))
    return _revises(house.step(lambda cell: cell == last))


def _an_open_step_beside_the_table(house: House) -> AppTest:
    team, step = house.begun()
    return house.review(at=team.id, step=step)


def _the_front_door(_house: House) -> AppTest:
    return opened(navigation.FRONT_DOOR)


def _the_front_door_of_an_empty_house(house: House) -> AppTest:
    for workshop in house.store.workshops():
        house.store.delete(workshop.id, LONG_AGO)
        house.store.erase(workshop.id, datetime.now(UTC))
    return opened(navigation.FRONT_DOOR)


def _a_message_to_redact(house: House) -> AppTest:
    team, step = house.begun()
    house.store.append(team.step_key(step), [question("The head nurse shouted.")])
    app = house.review(at=team.id, step=step)
    app.session_state[f"redact/{team.id}/{step}"] = True
    app = drawn(app.run())
    key(app, "redact-message/").select_index(0).run()
    app = pressing("redact")(app)
    key(app, "redact-reason").input("She asked for it.")
    return app


AFTER: dict[Action, tuple[Callable[[House], AppTest], Press]] = {
    Action.CONFIRM: (_a_good_draft, pressing("confirm")),
    Action.STOP_REPLY: (_a_growing_reply, pressing("stop")),
    Action.UNDO_UPDATE: (_an_update, _undoes),
    Action.SETTLE_ASIDE: (_an_aside, pressing("discard/")),
    Action.RESTORE_DRAFT: (_an_earlier_draft, pressing("bring-back")),
    Action.USE_ASIDE: (_an_aside, pressing("use/")),
    Action.CLOSE_NOTICE: (_a_notice, pressing("close-note/")),
    Action.UNDO: (_a_reopened_step, pressing("undo")),
    Action.OVERRIDE: (_an_open_step_beside_the_table, _overrides),
    Action.REDACT: (_a_message_to_redact, pressing("redact-yes")),
    Action.START_WORKSHOP: (_the_front_door, _starts),
    Action.OPEN_DEMO: (_the_front_door_of_an_empty_house, pressing("open-demo")),
}


def nothing_comes_of_it(
    house: House,
    open_: Callable[[], AppTest],
    action: Action,
    press: Press,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, before = open_(), house.content()
    with monkeypatch.context() as patched:
        allowed = {role: actions - {action} for role, actions in roles.ALLOWED.items()}
        patched.setattr(roles, "ALLOWED", allowed)
        press(app)
        house.process.autosave.flush_all(1)

    assert house.content() == before

    press(open_())
    house.process.autosave.flush_all(1)

    # The same press with the right does something: it was the right that was missing.
    assert house.content() != before


# A right that ends while its page is open, the way people end it


@dataclass(frozen=True)
class End:
    """A way a right ends, how it is given back, and the need that it fails."""

    do: Callable[[House, Team], object]
    undo: Callable[[House, Team], object]
    fails: tuple[Need, ...] = ()


LINKS = {
    "link replaced": End(
        lambda house, team: house.store.change_link(team.key, new_link(), revoked=False),
        lambda house, team: house.store.change_link(team.key, team.link, revoked=False),
    ),
    "link revoked": End(
        lambda house, team: house.store.change_link(team.key, new_link(), revoked=True),
        lambda house, team: house.store.change_link(team.key, team.link, revoked=False),
    ),
}
PASS = {
    "pass ended": End(
        lambda house, _: house.store.drop_pass(house.digest),
        lambda house, _: house.store.keep_pass(house.digest, FAR_AHEAD),
    )
}


def _erased(house: House, team: Team) -> None:
    house.store.delete(team.workshop_id, LONG_AGO)
    house.store.erase(team.workshop_id, datetime.now(UTC))


SHELVED = {
    "archived": End(
        lambda house, team: house.store.archive(team.workshop_id, LONG_AGO),
        lambda house, team: house.store.archive(team.workshop_id, None),
        fails=(Need.LIVE,),
    ),
    "deleted": End(
        lambda house, team: house.store.delete(team.workshop_id, FAR_AHEAD),
        lambda house, team: house.store.delete(team.workshop_id, None),
        fails=(Need.LIVE, Need.KEPT),
    ),
    "erased": End(_erased, lambda _house, _team: None, fails=(Need.LIVE, Need.KEPT)),
}


def nothing_comes_of_it_after_any_end(
    house: House, open_: Callable[[], AppTest], action: Action, press: Press
) -> None:
    """Open a page, end the right, press: nothing is written, whichever way it ended."""
    is_team = action in roles.ALLOWED[roles.Role.MEMBER]
    (first, *_) = house.store.teams(house.workshop)
    for name, end in ((LINKS if is_team else PASS) | SHELVED).items():
        if end.fails and not set(end.fails) & set(rights.NEEDS[action]):
            continue
        app = open_()
        held = app.session_state["tab"].copy
        team = held.team if held else first
        house.process.autosave.flush_all(1)
        end.do(house, team)
        before = house.content()
        # What is pressed in two steps is gone after the first.
        with suppress(StopIteration, KeyError):
            drawn(press(app))
        house.process.autosave.flush_all(1)

        assert house.content() == before, name
        end.undo(house, team)


@pytest.mark.parametrize("action", REVIEWING)
def test_a_facilitator_who_has_lost_a_right_changes_nothing(
    house: House, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, press = REVIEWING[action]

    nothing_comes_of_it(house, lambda: house.review(**query), action, press, monkeypatch)


@pytest.mark.parametrize("action", REVIEWING)
def test_a_facilitators_page_changes_nothing_after_any_end(house: House, action: Action) -> None:
    query, press = REVIEWING[action]

    nothing_comes_of_it_after_any_end(house, lambda: house.review(**query), action, press)


@pytest.mark.parametrize("action", WALKING)
def test_a_team_that_has_lost_a_right_changes_nothing(
    house: House, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits, press = WALKING[action]

    nothing_comes_of_it(house, lambda: house.step(fits), action, press, monkeypatch)


@pytest.mark.parametrize("action", WALKING)
def test_a_teams_page_changes_nothing_after_any_end(house: House, action: Action) -> None:
    fits, press = WALKING[action]

    nothing_comes_of_it_after_any_end(house, lambda: house.step(fits), action, press)


@pytest.mark.parametrize("action", AFTER)
def test_whoever_has_lost_a_right_since_the_page_was_drawn_changes_nothing(
    house: House, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_, press = AFTER[action]

    nothing_comes_of_it(house, lambda: open_(house), action, press, monkeypatch)


@pytest.mark.parametrize("action", AFTER)
def test_a_prepared_page_changes_nothing_after_any_end(house: House, action: Action) -> None:
    open_, press = AFTER[action]

    nothing_comes_of_it_after_any_end(house, lambda: open_(house), action, press)


def test_every_action_that_changes_something_is_tried() -> None:
    changing = {*WALKING, *REVIEWING, *AFTER}
    reading = roles.ALLOWED[roles.Role.OBSERVER] | {Action.OPEN_STEP, Action.READ_ROOM}

    # A server with a passcode offers no local guide: see tests/test_local_guides.py.
    elsewhere = {Action.CHOOSE_GUIDE}
    assert set(Action) - changing - reading - elsewhere == {Action.LIST_WORKSHOPS, Action.SEE_LINKS}
