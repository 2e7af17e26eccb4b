"""
How the guide puts things: what people wrote is quoted short, flat and without question marks.

A message asks exactly one thing. Words that are quoted in it may hold a question of their own;
its mark is left out, so that the one question at the end is the only one.
"""

import re
from collections.abc import Iterable, Sequence

from lib.guide.scripted.wording import text as catalog

#: Characters of an answer that are looked at to quote its beginning.
_SHOWN = 600

#: Words a message may have; the page shows the whole draft beside it.
MOST_WORDS = 145

_MARKS = re.compile("[?\u00bf\uff1f\u061f\u2e2e\u037e\ufe56]")
_MARKUP = re.compile(r"[#*_`|<>\[\]~\\]+")
#: The mark that closes a quote in German opens one in English.
_GERMAN = re.compile(r"„([^„“”]*)[“”]")
_OPENING, _CLOSING = re.compile(r"[“„]|«\s?"), re.compile(r"”|\s?»")

_LAST_CLAUSE = re.compile(
    r"(?:[,;:–(]|\s(?:and|but|because|so that|und|weil|y|porque)\s)"
    r"(?:(?![,;:–(]|\s(?:and|but|because|so that|und|weil|y|porque)\s).)*$"
)


def flat(text: str) -> str:
    """Return *text* on one line, without markup and question marks."""
    text = _MARKUP.sub("", _MARKS.sub("", text[:_SHOWN]))
    text = _GERMAN.sub(r"‘\1’", text)
    text = _CLOSING.sub("’", _OPENING.sub("‘", text)).replace('"', "'")
    return " ".join(text.split())


def clip(text: str, most: int = 14, characters: int = 0) -> str:
    """
    Return the beginning of *text*, flat and in whole words, with an ellipsis where it goes on.

    >>> clip("Nobody calls back. We wait for days and days.", most=5)
    'Nobody calls back. We wait…'
    >>> clip("Receptionists and cleaners", characters=20)
    'Receptionists and…'
    """
    whole = flat(text)
    kept = whole.split(" ")[:most]
    while len(kept) > 1 and len(" ".join(kept)) > (characters or 9 * most + 10):
        kept.pop()
    shown = " ".join(kept)
    return shown if shown == whole else shown.rstrip(".,;:!– ") + "…"


def gist(text: str, most: int = 14, language: str = "en") -> str:
    """Return the beginning of *text* in quotation marks."""
    return catalog(language, "say.quoted", words=clip(text.strip(" ."), most))


def phrase(text: str, most: int = 12, language: str = "en") -> str:
    """
    Return the first thing *text* says in quotation marks: a line, a sentence, a clause.

    >>> phrase("They wait for hours in the hall, every one of them, and nobody says why", most=8)
    '“They wait for hours in the hall”'
    """
    first = re.split(r"\n|(?<=[.!?…])\s", text.strip()[:_SHOWN], maxsplit=1)[0]
    told = flat(first)
    while len(told.split()) > most and (match := _LAST_CLAUSE.search(told)) and match.start():
        told = told[: match.start()]
    return gist(told.strip(" ,;:"), most, language)


def gists(texts: Iterable[str], most: int, language: str) -> str:
    """Return *texts* in quotation marks, in a row."""
    return listed([gist(text, most, language) for text in texts], language)


def listed(names: Sequence[str], language: str) -> str:
    """
    Return *names* as they are spoken.

    >>> listed(["Ada", "Ben", "Cy"], "en"), listed(["Ada", "Inés"], "es")
    ('Ada, Ben and Cy', 'Ada e Inés')
    """
    if len(names) < 2:
        return "".join(names)
    before, last = ", ".join(names[:-1]), names[-1]
    # Spanish says "e" before the sound of an i.
    sounds_alike = language == "es" and re.match(r"\A[«*]*+h?[ií](?![aeou])", last, re.IGNORECASE)
    key = "say.and_i" if sounds_alike else "say.and"
    return catalog(language, key, before=before, last=last)


def named(names: Sequence[str], language: str, most: int = 4, length: int = 6) -> str:
    """
    Return *names* as they are spoken, the first *most* of them, each short.

    >>> named(["Ada", "Ben", "Cy", "Dee"], "en", most=2)
    'Ada, Ben and 2 more'
    """
    short = [clip(name, length, 50) for name in names[:most]]
    more = len(names) - most
    return listed(
        [*short, catalog(language, "say.more", count=more)] if more > 0 else short, language
    )


def labelled(label: str, value: str, language: str) -> str:
    """Return *value* beside the name of what it is."""
    return catalog(language, "say.label", label=label, value=value)


def bullets(lines: Iterable[str]) -> str:
    """Return *lines* as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def numbered(texts: Sequence[str], most: int = 8) -> str:
    """Return *texts* as a numbered Markdown list, each short."""
    return "\n".join(f"{place}. {clip(text, most)}" for place, text in enumerate(texts, start=1))


def whole(parts: Sequence[str], question: str = "") -> str:
    """Return one message: *parts* as far as they fit, then the question."""
    room = MOST_WORDS - len(question.split())
    kept: list[str] = []
    for part in filter(None, (_MARKS.sub("", part).strip() for part in parts)):
        fitted = _fitted(part, room)
        kept.append(fitted)
        room -= len(fitted.split())
    return "\n\n".join(filter(None, [*kept, question]))


def _fitted(part: str, room: int) -> str:
    """Return the lines of *part* that fit into *room* words; the first is cut rather than lost."""
    kept: list[str] = []
    for line in part.split("\n"):
        if len(line.split()) > room:
            return "\n".join(kept) or clip(line, max(room - 1, 0), 2_000)
        kept.append(line)
        room -= len(line.split())
    return "\n".join(kept)
