"""The table of an evaluation, and what is wrong in sentences below it."""

from collections.abc import Sequence

from evaluation.score import Score

#: What stands above each column.
HEAD = ("step", "valid", "criteria met", "traced", "boundaries", "length", "one question", "s")


def rows(scores: Sequence[Score]) -> list[tuple[str, ...]]:
    """Return a row for each step, and one for all of them."""
    return [*map(_row, scores), _total(scores)]


def _row(score: Score) -> tuple[str, ...]:
    return (
        score.step,
        _yes(holds=not score.invalid),
        _yes(holds=not score.missing),
        _of(score.claims - len(score.untraced), score.claims),
        _yes(holds=not score.boundaries),
        _of(score.replies - len(score.long), score.replies),
        _of(score.replies - len(score.questions), score.replies),
        f"{score.seconds:.1f}",
    )


def _total(scores: Sequence[Score]) -> tuple[str, ...]:
    steps, claims = len(scores), sum(each.claims for each in scores)
    replies = sum(each.replies for each in scores)
    return (
        "all",
        _of(sum(not each.invalid for each in scores), steps),
        _of(sum(not each.missing for each in scores), steps),
        _of(claims - sum(len(each.untraced) for each in scores), claims),
        _of(sum(not each.boundaries for each in scores), steps),
        _of(replies - sum(len(each.long) for each in scores), replies),
        _of(replies - sum(len(each.questions) for each in scores), replies),
        f"{sum(each.seconds for each in scores):.1f}",
    )


def _yes(*, holds: bool) -> str:
    return "yes" if holds else "no"


def _of(good: int, count: int) -> str:
    return f"{good} of {count}"


def problems(scores: Sequence[Score]) -> list[str]:
    """Return what is wrong, a line each."""
    return [f"{each.step}: {problem}" for each in scores for problem in each.problems]
