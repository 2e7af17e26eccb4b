"""
Corrections as people type them: "change X to Y", "X -> Y", "not X but Y", "drop X", "add X to Y".

What is read here is only the wording. Whether there is an X in the draft is asked in `edits`; a
command that fits nothing is content after all ("Drop the written test" may be an idea).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from lib.guide.scripted.reading import unquoted


class Verb(Enum):
    """What a correction does."""

    CHANGE = auto()
    REMOVE = auto()
    ADD = auto()


@dataclass(frozen=True)
class Command:
    """
    One correction. `readings` are the ways it may be meant, as (old, new), likeliest first.

    To remove is (old, ""); to add is (where, new), where "" is wherever such things go.
    """

    verb: Verb
    readings: tuple[tuple[str, str], ...]
    text: str


#: Everything is bounded, or takes all it can and gives nothing back: no text is read twice.
_POLITE = (
    r"^\W{0,40}+(?:(?:please|pls|hmm+|wait|ok(?:ay)?|yes|no|and|but|also|then|maybe|actually|so|oh"
    r"|sorry|bitte|"
    r"(?:can|could|should|would) (?:you|we)|let's|lets|we should|i would|i'd|we'd|we would like to|"
    r"looks good|good|great|perfect|except|just|one (?:thing|change)|und|aber|pero"
    r"|por favor)\b[\s,:;.!–—-]{0,20}+){0,9}"
)
_CHANGE = re.compile(
    _POLITE
    + r"(?:change|replace|rename|correct|swap|reword|rephrase|set|turn|update|edit|move|make|mark|"
    r"ändere?|ersetze?|cambia|cambiar|reemplaza|remplace[rz]?|change[rz])\s++(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN = re.compile(
    r"(?<!\s)\s++(?:to|into|with|by|as|zu|durch|por|par|à)\s++(?:(?:be|say|read)\s++)?"
    r"|(?<!\s)\s*+:\s++",
    re.IGNORECASE,
)
_ARROW = re.compile(
    _POLITE + r"(?P<old>.{1,1500}?)(?:->|→|=>|⇒|—>)(?P<new>.+)$", re.IGNORECASE | re.DOTALL
)
_NOT_BUT = re.compile(
    _POLITE + r"(?:it'?s |that'?s |it is |they'?re |say )?(?:not|nicht|no)\s(?P<old>.{1,1500}?)\s"
    r"(?:but(?: rather)?|sondern|sino|mais)\s(?P<new>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_INSTEAD = re.compile(
    _POLITE + r"(?:say|use|write|put|make it|it'?s|call it)?(?P<new>.{1,1500}?)\s"
    r"(?:instead of|rather than|statt|en lugar de|au lieu de)\s(?P<old>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_SHOULD_BE = re.compile(
    _POLITE
    + r"(?P<old>.{2,80}?)\s(?:should (?:be|say|read)|is (?:actually|really|rather)|ought to be|"
    r"soll(?:te)? \w{1,40} heißen:?|debería ser)\s(?P<new>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_REMOVE = re.compile(
    _POLITE
    + r"(?:remove|drop|delete|strike(?: out)?|cut|take out|get rid of|leave out|scrap|streiche?"
    r"|lösche?|"
    r"entferne?|quita|quitar|elimina|supprime[rz]?|enlève)\s++(?P<old>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_ADD = re.compile(
    _POLITE
    + r"(?:add|append|put in|include|füge|ergänze?|añade|añadir|agrega|ajoute[rz]?)\s++(?P<new>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TO_A_PLACE = re.compile(
    r"(?<!\s)\s++(?:to|under|in|into|as|zu|a)\s++(?:the |our |a |an |los? |las? )?", re.IGNORECASE
)
_COLON = re.compile(
    r"^(?:to |under |as )?(?:the |our |a |an )?(?P<where>[^:]{2,50}):(?P<new>.+)$", re.DOTALL
)

_SPLIT = re.compile(
    r"\n++|(?<=[.;!])\s++|(?:,|(?<!\s))\s++(?:and|und|y|et)\s++(?=(?:also\s++)?(?:change|replace|rename|remove"
    r"|drop|delete|add|move)\b)",
    re.IGNORECASE,
)
_THE_ONE = re.compile(
    r"^the (?:one|thing|line|bit|part|finding|idea) (?:about|with|on|of|where|that says)\s+",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“„«\"][^“”„«»\"\n]{1,500}[”“»\"]")

#: Longest message that may hold corrections; what is longer is pasted.
_LONGEST = 1_500


def split(text: str) -> list[str]:
    """Return the parts of a message that may each be a correction; quotes stay whole."""
    if len(text) > _LONGEST:
        return [text]
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\ue000{len(kept) - 1}\ue001"

    parts = _SPLIT.split(_QUOTED.sub(hide, text))
    shown = (
        re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], part) for part in parts
    )
    return [part.strip() for part in shown if part.strip()]


def command(part: str) -> Command | None:
    """
    Return the correction in one part of a message, or None where there is none.

    >>> command("please change nurses to night nurses").readings
    (('nurses', 'night nurses'),)
    """
    if len(part) > _LONGEST:
        return None
    for verb, readings in _found(part):
        cleaned = tuple((_bare(old), _bare(new)) for old, new in readings)
        if any(old or new for old, new in cleaned):
            return Command(verb, cleaned, part)
    return None


def _found(part: str) -> Iterator[tuple[Verb, list[tuple[str, str]]]]:
    for pattern in (_ARROW, _NOT_BUT):
        if match := pattern.match(part):
            yield Verb.CHANGE, [(match["old"], match["new"])]
    if match := _REMOVE.match(part):
        yield Verb.REMOVE, [(match["old"], "")]
    if match := _ADD.match(part):
        yield Verb.ADD, _places(_without_ending(match["new"]))
    if (match := _CHANGE.match(part)) and (readings := _halves(match["what"])):
        yield Verb.CHANGE, readings
    for pattern in (_INSTEAD, _SHOULD_BE):
        if match := pattern.match(part):
            yield Verb.CHANGE, [(match["old"], match["new"])]


def _halves(what: str) -> list[tuple[str, str]]:
    """Every way to part "X to Y": X may hold a "to" of its own, unless both are in quotes."""
    marked = [match.group() for match in _QUOTED.finditer(what)]
    if len(marked) == 2:
        return [(marked[0], marked[1])]
    return [
        (what[: match.start()], what[match.end() :])
        for match in _BETWEEN.finditer(what)
        if what[: match.start()].strip() and what[match.end() :].strip()
    ]


def _places(new: str) -> list[tuple[str, str]]:
    """Every way to read "add X to Y" and "add to Y: X"; last that X is all of it."""
    ways = []
    if match := _COLON.match(new):
        ways.append((match["where"], match["new"]))
    for match in reversed(list(_TO_A_PLACE.finditer(new))):
        ways.append((new[match.end() :], new[: match.start()]))
    return [*ways, ("", new)]


def _without_ending(text: str) -> str:
    """Return *text* without the second half of German's "füge ... hinzu"."""
    first, _, last = text.rstrip().rpartition(" ")
    return first if last.casefold() == "hinzu" else text


def _bare(text: str) -> str:
    text = _THE_ONE.sub("", text.strip().strip(" \t\n,;:"))
    if _QUOTED.fullmatch(text.rstrip(".")):
        return unquoted(text.rstrip("."))
    return text.removesuffix(".").strip()
