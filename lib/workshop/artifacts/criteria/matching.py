"""
Whether two texts are about the same thing: tolerant of case, punctuation, endings and order.

Teams edit by hand and retype from memory. What is compared here is the words that carry meaning,
cut down to their stems; nothing is looked up and nothing is learned.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lib.workshop.bounded import remembered

#: Characters of a text that are compared. A citation is shorter; a pasted interview is not.
_COMPARED = 2_000

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

_FUNCTION_WORDS = frozenset(
    """a about after again all almost also am an and any are around as at away back be because been
    before being but by can could did do does doing done don't down each even ever every for from
    get gets getting give gives go goes going got had has have having he her here hers him his how
    i i'm i've if in into is isn't it it's its itself just like lot made make makes many may me
    might more most much must my no nor not now of off on once one only onto or other our out over
    own put really same she should so some still such take than that that's the their them
    themselves then there these they they're thing things this those through to too two under until
    up upon us very via was we were what when where which while who whom whose why will with
    without would yet you your der die das den dem des ein eine einen einer eines und oder aber ist
    sind war wir ich sie er es nicht kein keine mit von vom zu zum zur auf für bei im in am aus als
    wie was wer wo dass sich auch noch nur so nach el la los las un una unos unas y o pero es son de
    del en con por para que no se su sus al lo le les mi nos como más muy ya et ou mais est sont du
    au aux dans avec pour sur ne pas ce cette ces il elle nous vous ils elles je""".split()
)

_ENDINGS = ("ings", "ing", "edly", "ed", "ly", "er", "en", "es", "e")

_NOTHING_YET = re.compile(
    r"(?:tb[acd]|to ?do|to be (?:defined|done|decided|determined|added|confirmed)|n ?a|none yet"
    r"|x{2,}|placeholder|fill (?:this|me)? ?in|asdf\w*|your (?:text|answer) here|folgt|offen"
    r"|por definir|à définir|(?:how might we|wie können wir|wie könnten wir|cómo podríamos"
    r"|comment pourrions nous)(?: x+)?)?"
)


def words(text: str) -> list[str]:
    """Return the words of *text*, folded, without punctuation."""
    return _WORD.findall(text[:_COMPARED].casefold())


def folded(text: str) -> str:
    """
    Return *text* as it is compared to the letter: words only, one space between.

    >>> folded("“Nobody  calls back!”")
    'nobody calls back'
    """
    return " ".join(words(text))


def folded_whole(text: str) -> str:
    """Return *text* as `folded` does, however long it is: a quote may be the end of an interview."""
    return " ".join(_WORD.findall(text.casefold()))


@remembered(16_000_000)
def stems(text: str) -> frozenset[str]:
    """
    Return the stems of the words in *text* that carry meaning.

    >>> sorted(stems("The newcomers were waiting"))
    ['newcom', 'wait']
    """
    return frozenset(_stem(word) for word in words(text) if _carries_meaning(word))


def _carries_meaning(word: str) -> bool:
    return word not in _FUNCTION_WORDS and (len(word) > 2 or word.isdigit() or not word.isascii())


def _stem(word: str) -> str:
    word = re.split("['’]", word, maxsplit=1)[0]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:6]


def overlap(one: str, other: str) -> float:
    """Return the share of the shorter text's stems that the longer one has, from 0 to 1."""
    first, second = stems(one), stems(other)
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def related(one: str, other: str) -> bool:
    """Whether two texts share at least one word that carries meaning, or are the same."""
    return bool(stems(one) & stems(other)) or _contained(one, other)


def alike(one: str, other: str) -> bool:
    """
    Whether two texts say the same thing, retyped, shortened or edited.

    >>> alike("Nobody called me back", "“nobody called back, for weeks”")
    True
    >>> alike("Nobody called me back", "The boots are too big")
    False
    """
    return _contained(one, other) or overlap(one, other) >= 0.5


def _contained(one: str, other: str) -> bool:
    first, second = folded(one), folded(other)
    return bool(first and second) and (
        f" {first} " in f" {second} " or f" {second} " in f" {first} "
    )


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for case, punctuation and white space."""
    first = folded(one)
    return first == folded(other) if first else one.strip() == other.strip()


def traced(text: str, sources: Iterable[str]) -> bool:
    """Whether *text* is alike to one of *sources*."""
    return any(alike(text, source) for source in sources)


def best(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option closest to *text*, or None where none is close."""
    exact = next((place for place, each in enumerate(options) if same(text, each)), None)
    if exact is not None:
        return exact
    ranked = sorted(
        (-overlap(text, each), -len(stems(text) & stems(each)), place)
        for place, each in enumerate(options)
        if alike(text, each)
    )
    return ranked[0][2] if ranked else None


def distinct(texts: Iterable[str]) -> list[str]:
    """Return *texts* without those that are the same as an earlier one."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(folded(text) or text.strip(), text)
    return list(found.values())


def repeated(texts: Iterable[str]) -> list[str]:
    """
    Return those of *texts* that are the same as an earlier one; empty ones never are.

    >>> repeated(["Nurses", "the cook", "nurses!"])
    ['nurses!']
    """
    seen: set[str] = set()
    found = []
    for text in filter(None, texts):
        key = folded(text) or text.strip()
        if key in seen:
            found.append(text)
        seen.add(key)
    return found


def is_placeholder(text: str) -> bool:
    """
    Whether *text* only holds a place: it has no words, or says that they are still to come.

    >>> is_placeholder("How might we ...?"), is_placeholder("TBD"), is_placeholder("None of us")
    (True, True, False)
    """
    plain = folded(text)
    if not plain:
        # A script without word characters we know of, or an emoji, is somebody's answer.
        return not re.search(r"[^\W_]|[^\x00-\u2fff\ufe0f]", text)
    return "lorem ipsum" in plain or _NOTHING_YET.fullmatch(plain) is not None


def leaves(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text in a tree of fields, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
