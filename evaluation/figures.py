"""The figures of an evaluation that measures understanding, as tables and as lines."""

from collections.abc import Callable, Sequence

from evaluation.results import Heard, Result
from evaluation.side_talk import Stored

#: What stands above each column of a table of teams, steps or languages.
HEAD = (
    "messages",
    "misunderstood in 100",
    "destroyed (unasked)",
    "false confirmations",
    "asked back in 100",
    "messages a step",
    "valid on first answers",
    "valid",
    "questions composed well",
    "s",
)


def row(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the figures of *results* as a row."""
    heard = [each for result in results for each in result.heard]
    sentences = [each for result in results for each in result.sentences]
    finished = [each for each in results if each.step not in each.team.unfinished]
    unasked = sum(len(each.destroyed) for each in heard if not each.is_asked_for)
    return (
        str(len(heard)),
        _in_100(sum(bool(each.failed) for each in heard), len(heard)),
        f"{sum(len(each.destroyed) for each in heard)} ({unasked})",
        str(sum(bool(each.false_confirmation) for each in heard)),
        _in_100(sum(each.is_asked_back for each in heard), len(heard)),
        f"{len(heard) / max(1, len(results)):.1f}",
        _of(sum(each.is_valid_first for each in finished), finished),
        _of(sum(each.is_valid for each in finished), finished),
        _of(sum(not each.problem for each in sentences), sentences),
        f"{sum(each.seconds for each in results):.1f}",
    )


def grouped(results: Sequence[Result], by: Callable[[Result], str]) -> list[tuple[str, ...]]:
    """Return a row for each group, in the order they come, and one for all."""
    groups: dict[str, list[Result]] = {}
    for each in results:
        groups.setdefault(by(each), []).append(each)
    return [(name, *row(group)) for name, group in groups.items()] + [("all", *row(results))]


def side_by_side(sets: dict[str, Sequence[Result]]) -> list[tuple[str, ...]]:
    """Return a row for each figure, with a column for each set of teams."""
    columns = [row(results) for results in sets.values()]
    return [(name, *cells) for name, *cells in zip(HEAD, *columns, strict=True)]


def side_talk(stored: dict[str, list[Stored] | None], count: int) -> list[tuple[str, ...]]:
    """Return for each language how many of *count* lines of side talk were stored."""
    return [
        (language, "no team" if found is None else f"{len(found)} of {count}")
        for language, found in stored.items()
    ]


def findings(results: Sequence[Result]) -> list[str]:
    """Return everything that is wrong, as Markdown, by team and step."""
    lines = []
    for result in results:
        wrong = [line for each in result.heard for line in _wrong(each)]
        wrong += [
            f"- composed badly: “{each.text}” {each.problem}"
            for each in result.sentences
            if each.problem
        ]
        if not result.is_valid_first and result.step not in result.team.unfinished:
            lead = "valid only after recoveries" if result.is_valid else "not valid"
            wrong.append(f"- {lead}: {'; '.join(result.missing)}")
        if wrong:
            lines += [f"\n## {result.team.file} · {result.step}", *wrong]
    return lines


def _wrong(heard: Heard) -> list[str]:
    text = heard.said.text.replace("\n", " ⏎ ")
    head = f"- **{heard.number}** @{heard.said.key} “{text}”"
    lines = []
    if heard.failed:
        lines.append(
            f"{head}: expected {' and '.join(f'`{each}`' for each in heard.failed)}; {heard.happened}"
        )
    if heard.destroyed:
        asked = "asked for, but not accepted" if heard.is_asked_for else "unasked"
        lines.append(f"{head}: DESTROYED ({asked}) {heard.destroyed}")
    if heard.false_confirmation:
        lines.append(f"{head}: FALSE CONFIRMATION: {heard.false_confirmation}")
    return lines


def _in_100(count: int, whole: int) -> str:
    return f"{100 * count / max(1, whole):.1f}"


def _of(count: int, whole: Sequence[object]) -> str:
    return f"{count} of {len(whole)}"
