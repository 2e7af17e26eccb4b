"""The guide's own words, kept apart from what it does: one file a language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Wording:
    """How one question is put, followed up, explained and thanked for."""

    #: Fixed but for the topic, so that it is recognised in the conversation.
    ask: str
    #: What it means and why it is asked; no question in it.
    why: str
    #: Said after an answer; {gist} is what the team wrote. Empty where going on says enough.
    thanks: tuple[str, ...] = ()
    #: Follow-up questions by name, for an answer that needs one.
    follow: Mapping[str, str] = field(default_factory=dict)


@cache
def wording(language: str = "en") -> Mapping[str, Mapping[str, Wording]]:
    """Return the words of every question, by step and id."""
    told = tomllib.loads((files(__package__) / f"{language}.toml").read_text("utf-8"))
    return {
        step: {id_: _read(entry) for id_, entry in questions.items()}
        for step, questions in told.items()
    }


def _read(entry: Mapping[str, str | list[str] | dict[str, str]]) -> Wording:
    values = {name: tuple(value) if name == "thanks" else value for name, value in entry.items()}
    return Wording(**values)  # type: ignore[arg-type]
