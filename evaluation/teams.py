"""
Team files: what a team says in each step, and what a sensible guide makes of each message.

`evaluation/README.md` describes the format.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.expectations import Expectation, expectation
from lib.workshop import steps
from lib.workshop.records import LANGUAGES

HERE = Path(__file__).parent
#: Teams the guide may be tuned on, and teams nobody looks at while they work on it.
TUNED, UNSEEN = "teams", "unseen"

_SAID = re.compile(r"@([?+]?)([\w-]+)(?:/([\w-]+))?(?:\[([^\]]+)\])?(?: (.*))?\Z")
_HEADER = re.compile(r"# (\w+): (.+)")


class TeamFileError(ValueError):
    """A team file is not well-formed. Its text names the file and the line."""


@dataclass
class Said:
    """One message of a team."""

    #: The question the team thinks it answers, and which follow-up of it.
    key: str
    follow: str
    author: str
    text: str
    #: Said only if the guide asks for it, after everything else with this key was said.
    is_spare: bool = False
    #: Sent right after the message before it, while the guide has not answered yet.
    is_joined: bool = False
    expected: list[Expectation] = field(default_factory=list)


@dataclass
class Team:
    """A team and everything it says."""

    file: str
    name: str
    challenge: str
    language: str
    #: What the team writes in; other than `language` where the product does not offer it.
    speaks: str
    messages: dict[str, list[Said]]
    #: Steps this team does not finish, by its own words.
    unfinished: set[str]


def load(folder: str) -> list[Team]:
    """Return the teams of *folder*, by file name. Raises TeamFileError."""
    return [
        parsed(path.stem, path.read_text("utf-8")) for path in sorted((HERE / folder).glob("*.txt"))
    ]


def parsed(file: str, text: str) -> Team:
    """Return the team that *text* describes. Raises TeamFileError."""
    reader = _Reader(file)
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            reader.read(line)
        except ValueError as exc:
            raise TeamFileError(f"{file}, line {number}: {exc}") from exc
    return reader.team()


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.headers: dict[str, str] = {}
        self.messages: dict[str, list[Said]] = {}
        self.unfinished: set[str] = set()
        self.step = ""

    def read(self, line: str) -> None:
        if line.startswith("=="):
            self._begin(line[2:].strip())
        elif not self.step:
            if found := _HEADER.match(line):
                self.headers[found[1]] = found[2].strip()
        elif line.startswith("= "):
            self._expect(line[2:].strip())
        elif line.startswith("@"):
            self._say(line)
        else:
            self._continue(line)

    def _begin(self, step: str) -> None:
        if step not in {each.slug for each in steps.STEPS} or step in self.messages:
            raise ValueError(f"no step, or twice: {step}")
        self.step = step
        self.messages[step] = []

    def _say(self, line: str) -> None:
        found = _SAID.match(line)
        if not found:
            raise ValueError(f"not a message: {line}")
        mark, key, follow, author, text = found.groups(default="")
        said = Said(
            key, follow, author or self.headers.get("team", ""), text, mark == "?", mark == "+"
        )
        if said.is_joined and not self.messages[self.step]:
            raise ValueError("nothing to join")
        self.messages[self.step].append(said)

    def _expect(self, line: str) -> None:
        if line == "unfinished":
            self.unfinished.add(self.step)
        elif not self.messages[self.step]:
            raise ValueError("an expectation without a message")
        else:
            self.messages[self.step][-1].expected.append(expectation(line))

    def _continue(self, line: str) -> None:
        if not self.messages[self.step] or self.messages[self.step][-1].expected:
            if not line.strip():
                return
            raise ValueError(f"belongs to no message: {line}")
        self.messages[self.step][-1].text += f"\n{line}"

    def team(self) -> Team:
        missing = [each for each in ("team", "lang", "challenge") if each not in self.headers]
        missing += [each.slug for each in steps.STEPS if each.slug not in self.messages]
        if missing or self.headers["lang"] not in LANGUAGES:
            raise TeamFileError(f"{self.file}: missing, or no language: {', '.join(missing)}")
        self._all_expected()
        language = self.headers["lang"]
        return Team(
            self.file,
            self.headers["team"],
            self.headers["challenge"],
            language,
            self.headers.get("speaks", language),
            self.messages,
            self.unfinished,
        )

    def _all_expected(self) -> None:
        for step, messages in self.messages.items():
            for said in messages:
                said.text = said.text.strip()
                if not said.expected:
                    raise TeamFileError(
                        f"{self.file}, {step}: nothing expected of “{said.text[:60]}”"
                    )
