"""What is kept of Streamlit's insides is what Streamlit makes, and is where it is looked for."""

import logging
import threading
from typing import Any

import pytest
from streamlit.navigation import page as navigation_page
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import script_runner

from lib.server import streamlit_patches
from lib.ui import navigation, render_queue
from lib.ui import tab as working_copy
from tests import pages
from tests.fakes import FakeGuide
from tests.pages import WatchedStore

#: As `AppSession._create_new_session_message` fills them in.
SECTIONS = {
    "theme": "",
    "theme.light": "light",
    "theme.dark": "dark",
    "theme.sidebar": "sidebar",
    "theme.light.sidebar": "light.sidebar",
    "theme.dark.sidebar": "dark.sidebar",
}


def theme(populate: Any) -> CustomThemeConfig:
    """Return the theme as *populate* puts it together."""
    whole = CustomThemeConfig()
    for section, path in SECTIONS.items():
        part: Any = whole
        for name in filter(None, path.split(".")):
            part = getattr(part, name)
        populate(part, section)
    return whole


def test_the_theme_that_is_kept_is_the_theme_each_time() -> None:
    original = app_session._populate_theme_msg
    kept = streamlit_patches.theme_kept(original)
    expected = theme(original)

    assert expected.primary_color
    assert expected.dark.sidebar.background_color
    assert not expected.HasField("sidebar")
    assert [theme(kept) for _ in range(3)] == [expected] * 3


def test_the_theme_is_put_together_once() -> None:
    sections: list[str] = []
    kept = streamlit_patches.theme_kept(lambda _, section: sections.append(section))
    for _ in range(3):
        theme(kept)

    assert sections == list(SECTIONS)


def test_pages_that_are_kept_are_the_pages_and_each_runs_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = navigation_page._create_page
    kept = streamlit_patches.pages_kept(original)
    made: list[Any] = []

    def compared(*given: Any, **named: Any) -> Any:
        mine, its = kept(*given, **named), original(*given, **named)
        assert vars(mine) == vars(its)
        made.append(mine)
        return mine

    monkeypatch.setattr(navigation_page, "_create_page", compared)
    store = WatchedStore()
    with pages.running(store, FakeGuide()):
        team = pages.new_team(store)
        app = pages.opened(navigation.FRONT_DOOR)
        pages.moved(app, navigation.STEP_PAGES["challenge"], team=team.link)
        first = pages.heading(app)
        pages.moved(app, navigation.STEP_PAGES["validate"], team=team.link)

    assert first == "1. Challenge"
    # Each run makes them all: the front door, ten steps, the review.
    assert len(made) >= 3 * 12
    assert len(made) % 12 == 0
    assert len({id(each) for each in made}) == len(made)


def test_a_page_is_made_once() -> None:
    calls: list[Any] = []

    class Page:
        shown = False

    def make(*given: Any, **named: Any) -> Page:
        calls.append((given, named))
        return Page()

    kept = streamlit_patches.pages_kept(make)
    first = kept("a.py", default=True)
    first.shown = True
    again, other = kept("a.py", default=True), kept("a.py")

    assert calls == [(("a.py",), {"default": True}), (("a.py",), {})]
    assert not again.shown
    assert not other.shown


# Turns


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return of each run of a page, as it comes, whether nobody has asked for it."""
    mine, found = render_queue.Turns(), []

    def turn(*, unasked: bool = False) -> Any:
        if mine._holder is None:
            found.append(unasked)
        return mine.turn(unasked=unasked)

    monkeypatch.setattr(render_queue, "turn", turn)
    monkeypatch.setattr(render_queue, "end", mine.end)
    monkeypatch.setattr(script_runner, "_mpa_v1", streamlit_patches.in_turn(script_runner._mpa_v1))
    return found


def test_all_of_a_page_is_run_in_its_turn(
    drawings: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_copy, "tab", working_copy.Tab)
    begun: list[list[bool]] = []
    streamlit_patches.in_turn(lambda _: begun.append([*drawings]))("streamlit_app.py")

    assert begun == [[False]]


def test_the_turn_a_page_takes_itself_is_the_one_it_has(drawings: list[bool]) -> None:
    with pages.running(WatchedStore(), FakeGuide()):
        pages.opened(navigation.FRONT_DOOR)

    assert drawings == [False]


def test_a_page_that_is_drawn_anew_at_a_replys_end_lets_people_go_first(
    drawings: list[bool],
) -> None:
    store, guide = WatchedStore(), FakeGuide()
    guide.hold()
    threading.Timer(1.0, guide.go_on).start()
    with pages.running(store, guide):
        app = pages.opened_step(pages.new_team(store), "challenge")

        # Once with what grows, and when that is whole.
        assert drawings == [False, True]

        app.run()

    assert drawings == [False, True, False]


class Threads:
    """Runs of one tab's page, each in a thread of its own, as Streamlit has them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tab = working_copy.Tab()
        monkeypatch.setattr(working_copy, "tab", lambda: tab)

    def begin(self, *, looked: bool = False) -> bool:
        """Begin a run, because the page's look has found something or not; return what it is told."""
        told: list[bool] = []

        def run() -> None:
            if looked:
                working_copy.draw_unasked()
            told.append(working_copy.begin_run())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return told[0]

    def end(self) -> None:
        """Have the newest run come to its end."""
        working_copy.end_run()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Threads:
    return Threads(monkeypatch)


def test_a_run_the_pages_look_asks_for_is_nobodys(runs: Threads) -> None:
    assert not runs.begin()
    runs.end()
    assert runs.begin(looked=True)
    assert runs.begin(looked=True)


def test_who_presses_while_the_page_waits_to_be_drawn_by_itself_does_not_wait_with_it(
    runs: Threads,
) -> None:
    assert runs.begin(looked=True)
    assert not runs.begin()


def test_a_look_that_gives_up_a_run_somebody_waits_for_is_that_persons(runs: Threads) -> None:
    assert not runs.begin()
    assert not runs.begin(looked=True)
    runs.end()
    assert runs.begin(looked=True)


# Where it is


PLACES = [
    (navigation_page, "_create_page"),
    (app_session, "_populate_theme_msg"),
    (script_runner, "_mpa_v1"),
]


@pytest.fixture
def originals(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what Streamlit has, and put it back afterwards."""
    found = [getattr(place, name) for place, name in PLACES]
    for (place, name), original in zip(PLACES, found, strict=True):
        monkeypatch.setattr(place, name, original)
    return found


def test_all_of_it_is_where_it_is_looked_for(
    originals: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    streamlit_patches.begin.__wrapped__()

    assert not caplog.records
    assert all(
        getattr(place, name) is not original
        for (place, name), original in zip(PLACES, originals, strict=True)
    )


def test_what_streamlit_no_longer_has_is_said_and_left_alone(
    originals: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(app_session, "_populate_theme_msg")
    with caplog.at_level(logging.WARNING):
        streamlit_patches.begin.__wrapped__()

    assert [each.message for each in caplog.records] == [
        "Streamlit has no _populate_theme_msg any more: a busy server takes longer."
    ]
    assert not hasattr(app_session, "_populate_theme_msg")
    assert navigation_page._create_page is not originals[0]
