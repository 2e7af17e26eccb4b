"""
No text can make a pattern slow: each one takes time in proportion to the length of what it reads.

Every pattern in `lib` is fed runs of what it is itself made of, and what it takes at one length is
compared with what it takes at another: two times of the same thread, so that a busy machine slows both.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import lib

ROOT = Path(__file__).resolve().parent.parent

#: Characters of the shorter text, and how many times as long the longer one is.
SHORT, TIMES = 400, 8

#: A linear pattern takes TIMES as long for the longer text, a quadratic one TIMES squared.
MOST = TIMES * TIMES / 2.5

#: Times a measurement that looks bad is repeated: the best of them counts.
AGAIN = 6


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(lib.__path__, "lib."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def compiled() -> dict[str, re.Pattern[str]]:
    """Return the patterns that modules keep, also in tuples."""
    found = {}
    for module in modules():
        for name, value in vars(module).items():
            for place, each in enumerate(_flat(value)):
                found[f"{module.__name__}.{name}/{place}"] = each
    return found


def _flat(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):
        for each in value:
            yield from _flat(each)


def inline() -> dict[str, re.Pattern[str]]:
    """Return the patterns that are written where they are used."""
    found = {}
    for file in sorted((ROOT / "lib").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if _is_inline(node):
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                found[place] = re.compile(node.args[0].value, _flags(node))
    return found


def _is_inline(node: Any) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and node.func.attr != "escape"
    )


def _flags(call: ast.Call) -> int:
    named = {each.attr for each in ast.walk(call) if isinstance(each, ast.Attribute)}
    return int(sum({getattr(re, each) for each in named if each in re.RegexFlag.__members__}))


PATTERNS = {each.pattern + str(each.flags): (name, each) for name, each in compiled().items()}
PATTERNS |= {each.pattern + str(each.flags): (name, each) for name, each in inline().items()}

#: One character of each kind a pattern may speak of.
_KINDS = {
    _constants.CATEGORY_SPACE: " ",
    _constants.CATEGORY_NOT_SPACE: "a",
    _constants.CATEGORY_WORD: "a",
    _constants.CATEGORY_NOT_WORD: "!",
    _constants.CATEGORY_DIGIT: "1",
    _constants.CATEGORY_NOT_DIGIT: "a",
}

#: Where an operator has what it is applied to.
_INNER = {
    _constants.MAX_REPEAT: 2,
    _constants.MIN_REPEAT: 2,
    _constants.POSSESSIVE_REPEAT: 2,
    _constants.SUBPATTERN: 3,
    _constants.ASSERT: 1,
    _constants.ASSERT_NOT: 1,
}


def _character(kind: Any, value: Any) -> str:
    """Return a character of a part of a class."""
    if kind is _constants.LITERAL:
        return chr(value)
    if kind is _constants.RANGE:
        return chr(value[1])
    return _KINDS[value] if kind is _constants.CATEGORY else ""


def parts(tree: Any) -> Iterator[str]:
    """Yield the literals a pattern is made of, and a character of each of its classes."""
    word = ""
    for operator, given in tree:
        if operator is _constants.LITERAL:
            word += chr(given)
            continue
        if word:
            yield word
            word = ""
        yield from _parts(operator, given)
    if word:
        yield word


def _parts(operator: Any, given: Any) -> Iterator[str]:
    if operator is _constants.IN:
        yield from filter(None, (_character(*each) for each in given[:12]))
    elif operator is _constants.BRANCH:
        for each in given[1]:
            yield from parts(each)
    elif operator is _constants.ATOMIC_GROUP:
        yield from parts(given)
    elif operator in _INNER:
        yield from parts(given[_INNER[operator]])


#: What every pattern is fed besides.
COMMON = [" ", "\n", "a", "a ", "1 ", "a, ", '"a ', "'a ", "(", ": ", "a\n", "\u00a0", "🎉", "no "]


def texts(pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the beginning, the run and the end of what a pattern is fed."""
    own = list(dict.fromkeys(parts(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))))
    signs = [each for each in own if len(each) == 1][:12]
    spoken = [each for each in own if len(each) > 1]
    runs = [*COMMON, *own[:40], *(f"{each} " for each in spoken[:12])]
    runs += [one + other for one in signs[:5] for other in signs[:5] if one != other]
    for run in dict.fromkeys(runs):
        for end in ("", "\x00", "\n"):
            yield "", run, end
    for head in spoken[:: max(1, len(spoken) // 8)]:
        for run in (" ", "a", "a ", "\n", *signs[:3]):
            yield f"{head} ", run, "\x00"
            yield f"a {head}", run, "\x00"


def taken(read: Callable[[str], object], text: str) -> float:
    """Return the processor time this thread takes to have *text* read."""
    began = time.thread_time()
    read(text)
    return time.thread_time() - began


def growth(read: Callable[[str], object], text: Callable[[int], str]) -> float:
    """Return how many times as long a text takes that is TIMES as long; the best of a few tries."""
    best = float("inf")
    for _ in range(AGAIN):
        # Never less than the clock and the call themselves take.
        short = max(min(taken(read, text(SHORT)) for _ in range(3)), 2e-6)
        best = min(best, taken(read, text(SHORT * TIMES)) / short)
        if best <= MOST:
            break
    return best


@pytest.mark.parametrize("name", sorted(PATTERNS), ids=lambda it: PATTERNS[it][0])
def test_a_pattern_takes_time_in_proportion_to_the_text(name: str) -> None:
    pattern = PATTERNS[name][1]

    def read(text: str) -> None:
        for _ in pattern.finditer(text):
            pass

    slow = [
        (head, run, end, round(factor))
        for head, run, end in texts(pattern)
        if (
            factor := growth(
                read, lambda n, h=head, r=run, e=end: h + (r * (n // len(r) + 1))[:n] + e
            )
        )
        > MOST
    ]

    assert slow == []


@pytest.mark.parametrize("pattern", [r"\s+x", r"a.*b"])
def test_the_measure_finds_a_pattern_that_is_not_linear(pattern: str) -> None:
    found = re.compile(pattern)
    slowest = max(
        growth(
            lambda text: [*found.finditer(text)],
            lambda n, h=head, r=run, e=end: h + (r * (n // len(r) + 1))[:n] + e,
        )
        for head, run, end in [("", " ", ""), ("", "a", "\x00")]
    )

    assert slowest > MOST
