"""Five hundred broken answers of a model: no draft becomes invalid by one, and nothing disappears."""

import json
import random
from collections import Counter
from typing import Any

import pytest

from lib.guide.openai_compatible.reading import Answer
from lib.guide.port import Request
from lib.workshop import steps
from lib.workshop.artifacts.criteria.matching import is_placeholder, leaves
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import ArtifactRefused, normalised, parsed
from lib.workshop.read_back import applied, as_json, from_json
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import clean
from tests import recorded_workshop, terse_workshop
from tests.shadow import as_object, structured, text_first
from tests.test_guide import walked
from tests.test_model_guide import request

ANSWERS = 500
BATCHES = 5

JUNK = (
    '"', "{", "}", "[", "]", ",", ":", "null", "TBD", "\\", "\x00", "\n```\n", "</think>", "<think>",
    "===CHANGES===", "===MESSAGE===", "\ud83d", "Ã¼", "不知道", "\\u12", "1e999", "NaN", "<|end|>",
)  # fmt: skip
VALUES = (
    [], {}, "", None, 0, -99, 1e9, 10**400, True, "TBD", "word " * 40, [[]], {"a": {"b": [1]}}, "不知道",
    "Ich weiß es nicht", ["x"] * 300, [["a"], {"name": []}], "x" * 30_000,
)  # fmt: skip
WAYS = (
    "/pains/0",
    [],
    ["pains", 99],
    [{}],
    "x",
    None,
    7,
    ["stages", "nobody", "is_dip"],
    [""] * 40,
)


def mangled(value: Any, chance: random.Random) -> Any:
    """Return a tree of fields as a model would that half understood what was asked for."""
    if chance.random() < 0.06:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if chance.random() > 0.04}
        return {name: mangled(each, chance) for name, each in kept.items()}
    if isinstance(value, list):
        doubled = [each for each in value for _ in range(chance.choice((1, 1, 1, 1, 0, 2)))]
        return [mangled(each, chance) for each in doubled]
    return value


def corrupted(text: str, chance: random.Random) -> str:
    """Return *text* as a tired model, or a bad line, would deliver it."""
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(text) + 1), chance.choice((1, 3, 20, 200))
        part, junk = text[at : at + length], chance.choice(JUNK)
        text = (
            chance.choice(
                (
                    text[:at] + text[at + length :],
                    text[:at] + part + text[at:],
                    text[:at] + junk + text[at:],
                    text[:at] + junk + text[at + length :],
                    text[:at],
                    text[:at] + part[::-1] + text[at + length :],
                    text + "\n" + text,
                    f"```json\n{text}\n```",
                    text.encode(errors="replace")[: at + 1].decode("utf-8", "replace"),
                    "",
                )
            )
            if chance.random() < 0.9
            else text.swapcase()
        )
    return text


def changes(step: str, draft: Fields, done: Fields, chance: random.Random) -> list[Any]:
    """Return what a model proposes that is at work on *draft* and knows where it ends."""
    found: list[Any] = [
        {"do": "add", "at": [name], "value": each}
        for name, value in done.items()
        for each in (value if isinstance(value, list) else [value])
        if chance.random() < 0.5
    ]
    for path, text in chance.sample(list(leaves(draft)), min(4, len(list(leaves(draft))))):
        kind = chance.choice(("set", "remove", "move", "merge", "add"))
        to = [chance.choice(list(MODELS[step].model_fields))]
        found.append({"do": kind, "at": [*path], "was": text, "to": to, "value": f"{text} too"})
    for each in found:
        if chance.random() < 0.1:
            each[chance.choice(("at", "to"))] = chance.choice(WAYS)
    return found * chance.choice((1, 1, 2))


def answer_to(step: str, base: Fields, done: Fields, chance: random.Random) -> str:
    patch = {name: done[name] for name in done if chance.random() < 0.7}
    parts: dict[str, Any] = {"phase": chance.choice((*Phase, "nonsense", 3))}
    parts |= {"draft": patch} if chance.random() < 0.4 else {}
    if "draft" not in parts or chance.random() < 0.2:
        parts["changes"] = changes(step, base, done, chance)
    write = chance.choice((structured, text_first, as_object))
    if chance.random() < 0.5:
        return corrupted(write("Is that right?", **parts), chance)
    whole = mangled(parts, chance)
    return write("Is that right?", **(whole if isinstance(whole, dict) else {"draft": whole}))


def is_kept(before: Any, after: Any) -> bool:
    """Whether all of *before* is in *after*, in its order; a box may have been ticked."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and is_kept(each, after[name]) for name, each in before.items())
    if isinstance(before, list) and isinstance(after, list):
        left = iter(after)
        return all(any(is_kept(each, other) for other in left) for each in before)
    return before is False or bool(before == after)


def problems(step: str, fields: Fields) -> list[str]:
    try:
        parsed(step, fields)
    except ArtifactRefused as exc:
        return exc.problems
    return []


def assert_no_worse(step: str, before: Fields, answer: Answer) -> None:
    after = answer.outcome.fields
    assert normalised(step, after) == after
    assert is_kept(before, after)
    assert not [text for _, text in leaves(after) if is_placeholder(text)]
    for name in before:
        was = problems(step, {name: before[name]})
        title = MODELS[step].model_fields[name].title
        wrong = [
            each for each in problems(step, {name: after[name]}) if each.startswith(f"{title}")
        ]
        assert not wrong or [each for each in was if each.startswith(f"{title}")], wrong
    if not problems(step, before):
        assert problems(step, after) == []


def assert_can_be_pressed(asked: Request, answer: Answer) -> None:
    read_back = answer.outcome.read_back(asked)
    stored = json.loads(json.dumps(as_json(read_back)))
    for offer in from_json(stored).offers:
        applied(answer.outcome.fields, offer.operations)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_broken_answers_leave_no_invalid_draft_and_no_shorter_list(batch: int) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(batch, ANSWERS, BATCHES):
        chance = random.Random(seed)
        step = steps.SLUGS[seed % 10]
        done = walked(chance.choice((recorded_workshop, terse_workshop)))[step]
        base = chance.choice((done.draft, chance.choice(done.drafts), {}))
        asked = request("Go on.", step=step, draft=base, artifacts=done.upstream)
        answer = Answer(asked)
        text = answer_to(step, base, done.draft, chance)
        size = chance.choice((11, 199, 100_000))
        read = "".join(answer.feed(text[at : at + size]) for at in range(0, len(text), size))
        answer.close()
        if answer.problems:
            answer.correct(answer_to(step, base, done.draft, chance))
        read += answer.rest()

        clean(read).encode()
        assert_no_worse(step, base, answer)
        assert_can_be_pressed(asked, answer)
        outcomes["changed" if answer.outcome.fields != base else "same"] += 1
        outcomes["offered"] += bool(answer.outcome.offers)
        outcomes["refused"] += bool(answer.problems)

    # A test in which nothing was ever taken, or nothing ever refused, would show nothing.
    assert min(outcomes[each] for each in ("same", "changed", "offered", "refused")) > 10, outcomes
