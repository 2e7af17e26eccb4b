"""Labelled messages and pairs of texts, read from the text files beside this module."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from lib.guide.understanding.acts import Act, Expects
from lib.guide.understanding.kinds import Kind

FOLDER = Path(__file__).with_name("messages")
#: Messages made from one line of alternatives.
COMPOSED = 20
PAIRS = Path(__file__).with_name("pairs")
TRAINING = ("en", "de", "es", "fr", "others", "composed")


@dataclass(frozen=True)
class Message:
    """One message and what it does, as an answer to each of some kinds of questions."""

    text: str
    act: Act
    expects: tuple[Expects, ...]
    language: str


def messages(name: str) -> list[Message]:
    """Return the messages of a file, in its order."""
    return list(_messages(name))


def training() -> list[Message]:
    """Return all messages to train on."""
    return [each for name in TRAINING for each in _messages(name)]


def _messages(name: str) -> Iterator[Message]:
    act, expects, language = Act.TALK, tuple(Expects), name[:2]
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind, *words = line.removeprefix("## ").split()
            act = Act[kind]
            expects = tuple(Expects(word) for word in words if len(word) > 2)
            language = next((word for word in words if len(word) == 2), name[:2])
        elif line and not line.startswith("# "):
            for text in _composed(line) if name == "composed" else [line.replace("⏎", "\n")]:
                yield Message(text, act, expects, language)


def _composed(line: str) -> list[str]:
    """Return up to COMPOSED of the texts that "(one|other) way" stands for, spread over all of them."""
    parts = [part.split("|") for part in re.split(r"[()]", line)]
    texts = [" ".join("".join(each).split()).rstrip(", ") for each in product(*parts)]
    random.Random(line).shuffle(texts)
    return texts[:COMPOSED]


@dataclass
class Group:
    """One team's research, and texts that are and are not about the same things."""

    name: str
    themes: list[str] = field(default_factory=list)
    #: Each finding with the place of its theme, from 0.
    findings: list[tuple[str, int]] = field(default_factory=list)
    grounded: list[str] = field(default_factory=list)
    unrelated: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    different: list[tuple[str, str]] = field(default_factory=list)


def groups() -> list[Group]:
    """Return the groups of `pairs/groups.txt`."""
    found: list[Group] = []
    for line in (PAIRS / "groups.txt").read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(" ")
        if kind == "##":
            found.append(Group(text))
        elif kind != "#":
            _put(found[-1], kind, text)
    return found


def _put(group: Group, kind: str, text: str) -> None:
    one, _, other = text.partition(" | ")
    if kind.isdigit():
        group.findings.append((text, int(kind) - 1))
    elif kind in "*/":
        (group.duplicates if kind == "*" else group.different).append((one, other))
    else:
        {"=": group.themes, "+": group.grounded, "-": group.unrelated}[kind].append(text)


def kinds(name: str) -> list[tuple[str, Kind]]:
    """Return the sentences of a file in `pairs`, each with its kind of content."""
    found, kind = [], Kind.PAIN
    for line in (PAIRS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = Kind(line.removeprefix("## "))
        elif not line.startswith("#"):
            found.append((line, kind))
    return found
