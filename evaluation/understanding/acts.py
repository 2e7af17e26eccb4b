"""How often the product's model understands messages of teams it was not trained on."""

from collections.abc import Sequence

from bench import table
from evaluation.side_talk import lines
from evaluation.understanding.data import Message, messages, training
from lib.guide.understanding.acts import Act, Expects, Understood
from lib.guide.understanding.classifier import ASK, understand
from lib.workshop.records import LANGUAGES

#: Sets of messages that are never trained on.
SETS = ("held_out", "unseen", "teams")

Results = list[tuple[Message, Understood]]


def show() -> None:
    """Print the share of right acts by set, by act and by language, and what a margin is worth."""
    results = {name: _results(messages(name)) for name in SETS}
    everything = [pair for part in results.values() for pair in part]
    head = ("messages", "number", "right", "asks", "wrong if not asked", "talk stored")
    rows = [_row(name, part) for name, part in results.items()]
    rows += [_row(act, [pair for pair in everything if pair[0].act is act]) for act in Act]
    rows += [
        _row(one, [pair for pair in everything if pair[0].language == one]) for one in LANGUAGES
    ]
    table.show(f"messages understood; a margin below {ASK} asks", head, rows)
    margins = [_margin(least, everything) for least in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)]
    table.show("what a margin is worth", ("asks below", "asks", "wrong if not asked"), margins)
    head = ("side talk", "lines", "as talk", "as an answer, sure")
    table.show("side talk of the evaluation", head, [_side_talk(one) for one in LANGUAGES])


def _side_talk(language: str) -> tuple[str, ...]:
    """Return how lines that are not trained on are understood when a sentence is asked for."""
    trained = {each.text.casefold() for each in training()}
    said = [line for line in lines(language) if line and line.casefold() not in trained]
    found = [understand(line, Expects.TEXT, language) for line in said]
    stored = [one for one in found if one.act is Act.ANSWER and one.margin >= ASK]
    talk = [one for one in found if one.act is Act.TALK]
    return language, str(len(said)), percent(talk, found), percent(stored, found)


def _results(labelled: Sequence[Message]) -> Results:
    return [
        (each, understand(each.text, expects, each.language))
        for each in labelled
        for expects in each.expects
    ]


def _row(name: str, results: Results) -> tuple[str, ...]:
    right = [pair for pair in results if pair[0].act is pair[1].act]
    return (
        name,
        str(len(results)),
        percent(right, results),
        *_asked(ASK, results),
        _stored(results),
    )


def _margin(least: float, results: Results) -> tuple[str, ...]:
    return (f"{least:.1f}", *_asked(least, results))


def _asked(least: float, results: Results) -> tuple[str, str]:
    sure = [pair for pair in results if pair[1].margin >= least]
    wrong = [pair for pair in sure if pair[0].act is not pair[1].act]
    return f"{1 - len(sure) / max(len(results), 1):.0%}", percent(wrong, sure)


def _stored(results: Results) -> str:
    """Return how much of what is no answer would be taken for one without asking."""
    others = [found for each, found in results if each.act is not Act.ANSWER]
    return percent([one for one in others if one.act is Act.ANSWER and one.margin >= ASK], others)


def percent(part: Sequence[object], whole: Sequence[object]) -> str:
    """Return the size of *part* in percent of *whole*."""
    return f"{len(part) / len(whole):.0%}" if whole else "-"
