"""
Ideas put into three or four piles: by the themes of the research, by words they share, by round.

A first order for a team to correct, not a judgement: every idea stays, and keeps its words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lib.guide.scripted.reading import capital
from lib.guide.scripted.wording import text
from lib.workshop.artifacts.criteria.matching import stems, words

_SMALLEST = 2
_MOST = 4
_FEWEST = 3

Idea = dict[str, Any]


def clustered(
    ideas: Sequence[Idea], themes: Mapping[str, str], language: str = "en"
) -> list[dict[str, Any]]:
    """
    Return *ideas* in piles of at least two; *themes* are texts by the name a pile may have.

    Fewer than four ideas make one pile: there is nothing to sort yet.
    """
    if len(ideas) < 2 * _SMALLEST:
        return [{"theme": text(language, "pile.others"), "ideas": list(ideas)}] if ideas else []
    piles = _by_theme(ideas, themes)
    left = [idea for idea in ideas if not any(idea in pile for pile in piles.values())]
    common = _common(ideas)
    while len(piles) < _FEWEST and (stem := _shared_stem(left, common)):
        pile = [idea for idea in left if stem in stems(_text(idea))]
        piles[_spelled(stem, pile)] = pile
        left = [idea for idea in left if idea not in pile]
    piles = _with_the_rest(piles, left, language)
    while len(piles) < _FEWEST and (halves := _parted(piles, language)):
        piles = halves
    return [{"theme": name, "ideas": pile} for name, pile in piles.items()]


def _text(idea: Idea) -> str:
    return f"{idea.get('title', '')} {idea.get('description', '')}"


def _by_theme(ideas: Sequence[Idea], themes: Mapping[str, str]) -> dict[str, list[Idea]]:
    """Put each idea under the theme it shares most words with; small piles dissolve."""
    piles: dict[str, list[Idea]] = {}
    common = _common(ideas)
    for idea in ideas:
        told = stems(_text(idea)) - common
        shared = {
            name: 2 * len(stems(name) & told) + len(stems(text) & told)
            for name, text in themes.items()
        }
        near = max(shared, key=lambda name: shared[name], default="")
        # One word in common with a long text is chance; one with the name itself is not.
        if near and shared[near] > 1:
            piles.setdefault(near, []).append(idea)
    large = sorted(
        (name for name in piles if len(piles[name]) >= _SMALLEST),
        key=lambda name: -len(piles[name]),
    )
    return {name: piles[name] for name in large[: _MOST - 1]}


def _common(ideas: Sequence[Idea]) -> frozenset[str]:
    """Return the stems that say nothing here, because a third of the ideas have them."""
    counted = Counter(stem for idea in ideas for stem in stems(_text(idea)))
    return frozenset(stem for stem, number in counted.items() if number * 3 > len(ideas))


def _shared_stem(ideas: Sequence[Idea], common: frozenset[str]) -> str:
    """Return the stem most of *ideas* have in common, empty where no two share one."""
    counted = Counter(stem for idea in ideas for stem in stems(_text(idea)) - common)
    shared = [(-number, stem) for stem, number in counted.items() if number >= _SMALLEST]
    return min(shared)[1] if shared else ""


def _spelled(stem: str, ideas: Sequence[Idea]) -> str:
    """Return the word most often written for a stem."""
    told = Counter(word for idea in ideas for word in words(_text(idea)) if stem in stems(word))
    return capital(max(sorted(told), key=lambda word: told[word], default=stem))


def _with_the_rest(
    piles: dict[str, list[Idea]], left: list[Idea], language: str
) -> dict[str, list[Idea]]:
    """Give what is left a pile of its own, by round where that makes enough piles."""
    if not left:
        return piles
    by_round: dict[str, list[Idea]] = {}
    for idea in left:
        by_round.setdefault(text(language, f"pile.{idea.get('source', 'others')}"), []).append(idea)
    fits = len(piles) + len(by_round) <= _MOST and all(
        len(each) >= _SMALLEST for each in by_round.values()
    )
    if fits and len(piles) + 1 < _FEWEST:
        return piles | by_round
    if len(left) < _SMALLEST and piles:
        smallest = min(piles, key=lambda name: len(piles[name]))
        return piles | {smallest: [*piles[smallest], *left]}
    return piles | {text(language, "pile.others"): left}


def _parted(piles: dict[str, list[Idea]], language: str) -> dict[str, list[Idea]] | None:
    """Part the largest pile in two, or return None where it is too small."""
    name = max(piles, key=lambda each: len(piles[each]))
    pile = piles[name]
    if len(pile) < 2 * _SMALLEST:
        return None
    half = len(pile) // 2
    return piles | {name: pile[:half], text(language, "wall.continued", name=name): pile[half:]}
