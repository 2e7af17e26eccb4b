"""What each of our components begins with: of two calls the newest counts, whichever comes last."""

from typing import Any

import pytest
from playwright.sync_api import Page

from lib.ui.components.component import text

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

#: Calls a component as Streamlit does; each step is what happens, and `told` what it was told.
PLAY = """(steps) => {
  const told = [];
  const mount = () => ({ update: (data) => told.push(data.text), leave: () => told.push("leave") });
  const component = called(mount);
  const parentElement = document.body.appendChild(document.createElement("div"));
  const cleanups = {};
  for (const [what, value, drawn] of steps) {
    const data = new TextEncoder().encode(JSON.stringify({ text: value, drawn }));
    if (what === "call") cleanups[value] = component({ parentElement, data });
    if (what === "clean") cleanups[value]();
    if (what === "remove") parentElement.remove();
    if (what === "wait") Date.now = ((now) => () => now + value)(Date.now());
  }
  return told;
}"""


@pytest.fixture
def played(page: Page) -> Any:
    """Return a function that plays steps and returns what the component was told."""
    page.set_content("<body></body>")
    page.add_script_tag(content=text("component.js").replace("export ", ""))
    return lambda *steps: page.evaluate(PLAY, steps)


def test_a_call_that_comes_too_late_changes_nothing(played: Any) -> None:
    assert played(("call", "new", 2), ("call", "old", 1)) == ["new"]


def test_calls_in_order_are_all_taken_whether_they_say_when_they_were_drawn_or_not(
    played: Any,
) -> None:
    assert played(("call", "a", 1), ("call", "b", 2), ("call", "c", 2)) == ["a", "b", "c"]
    assert played(("call", "a"), ("call", "b")) == ["a", "b"]


def test_a_call_that_was_overtaken_is_cleaned_up_without_taking_the_other_away(played: Any) -> None:
    late = played(("call", "new", 2), ("call", "old", 1), ("clean", "old"))
    overtaken = played(("call", "old", 1), ("call", "new", 2), ("clean", "old"))

    assert (late, overtaken) == (["new"], ["old", "new"])


def test_a_component_that_is_taken_away_leaves(played: Any) -> None:
    assert played(("call", "a", 1), ("remove",), ("clean", "a")) == ["a", "leave"]


def test_a_server_whose_clock_is_behind_is_heard_once_the_component_stands(played: Any) -> None:
    told = played(("call", "here", 9_000), ("wait", 11_000), ("call", "elsewhere", 5_000))

    assert told == ["here", "elsewhere"]
