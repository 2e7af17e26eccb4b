"""Figures of the small model: `python -m evaluation.understanding`."""

from collections import Counter

from bench import table
from evaluation.understanding.data import Message, messages
from lib.guide.understanding.acts import Act, Understood
from lib.guide.understanding.classifier import ASK, understand


def main() -> None:
    """Print how often held-out messages are understood, as the product's model does."""
    results = [
        (each, understand(each.text, expects, each.language))
        for each in messages("held_out")
        for expects in each.expects
    ]
    rows = [_row(name, part) for name, part in _parts(results)]
    table.show("held-out messages", ("part", "messages", "right", "asks", "wrong if not"), rows)
    for each, understood in results:
        if each.act is not understood.act and understood.margin >= ASK:
            print(f"  {each.act} > {understood.act} {understood.margin:.2f} {each.text}")


Results = list[tuple[Message, Understood]]


def _parts(results: Results) -> list[tuple[str, Results]]:
    languages = Counter(each.language for each, _ in results)
    return [
        ("all", results),
        *((act, [pair for pair in results if pair[0].act is act]) for act in Act),
        *((one, [pair for pair in results if pair[0].language == one]) for one in languages),
    ]


def _row(name: str, results: Results) -> tuple[str, ...]:
    sure = [pair for pair in results if pair[1].margin >= ASK]
    right = [pair for pair in results if pair[0].act is pair[1].act]
    wrong = [pair for pair in sure if pair[0].act is not pair[1].act]
    return (
        name,
        str(len(results)),
        f"{len(right) / len(results):.0%}",
        f"{1 - len(sure) / len(results):.0%}",
        f"{len(wrong) / max(len(sure), 1):.0%}",
    )


if __name__ == "__main__":
    main()
