"""That a test's browser keeps nothing of the test before, though they share one profile."""

from typing import Any

import pytest

from tests.app_server import AppServer
from tests.browser.profiles import opened

KEEP = "() => { localStorage.setItem('kept', 'yes'); document.cookie = 'kept=yes'; }"
KEPT = "() => [localStorage.getItem('kept'), document.cookie.includes('kept')]"


@pytest.mark.parametrize("_time", range(2))
def test_nothing_is_left_of_the_test_before(page: Any, app: AppServer, _time: int) -> None:
    page.goto(app.url)

    assert page.evaluate(KEPT) == [None, False]

    page.evaluate(KEEP)
    assert page.evaluate(KEPT) == ["yes", True]
    assert opened(page.context) == [page]
