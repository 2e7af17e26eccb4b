"""Answers that go stage by stage: by name, by order, or as a pasted table."""

import re
from collections.abc import Sequence

from lib.guide.scripted import reading
from lib.workshop.artifacts.criteria.matching import best, folded, words

_POSITIVE = frozenset(
    "positive happy excited proud hopeful curious good great relieved glad keen motivated joy "
    "joyful fun warm "
    "better up love confident eager looking positiv positiva positif froh stolz gut positivo feliz enthusiastic "
    "optimistic".split()
)
_NEGATIVE = frozenset(
    "negative sad angry frustrated nervous afraid scared lost alone bad worst tired anxious "
    "ashamed useless "
    "stressed annoyed confused bored disappointed down low worried lonely embarrassed "
    "overwhelmed negativ negativa négatif négative "
    "schlecht negativo triste hurt guilty helpless dread panic fed invisible awkward upset".split()
)
_NEUTRAL = frozenset(
    "neutral neutra neutre ok okay meh calm fine unsure mixed normal neutro indifferent whatever busy".split()
)
_SIGNS = {
    "🙂": "positive",
    "😀": "positive",
    "😊": "positive",
    "😃": "positive",
    "😄": "positive",
    "👍": "positive",
    "😐": "neutral",
    "😶": "neutral",
    "😕": "negative",
    "🙁": "negative",
    "☹": "negative",
    "😞": "negative",
    "😡": "negative",
    "😢": "negative",
    "😭": "negative",
    "😰": "negative",
    "😟": "negative",
}
_REST = re.compile(
    r"\b(?:the )?(?:rest|others?|all others|everything else|remaining|sonst)\b", re.IGNORECASE
)


def emotion(text: str) -> str:
    """
    Return the emotion a phrase speaks of, empty where it names none.

    >>> emotion("a bit nervous"), emotion("😀"), emotion("in the yard")
    ('negative', 'positive', '')
    """
    told = words(text)
    for name, known in (("negative", _NEGATIVE), ("positive", _POSITIVE), ("neutral", _NEUTRAL)):
        if any(word in known for word in told):
            return name
    sign = next((_SIGNS[character] for character in text if character in _SIGNS), "")
    return sign or {"+": "positive", "-": "negative", "0": "neutral", "o": "neutral"}.get(
        text.strip(), ""
    )


def by_stage(text: str, stages: Sequence[str], open_: Sequence[int]) -> dict[int, str]:
    """
    Return what was said about each stage, by its place.

    Rows that name a stage go there; others fill the *open_* stages in order.

    >>> by_stage("arrival: parks\\nlooks around", ["Arrival", "Yard"], [0, 1])
    {0: 'parks', 1: 'looks around'}
    """
    found: dict[int, str] = {}
    nameless: list[str] = []
    for row in _rows(text, len(open_)):
        place, said = _named(row, stages)
        if place is None:
            nameless.append(said)
        else:
            found[place] = said
    free = [place for place in open_ if place not in found]
    for place, said in zip(free, nameless, strict=False):
        found[place] = said
    return {place: reading.unquoted(said) for place, said in sorted(found.items()) if said.strip()}


def _named(row: str, stages: Sequence[str]) -> tuple[int | None, str]:
    name, said = reading.label(row)
    if name and (place := best(name, stages)) is not None:
        return place, said
    numbered = re.match(r"^\W*(?:stage )?(\d)\W+(.+)$", row)
    if numbered and 0 < int(numbered[1]) <= len(stages):
        return int(numbered[1]) - 1, numbered[2]
    return None, row


def _rows(text: str, wanted: int) -> list[str]:
    """Part an answer the way that gives one row for each open stage, if any way does."""
    listed = [reading.said(row) for row in reading.lines(text)]
    if len(listed) != 1:
        return listed
    ways = (
        [part.strip() for part in listed[0].split(";") if part.strip()],
        [part.strip() for part in re.split("->|→|>", listed[0])],
        reading.sentences(listed[0]),
        reading.names(listed[0]),
    )
    fitting = next((way for way in ways if len(way) == wanted), None)
    return fitting or (ways[0] if len(ways[0]) > 1 else listed)


def emotions(text: str, stages: Sequence[str], open_: Sequence[int]) -> dict[int, str]:
    """Return the emotion of each stage an answer speaks of; "the rest is neutral" fills up."""
    told = {
        place: felt
        for place, said in by_stage(text, stages, open_).items()
        if (felt := emotion(said))
    }
    listed = [
        felt
        for piece in reading.names(text)
        if not _REST.search(piece) and (felt := emotion(piece))
    ]
    if len(listed) == len(open_) > len(told):
        told = dict(zip(open_, listed, strict=True))
    rest = next((piece for piece in reading.names(text) if _REST.search(piece)), "")
    if rest and emotion(rest):
        told = {place: emotion(rest) for place in open_} | _mentioned(text, stages)
    return told


def _mentioned(text: str, stages: Sequence[str]) -> dict[int, str]:
    pieces = [piece for piece in reading.names(text) if not _REST.search(piece)]
    placed = ((best(re.sub(r"\W+", " ", piece), stages), emotion(piece)) for piece in pieces)
    return {place: felt for place, felt in placed if place is not None and felt}


def table(text: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """
    Return a pasted table's rows by column; its own header decides, else the usual order.

    >>> table("Stage | Action\\n---|---\\nYard | waits", ["name", "action"])
    [{'name': 'Yard', 'action': 'waits'}]
    """
    cells = [
        [cell.strip() for cell in re.split(r"\||\t", row.strip().strip("|"))]
        for row in text.splitlines()
        if "|" in row or "\t" in row
    ]
    cells = [row for row in cells if any(folded(cell) for cell in row) and len(row) > 1]
    if not cells:
        return []
    header = [_column(cell, columns) for cell in cells[0]]
    known = sum(name is not None for name in header) > len(header) / 2
    order: Sequence[str | None] = header if known else columns
    return [
        {name: cell for name, cell in zip(order, row, strict=False) if name and cell}
        for row in cells[known:]
    ]


_HEADERS = {
    "name": ("stage", "phase", "step"),
    "action": ("action", "does", "doing", "do"),
    "goals": ("goal", "want", "wants"),
    "barriers": ("barrier", "pain", "way", "problem"),
    "touchpoints": ("touchpoint", "touch", "contact", "meets"),
    "emotion": ("emotion", "feel", "feels", "feeling", "mood"),
}


def _column(header: str, columns: Sequence[str]) -> str | None:
    told = [word.removesuffix("s") for word in words(header)] + words(header)
    return next(
        (name for name in columns if any(each in told for each in _HEADERS.get(name, ()))), None
    )
