"""Labelled messages and pairs of texts, read from the text files beside this module."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.guide.understanding.acts import Act, Expects

FOLDER = Path(__file__).with_name("messages")
TRAINING = ("en", "de", "es", "fr", "others")


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
            yield Message(line.replace("⏎", "\n"), act, expects, language)
