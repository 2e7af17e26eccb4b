"""Caches and locks that cannot fill the memory, and a list of all that the process keeps."""

import ast
import gc
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.ui.components import bubbles
from lib.workshop.bounded import Bounded, Locks, remembered, weigh
from lib.workshop.transcript import Message, Role

ROOT = Path(__file__).resolve().parent.parent


def test_what_was_not_used_for_longest_is_dropped_first() -> None:
    kept: Bounded[str, str] = Bounded(3 * weigh("a") + 3 * weigh("x" * 100))
    for key in ("a", "b", "c"):
        kept[key] = "x" * 100
    assert kept.get("a") == "x" * 100
    kept["d"] = "x" * 100

    assert list(kept) == ["c", "a", "d"]


def test_it_never_holds_more_than_it_may() -> None:
    kept: Bounded[int, str] = Bounded(10_000)
    for number in range(1_000):
        kept[number] = "x" * (number % 5_000)
        assert kept.held <= 10_000
    assert kept.held > 5_000


def test_what_is_larger_than_all_is_not_kept_and_drops_nothing_else() -> None:
    kept: Bounded[str, str] = Bounded(10_000)
    kept["a"] = "a"
    kept["b"] = "x" * 20_000

    assert list(kept) == ["a"]


def test_what_is_replaced_counts_once() -> None:
    kept: Bounded[str, str] = Bounded(10_000)
    kept["a"] = "a"
    once = kept.held
    kept["a"] = "b"
    assert (kept["a"], kept.held) == ("b", once)
    assert kept.pop("a") == "b"
    assert kept.pop("a", "gone") == "gone"
    assert (len(kept), kept.held) == (0, 0)


def test_a_function_that_remembers_is_asked_once_and_forgets_in_time() -> None:
    asked: list[str] = []

    @remembered(10_000)
    def doubled(text: str) -> str:
        asked.append(text)
        return text * 2

    assert [doubled("a"), doubled("a")] == ["aa", "aa"]
    assert asked == ["a"]
    for number in range(100):
        doubled(str(number) * 500)
    doubled("a")
    assert asked.count("a") == 2
    assert doubled.cache_info().currsize <= doubled.cache_info().maxsize


def test_a_result_of_none_is_remembered_too() -> None:
    asked: list[int] = []
    remember = remembered(10_000)(asked.append)
    remember(1)
    remember(1)

    assert asked == [1]


def test_drawn_messages_of_any_length_hold_a_bounded_part_of_the_memory() -> None:
    bubbles.bubble.cache_clear()
    for number in range(40):
        text = f"{number}" + "&" * 500_000
        message = Message(f"{number}", Role.USER, "Ada", text, datetime.now(UTC))
        bubbles.html([message], 2_000_000)

    assert bubbles.bubble.cache_info().currsize <= bubbles.KEPT
    bubbles.bubble.cache_clear()


def test_a_key_has_one_lock_while_it_is_held_and_none_afterwards() -> None:
    locks: Locks[str, threading.Lock] = Locks(threading.Lock)
    with locks["a"]:
        assert locks["a"].locked()
        assert not locks["b"].locked()
    gc.collect()

    assert len(locks) == 0


def test_who_waits_for_a_lock_gets_the_one_that_is_held() -> None:
    locks: Locks[str, threading.Lock] = Locks(threading.Lock)
    order: list[str] = []
    held = threading.Event()

    def second() -> None:
        assert held.wait(10)
        with locks["a"]:
            order.append("second")

    thread = threading.Thread(target=second)
    with locks["a"]:
        thread.start()
        held.set()
        order.append("first")
    thread.join(10)

    assert order == ["first", "second"]


def test_a_lock_is_let_go_even_if_its_holder_failed() -> None:
    locks: Locks[str, threading.Lock] = Locks(threading.Lock)
    known = weakref.ref(locks["a"])
    with pytest.raises(ValueError, match="broken"), locks["a"]:
        raise ValueError("broken")
    gc.collect()

    assert known() is None


# All that is kept

#: Every cache and every mapping the process keeps, and what bounds it. What comes from outside must
#: not be a key without a limit: use `lib.workshop.bounded`, or say here what the limit is.
KEPT = {
    "lib/autosave/autosave.py _entries": "steps with unsaved changes; QueueFull beyond a number of bytes",
    "lib/workshop/bounded.py _entries": "bytes",
    "lib/workshop/bounded.py _used": "locks that are held or waited for",
    "lib/team/drafts.py _changes": "changes that are not stored yet; deleted once they are",
    "lib/access/links.py _known": "MAX_KNOWN links that were right",
    "lib/guide/openai_compatible/client.py _options": "options of ours",
    "lib/guide/openai_compatible/prompts.py instructions": "the ten steps",
    "lib/guide/scripted/listen.py heard": "1,024 messages, 20,000 characters of each",
    "lib/guide/scripted/scene.py _pattern": "1,024 questions of our own",
    "lib/guide/scripted/wording.py _catalog": "the languages we have",
    "lib/guide/scripted/wording.py texts": "the languages we have",
    "lib/guide/scripted/wording.py wording": "the languages we have",
    "lib/server/polling.py _last_polls": "MOST_PAGES",
    "lib/ui/navigation.py step_page": "the ten steps",
    "lib/ui/pending_clicks.py _made": "buttons of a page; one tab's",
    "lib/ui/pending_clicks.py _open": "buttons of a page; one tab's",
    "lib/access/token_bucket.py _left": "REMEMBERED networks",
    "lib/workshop/redaction.py _entries": "texts of one step, while a message of it is redacted",
    "lib/workshop/redaction.py _given": "the choices of our models",
    "lib/team/replies.py _live": "replies being written",
    "lib/guide/understanding/classifier.py _weights": "one model",
    "lib/guide/understanding/encoder.py _encode": "one model",
    "lib/guide/understanding/kinds.py _weights": "one model",
    "lib/guide/openai_compatible/schema.py response_format": "the ten steps",
    "lib/guide/openai_compatible/editing.py added": "one answer of a model, of 40,000 characters",
    "lib/guide/openai_compatible/editing.py refused": "the fields of one step",
    "lib/guide/openai_compatible/quotes.py unsaid": "quotes in one answer of a model",
    "lib/guide/openai_compatible/quotes.py unattributed": "quotes in one answer of a model",
    "lib/store/sql/dns.py _good": "host names of the settings",
    "lib/store/sql/dns.py _running": "host names of the settings",
    "lib/store/sql/overview.py _cell": "20,000 rows of bounded columns",
    "lib/store/sql/transcripts.py _reading": "combinations of four bounds",
    "lib/ui/step/draft_form.py description": "our models",
    "lib/server/guard.py held": "networks with open tabs, of which the server takes so many",
    "lib/server/guard.py tabs": "networks with open tabs, of which the server takes so many",
    "lib/server/streamlit_patches.py begin": "nothing",
    "lib/server/streamlit_patches.py known": "pages and sections of the theme",
}

_CACHES = ("cache", "lru_cache")
_MAPPINGS = ("dict", "set", "defaultdict", "OrderedDict", "Counter", "WeakKeyDictionary")
_MAPPINGS += ("WeakValueDictionary",)


def _called(node: ast.AST) -> str:
    """Return the name of what is called, or of what decorates."""
    if isinstance(node, ast.Call):
        return _called(node.func)
    if isinstance(node, ast.Subscript):
        return _called(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_mapping(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Call) and (
        _called(value) in (*_MAPPINGS, *_CACHES)
        or (isinstance(value.func, ast.Call) and _called(value.func) in _CACHES)
    )


def _kept_in(file: Path) -> Iterator[str]:
    """Yield the names of the caches and of the mappings that outlive a call."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    in_functions = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if inner is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            if any(_called(each) in _CACHES for each in node.decorator_list):
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _is_mapping(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Attribute):
                yield target.attr
            elif isinstance(target, ast.Name) and id(node) not in in_functions:
                yield target.id


def test_everything_the_process_keeps_has_a_limit() -> None:
    """The store in memory is for tests, and keeps what a database would."""
    found = {
        f"{file.relative_to(ROOT)} {name}"
        for file in (ROOT / "lib").rglob("*.py")
        if not file.name.startswith("memory") and "migrations" not in file.parts
        for name in _kept_in(file)
    }

    assert found - KEPT.keys() == set()
    assert KEPT.keys() - found - {"lib/server/streamlit_patches.py known"} == set()


@pytest.mark.parametrize(
    "source",
    [
        "@cache\ndef f(text): ...",
        "@functools.lru_cache(maxsize=None)\ndef f(text): ...",
        "f = {}",
        "f: dict[str, int] = {}",
        "f = defaultdict(list)",
        "class A:\n    def __init__(self):\n        self.f = defaultdict(threading.Lock)",
        "class A:\n    def __init__(self):\n        self.f = lru_cache(9)(work)",
        "class A:\n    def __init__(self):\n        self.f: set[str] = set()",
        "class A:\n    f: dict[str, int] = {}",
    ],
)
def test_a_new_one_is_found(source: str, tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text(source)

    assert list(_kept_in(file)) == ["f"]


def test_a_mapping_that_ends_with_a_call_is_none(tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text("def f():\n    found = {}\n    return found")

    assert list(_kept_in(file)) == []
