"""Each patch of Streamlit returns what Streamlit returns, and finds its target."""

import logging
import threading
from typing import Any

import pytest
from streamlit.navigation import page as navigation_page
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import script_runner
from streamlit.web.server.starlette import starlette_websocket

from lib.server import streamlit_patches
from lib.ui import navigation, render_queue, tab
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


def test_the_cached_theme_equals_streamlits() -> None:
    original = app_session._populate_theme_msg
    kept = streamlit_patches.cached_theme(original)
    expected = theme(original)

    assert expected.primary_color
    assert expected.dark.sidebar.background_color
    assert not expected.HasField("sidebar")
    assert [theme(kept) for _ in range(3)] == [expected] * 3


def test_the_theme_is_built_once() -> None:
    sections: list[str] = []
    kept = streamlit_patches.cached_theme(lambda _, section: sections.append(section))
    for _ in range(3):
        theme(kept)

    assert sections == list(SECTIONS)


def test_cached_pages_equal_streamlits_and_are_not_shared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = navigation_page._create_page
    kept = streamlit_patches.cached_pages(original)
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


def test_a_page_is_created_once() -> None:
    calls: list[Any] = []

    class Page:
        shown = False

    def make(*given: Any, **named: Any) -> Page:
        calls.append((given, named))
        return Page()

    kept = streamlit_patches.cached_pages(make)
    first = kept("a.py", default=True)
    first.shown = True
    again, other = kept("a.py", default=True), kept("a.py")

    assert calls == [(("a.py",), {"default": True}), (("a.py",), {})]
    assert not again.shown
    assert not other.shown


# The render queue


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return, for each run of a page, whether nobody asked for it."""
    mine, found = render_queue.Turns(), []

    def turn(*, unasked: bool = False) -> Any:
        if mine._holder is None:
            found.append(unasked)
        return mine.turn(unasked=unasked)

    monkeypatch.setattr(render_queue, "turn", turn)
    monkeypatch.setattr(render_queue, "end", mine.end)
    monkeypatch.setattr(script_runner, "_mpa_v1", streamlit_patches.queued(script_runner._mpa_v1))
    return found


def test_a_whole_script_runs_in_one_turn(
    drawings: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab, "tab", tab.Tab)
    begun: list[list[bool]] = []
    streamlit_patches.queued(lambda _: begun.append([*drawings]))("streamlit_app.py")

    assert begun == [[False]]


def test_a_page_does_not_queue_twice(drawings: list[bool]) -> None:
    with pages.running(WatchedStore(), FakeGuide()):
        pages.opened(navigation.FRONT_DOOR)

    assert drawings == [False]


def test_a_rerun_at_a_replys_end_lets_people_go_first(
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
        held = tab.Tab()
        monkeypatch.setattr(tab, "tab", lambda: held)

    def begin(self, *, polled: bool = False) -> bool:
        """Begin a run, after a poll or a press; return whether nobody asked for it."""
        unasked: list[bool] = []

        def run() -> None:
            if polled:
                tab.mark_rerun_automatic()
            unasked.append(tab.begin_run())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return unasked[0]

    def end(self) -> None:
        """End the newest run."""
        tab.end_run()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Threads:
    return Threads(monkeypatch)


def test_a_rerun_after_a_poll_was_asked_for_by_nobody(runs: Threads) -> None:
    assert not runs.begin()
    runs.end()
    assert runs.begin(polled=True)
    assert runs.begin(polled=True)


def test_a_press_does_not_wait_with_a_polls_rerun(
    runs: Threads,
) -> None:
    assert runs.begin(polled=True)
    assert not runs.begin()


def test_a_polls_rerun_inherits_the_priority_of_what_it_cancels(runs: Threads) -> None:
    assert not runs.begin()
    assert not runs.begin(polled=True)
    runs.end()
    assert runs.begin(polled=True)


# The targets


PLACES = [
    (navigation_page, "_create_page"),
    (app_session, "_populate_theme_msg"),
    (script_runner, "_mpa_v1"),
    (starlette_websocket, "is_url_from_allowed_origins"),
]


@pytest.fixture
def originals(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what Streamlit has, and put it back afterwards."""
    found = [getattr(place, name) for place, name in PLACES]
    for (place, name), original in zip(PLACES, found, strict=True):
        monkeypatch.setattr(place, name, original)
    return found


def test_every_patch_finds_its_target(
    originals: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    streamlit_patches.begin.__wrapped__(lambda origin: False)

    assert not caplog.records
    assert all(
        getattr(place, name) is not original
        for (place, name), original in zip(PLACES, originals, strict=True)
    )


def test_a_missing_target_is_logged_and_skipped(
    originals: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(app_session, "_populate_theme_msg")
    with caplog.at_level(logging.WARNING):
        streamlit_patches.begin.__wrapped__(lambda origin: False)

    assert [each.message for each in caplog.records] == [
        "Streamlit no longer has _populate_theme_msg: a busy server is slower."
    ]
    assert not hasattr(app_session, "_populate_theme_msg")
    assert navigation_page._create_page is not originals[0]
