"""
How the guide puts things: what people wrote is quoted short, flat and without question marks.

A message asks exactly one thing. Words that are quoted in it may hold a question of their own;
its mark is left out, so that the one question at the end is the only one.
"""

import re
from collections.abc import Iterable, Sequence

#: Characters of an answer that are looked at to quote its beginning.
_SHOWN = 600

#: Words a message may have; the page shows the whole draft beside it.
MOST_WORDS = 145

_MARKS = re.compile("[?\uff1f\u061f\u2e2e\u037e\ufe56]")
_MARKUP = re.compile(r"[#*_`|<>\[\]~\\]+")
_OPENING, _CLOSING = re.compile(r"[“„«]"), re.compile(r"[”»]")

_LAST_CLAUSE = re.compile(
    r"(?:[,;:–(]|\s(?:and|but|because|so that|und|weil|y|porque)\s)"
    r"(?:(?![,;:–(]|\s(?:and|but|because|so that|und|weil|y|porque)\s).)*$"
)


def flat(text: str) -> str:
    """Return *text* on one line, without markup and question marks."""
    text = _MARKUP.sub("", _MARKS.sub("", text[:_SHOWN]))
    text = _CLOSING.sub("’", _OPENING.sub("‘", text)).replace('"', "'")
    return " ".join(text.split())


def clip(text: str, most: int = 14, characters: int = 0) -> str:
    """
    Return the beginning of *text*, flat, with an ellipsis where it goes on.

    >>> clip("Nobody calls back. We wait for days and days.", most=5)
    'Nobody calls back. We wait…'
    """
    whole = flat(text)
    kept = " ".join(whole.split(" ")[:most])[: characters or 9 * most + 10].rstrip()
    return kept if kept == whole else kept.rstrip(".,;:!– ") + "…"


def gist(text: str, most: int = 14) -> str:
    """Return the beginning of *text* in quotation marks."""
    return f"“{clip(text.strip(' .'), most)}”"


def phrase(text: str, most: int = 12) -> str:
    """
    Return the first thing *text* says in quotation marks: a line, a sentence, a clause.

    >>> phrase("They wait for hours in the hall, every one of them, and nobody says why", most=8)
    '“They wait for hours in the hall”'
    """
    first = re.split(r"\n|(?<=[.!?…])\s", text.strip()[:_SHOWN], maxsplit=1)[0]
    told = flat(first)
    while len(told.split()) > most and (match := _LAST_CLAUSE.search(told)) and match.start():
        told = told[: match.start()]
    return gist(told.strip(" ,;:"), most)


def low(text: str, most: int = 14) -> str:
    """Return the beginning of *text* as it stands inside a sentence."""
    shown = clip(text, most).rstrip(".")
    first = shown.split(" ", 1)[0]
    return (
        shown if first[1:] != first[1:].lower() or first == "I" else shown[:1].lower() + shown[1:]
    )


def gists(texts: Iterable[str], most: int = 8) -> str:
    """Return *texts* in quotation marks, in a row."""
    return listed([gist(text, most) for text in texts])


def listed(names: Sequence[str]) -> str:
    """
    Return *names* as they are spoken.

    >>> listed(["Ada", "Ben", "Cy"])
    'Ada, Ben and Cy'
    """
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def named(names: Sequence[str], most: int = 4, length: int = 6) -> str:
    """Return *names* as they are spoken, the first *most* of them, each short."""
    short = [clip(name, length, 50) for name in names[:most]]
    return listed([*short, "others"]) if len(names) > most else listed(short)


def bullets(lines: Iterable[str]) -> str:
    """Return *lines* as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def numbered(texts: Sequence[str], most: int = 8) -> str:
    """Return *texts* as a numbered Markdown list, each short."""
    return "\n".join(f"{place}. {clip(text, most)}" for place, text in enumerate(texts, start=1))


def counted(number: int, one: str, many: str = "") -> str:
    """
    Return how many of a thing there are.

    >>> counted(1, "finding"), counted(3, "finding")
    ('one finding', '3 findings')
    """
    return f"one {one}" if number == 1 else f"{number} {many or one + 's'}"


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
