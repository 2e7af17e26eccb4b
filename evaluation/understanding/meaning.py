"""How well likeness of meaning and shared word stems tell texts that belong together."""

from collections.abc import Callable, Sequence

import numpy as np

from bench import table
from evaluation.understanding.data import Group, groups, kinds
from lib.guide.understanding import kinds as model
from lib.guide.understanding.likeness import likeness
from lib.workshop.artifacts.criteria.grounding import ABOUT
from lib.workshop.artifacts.criteria.matching import overlap, related

Compare = Callable[[Sequence[str], Sequence[str]], np.ndarray]


def show() -> None:
    """Print both ways side by side: findings to themes, grounding, near-duplicates."""
    table.show(
        "meaning",
        ("compared by", "finding to theme", "grounded accepted", "unrelated accepted"),
        [
            ("word stems", _themes(_stems), *_grounding(_shares)),
            (f"vectors, from {ABOUT}", _themes(likeness), *_grounding(_close)),
            ("either", "", *_grounding(_shares, _close)),
        ],
    )
    rows = [(f"stems, from {least}", *_duplicates(_stems, least)) for least in (0.3, 0.5, 0.75)]
    rows += [(f"vectors, from {least}", *_duplicates(likeness, least)) for least in (0.6, 0.7, 0.8)]
    head = ("compared by", "duplicates found", "one word changed", "others in the list")
    table.show("near-duplicates", head, rows)
    table.show("kind of content", ("first", "one of the first two"), [_kinds()])


def _stems(left: Sequence[str], right: Sequence[str]) -> np.ndarray:
    return np.array([[overlap(one, other) for other in right] for one in left])


def _shares(left: Sequence[str], right: Sequence[str]) -> np.ndarray:
    return np.array([any(related(one, other) for other in right) for one in left])


def _close(left: Sequence[str], right: Sequence[str]) -> np.ndarray:
    return likeness(left, right).max(axis=1) >= ABOUT


def _themes(compare: Compare) -> str:
    found = []
    for group in groups():
        matrix = compare([text for text, _ in group.findings], group.themes)
        found += [
            row.argmax() == theme and row.max() > 0
            for row, (_, theme) in zip(matrix, group.findings, strict=True)
        ]
    return f"{np.mean(found):.0%}"


def _grounding(*ways: Compare) -> tuple[str, str]:
    good, unrelated = [], []
    for group in groups():
        sources = [text for text, _ in group.findings]
        good += list(np.any([way(group.grounded, sources) for way in ways], axis=0))
        unrelated += list(np.any([way(group.unrelated, sources) for way in ways], axis=0))
    return f"{np.mean(good):.0%}", f"{np.mean(unrelated):.0%}"


def _duplicates(compare: Compare, least: float) -> tuple[str, str, str]:
    same, changed, others = [], [], []
    for group in groups():
        same += [compare([one], [other])[0, 0] >= least for one, other in group.duplicates]
        changed += [compare([one], [other])[0, 0] >= least for one, other in group.different]
        others += _others(compare, group, least)
    return f"{np.mean(same):.0%}", f"{np.mean(changed):.0%}", f"{np.mean(others):.1%}"


def _others(compare: Compare, group: Group, least: float) -> list[bool]:
    """Return for all pairs of findings whether they would count as duplicates; none of them is one."""
    texts = [text for text, _ in group.findings]
    matrix = compare(texts, texts)
    return list(matrix[np.triu_indices(len(texts), k=1)] >= least)


def _kinds() -> tuple[str, str]:
    ranked = [(list(model.kinds(text)), kind) for text, kind in kinds("kinds_held_out")]
    first = np.mean([kind is order[0] for order, kind in ranked])
    return f"{first:.0%}", f"{np.mean([kind in order[:2] for order, kind in ranked]):.0%}"
