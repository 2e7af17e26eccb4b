"""A message as numbers: what it looks like, and which pieces of words it holds."""

import re
import unicodedata
from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lib.guide.understanding.acts import Expects

#: Hashed features; a power of two.
BUCKETS = 1 << 16
#: Characters that count: the beginning and the end say what a message does.
HEAD, TAIL = 300, 100

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_QUOTES = '"“”„«»‚‘「」『』'
_BULLET = re.compile(r"^[^\S\n]*+(?:[-*•·–‣◦]|\d{1,2}[.)])\s", re.MULTILINE)
_ASKS = re.compile(r"[?？؟]")
_SEPARATOR = re.compile(r"[,;/、，；،؛\n]")
_WHITE_SPACE = re.compile(r"\s+")

_EXPECTS = list(Expects)


def bounded(text: str) -> str:
    """Return *text*, or its beginning and its end if it is longer than HEAD + TAIL characters."""
    text = text.strip()
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} … {text[-TAIL:]}"


def shape(text: str, expects: Expects) -> NDArray[np.float32]:
    """Return what *text* looks like, beside what was asked for."""
    short = bounded(text)
    looks = _looks(short, len(text))
    asked = [float(expects is each) for each in _EXPECTS]
    return np.array([*looks, *asked, *_crossed(looks, expects)], dtype=np.float32)


def _crossed(looks: list[float], expects: Expects) -> list[float]:
    at = _EXPECTS.index(expects)
    return [look if place == at else 0.0 for place in range(len(_EXPECTS)) for look in looks]


def _looks(text: str, length: int) -> list[float]:
    tokens = _TOKEN.findall(text)
    words = [each for each in tokens if each[0].isalnum()]
    letters = sum(each.isalpha() for each in text)
    latin = sum("a" <= each.casefold() <= "ÿ" for each in text)
    symbols = sum(unicodedata.category(each) == "So" for each in text)
    return [
        1.0,
        min(np.log1p(length) / 8, 1.5),
        min(np.log1p(len(words)) / 5, 1.5),
        float(len(words) <= 1),
        float(len(words) <= 3),
        float(not letters),
        float(letters > 2 * latin),
        float(symbols > 0),
        float(bool(_ASKS.search(text[-2:]))),
        float(bool(_ASKS.search(text[:-2]))),
        float(text.endswith("!")),
        float(text.endswith(".")),
        float(any(each in _QUOTES for each in text)),
        float(":" in text[:60] or "：" in text[:60]),
        float(bool(_BULLET.search(text))),
        min(len(_SEPARATOR.findall(text)), 6) / 6,
        float(any(each.isdigit() for each in text)),
        float(bool(words) and all(each.isdigit() for each in words)),
        float(text[:1].isupper()),
        float("@" in text or "+1" in text),
    ]


def hashed(text: str, expects: Expects) -> NDArray[np.int64]:
    """Return the buckets of the words and pieces of words in *text*, each once, sorted."""
    pieces = set(_pieces(bounded(text).casefold(), expects))
    return np.unique(
        np.fromiter((crc32(each.encode()) % BUCKETS for each in pieces), np.int64, len(pieces))
    )


def _pieces(text: str, expects: Expects) -> Iterator[str]:
    plain = _WHITE_SPACE.sub(" ", text.replace("’", "'"))
    tokens = _TOKEN.findall(plain)
    yield f"all {expects} {' '.join(tokens[:8])}"
    yield f"all {' '.join(tokens[:8])}"
    for token in tokens:
        yield f"1 {token}"
        yield f"1 {expects} {token}"
    for one, two in zip(["^", *tokens], [*tokens, "$"], strict=True):
        yield f"2 {one} {two}"
    for one, two, three in zip(
        ["^", *tokens], [*tokens, "$"], [*tokens[1:], "$", "$"], strict=True
    ):
        yield f"3 {one} {two} {three}"
    edged = f"^{plain}$"
    for size in (2, 3, 4, 5):
        for at in range(len(edged) - size + 1):
            yield edged[at : at + size]
