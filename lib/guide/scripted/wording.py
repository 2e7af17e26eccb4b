"""The guide's own words, kept apart from what it does: one file a language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

#: What is asked once a draft is on the table: at first, then again, and where something is missing.
CHANGE: Mapping[str, tuple[str, str, str]] = {
    "en": (
        "What would you change, or is it right as it stands?",
        "What else would you change, or is it right now?",
        "How would you put that right?",
    ),
    "de": (
        "Was würdet ihr ändern, oder ist es so richtig?",
        "Was würdet ihr noch ändern, oder ist es jetzt richtig?",
        "Wie würdet ihr das richtigstellen?",
    ),
    "es": (
        "¿Qué cambiaríais, o está bien así?",
        "¿Qué más cambiaríais, o está bien ahora?",
        "¿Cómo lo arreglaríais?",
    ),
    "fr": (
        "Que changeriez-vous, ou est-ce juste ainsi ?",
        "Que changeriez-vous encore, ou est-ce juste maintenant ?",
        "Comment le corrigeriez-vous ?",
    ),
}


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
