"""The guide's own words, kept apart from what it does: one file a language."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

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

#: The table of a catalog that holds what is said besides the questions.
TEXTS = "text"


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
    return {
        step: {id_: _read(entry) for id_, entry in questions.items()}
        for step, questions in _catalog(language).items()
        if step != TEXTS
    }


def text(language: str, key: str, /, **places: str | int) -> str:
    """
    Return a text of the guide in *language*, with its `{name}` places filled.

    *key* is where the text stands below `[text]` in the catalogs, such as "help.saved". A text with
    plural forms takes the one that fits the place `count`. Raises KeyError for a key or a place that
    does not exist, which is a bug.

    >>> text("de", "count.finding", count=1), text("de", "count.finding", count=3)
    ('ein Befund', '3 Befunde')
    """
    found = texts(language)[key]
    if not isinstance(found, str):
        found = found[_form(language, int(places["count"]))]
    return found.format(**places)


@cache
def texts(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Return every text by its key; one that depends on a count is its forms, "one" and "other"."""
    return dict(_flat(_catalog(language)[TEXTS]))


def _form(language: str, count: int) -> str:
    # French counts nothing in the singular.
    return "one" if count == 1 or (count == 0 and language == "fr") else "other"


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str | dict[str, str]]]:
    for name, value in tree.items():
        if isinstance(value, str) or value.keys() == {"one", "other"}:
            yield above + name, value
        else:
            yield from _flat(value, f"{above}{name}.")


@cache
def _catalog(language: str) -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / f"{language}.toml").read_text("utf-8"))


def _read(entry: Mapping[str, str | list[str] | dict[str, str]]) -> Wording:
    values = {name: tuple(value) if name == "thanks" else value for name, value in entry.items()}
    return Wording(**values)  # type: ignore[arg-type]
