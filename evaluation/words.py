"""Texts of drafts, compared without case and punctuation."""

import re
from collections.abc import Iterator
from typing import Any

from lib.workshop.records import Fields

#: Values of choices: a guide may guess them, so that they are nobody's words.
CHOICES = frozenset(
    "core direct indirect high medium low positive neutral negative specific balanced broad"
    " thin moderate strong mind-mapping crazy-eights brain-writing team".split()
)
#: Chinese, Japanese and the like, whose words nothing separates.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def folded(text: object) -> str:
    """Return *text* without case and punctuation, its words separated by one space."""
    return " ".join(re.findall(r"\w+", str(text).casefold()))


def says(words: str, value: object) -> bool:
    """Whether *value* holds all of *words*; in quotation marks: nothing else."""
    text = folded(value)
    if words.startswith('"'):
        return text == folded(words)
    known = set(text.split())
    return all(
        each in known or (_UNSPACED.search(each) and each in text) for each in folded(words).split()
    )


def leaves(value: Any) -> Iterator[Any]:
    """Yield each text, number and choice in *value*."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif value not in (None, ""):
        yield value


def found_at(value: Any, path: str) -> Iterator[Any]:
    """Yield what stands at *path*, in every entry of the lists on the way."""
    if isinstance(value, list):
        for each in value:
            yield from found_at(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        name, _, rest = path.partition(".")
        if name in value:
            yield from found_at(value[name], rest)


def lost(before: Fields, after: Fields) -> list[str]:
    """Return the texts of *before* that stand nowhere in *after*, not even within another text."""
    standing = [f" {folded(each)} " for each in leaves(after)]
    return [
        str(each)
        for each in leaves(before)
        if isinstance(each, str)
        and each not in CHOICES
        and not any(f" {folded(each)} " in text for text in standing)
    ]
