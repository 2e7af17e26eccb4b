"""Answers about a concept: SWOT sections, ratings with reasons, a billboard."""

import re
from collections.abc import Sequence

from lib.guide.scripted import reading
from lib.workshop.artifacts.criteria.matching import folded, words
from lib.workshop.records import Fields

_SECTIONS = {
    "strengths": r"strengths?|pros?|plus(?:es)?|speaks for(?: it)?|for|good|stärken?|fortalezas?"
    r"|forces?|points? forts?|\+",
    "weaknesses": r"weak(?:ness(?:es)?)?|weaknes\w*|cons?|minus(?:es)?|speaks against(?: it)?"
    r"|against|bad|schwächen?|debilidad(?:es)?|faiblesses?|points? faibles?",
    "opportunities": r"opportunit(?:y|ies)|chances?|o|openings?|chancen|oportunidad(?:es)?|opportunités?|occasions?",
    "threats": r"threats?|risks?|dangers?|t|risiken|gefahren|bedrohungen|amenazas?|riesgos?|menaces?|risques?",
}
_HEADING = re.compile(
    r"(?:^|(?<=[\n.;。；؛]))[^\S\n]*+(?:[-*•#]++[^\S\n]*+)?+\**+(?:"
    + "|".join(f"(?P<{name}>{words_})" for name, words_ in _SECTIONS.items())
    + r")\**+[^\S\n]*+(?:[:：=–]|-\s|\n|$)\**",
    re.IGNORECASE,
)
_SIGN = re.compile(r"^\s*([+−–-])\s*(?=\S)")


def swot(text: str, kinds: Sequence[str]) -> dict[str, list[str]]:
    """
    Return the entries of a SWOT by section; without headings, the first half is the first kind.

    >>> swot("strengths: cheap; quick; kind. weaknesses: small; new", ["strengths", "weaknesses"])
    {'strengths': ['Cheap', 'Quick', 'Kind'], 'weaknesses': ['Small', 'New']}
    """
    text = text[: reading.MOST_READ]
    if by_column := _by_column(text, kinds):
        return by_column
    found = [
        (match.lastgroup or "", match.start(), match.end()) for match in _HEADING.finditer(text)
    ]
    if found:
        ends = [start for _, start, _ in found[1:]] + [len(text)]
        return {
            kind: _entries(text[begin:end])
            for (kind, _, begin), end in zip(found, ends, strict=True)
            if kind in kinds
        }
    by_sign = _by_sign(text)
    if all(by_sign):
        return dict(zip(kinds, by_sign, strict=True))
    listed = _entries(text)
    half = (len(listed) + 1) // 2 if len(listed) > 3 else len(listed)
    return {kinds[0]: listed[:half], kinds[1]: listed[half:]}


def names_section(text: str, kinds: Sequence[str]) -> bool:
    """Whether *text* has the heading of one of these sections, and two words of a SWOT at least."""
    found = {match.lastgroup for match in _HEADING.finditer(text[: reading.MOST_READ])}
    table = any(_by_column(text, [kind]) for kind in kinds)
    return table or (len(found) > 1 and not found.isdisjoint(kinds))


def names_ratings(text: str) -> bool:
    """Whether *text* gives two ratings by their names, or three numbers alone."""
    text = text[: reading.MOST_READ]
    return len(list(_RATING.finditer(text))) > 1 or _THREE.match(text.strip()) is not None


def has_headings(text: str) -> bool:
    """Whether *text* names a section of a SWOT before what it lists."""
    return _HEADING.search(text[: reading.MOST_READ]) is not None


def _by_column(text: str, kinds: Sequence[str]) -> dict[str, list[str]]:
    """
    Return the sections of a table with a heading above each column; empty for anything else.

    >>> _by_column("Threats\\tOther\\nFraud\\tx", ["threats"])
    {'threats': ['Fraud']}
    """
    rows = [row.split("\t") for row in text.splitlines() if row.strip()]
    if len(rows) < 2 or len(rows[0]) < 2:
        return {}
    heads = [_HEADING.fullmatch(cell.strip()) for cell in rows[0]]
    found = {match.lastgroup or "": place for place, match in enumerate(heads) if match}
    return {
        kind: [
            reading.capital(row[place].strip())[:300]
            for row in rows[1:]
            if place < len(row) and folded(row[place])
        ]
        for kind, place in found.items()
        if kind in kinds
    }


def _by_sign(text: str) -> tuple[list[str], list[str]]:
    rows = [(match[1] == "+", row) for row in text.splitlines() if (match := _SIGN.match(row))]
    plus = [entry for good, row in rows if good for entry in _entries(row)]
    return plus, [
        entry for good, row in rows if not good for entry in _entries(row)
    ] if plus else []


def _entries(text: str) -> list[str]:
    listed = reading.entries(text.strip(" \n.*"))
    if len(listed) < 3 and "\n" not in text.strip() and text.count(",") >= 2:
        listed = [each.strip(" .") for each in re.split(r",\s++(?:and\s++)?", reading.said(text))]
    return [reading.capital(each)[:300] for each in listed if folded(each)]


_RATED = {
    "technical": r"tech\w*|build\w*|feasib\w*|machbar\w*|técnic\w*|techni\w*|faisab\w*|viab\w*",
    "business": r"business|money|costs?|econom\w*|wirtschaft\w*|geschäft\w*|negocio|affaires?|économi\w*",
    "user_desirability": r"(?:user[ _]?)?desirab\w*|desire|users?|people|want(?:ed)?|wünsch\w*|wunsch|dese\w*|désir\w*|envie",
}
_RATING = re.compile(
    r"\b(?:"
    + "|".join(f"(?P<{name}>{words_})" for name, words_ in _RATED.items())
    + r")\b[^\d\n.;]{0,40}?(?P<score>[1-5])\b(?:\s*(?:/|out of|of|von)\s*5)?",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?:^|(?<=[\n;.])|(?<=,\s))[^\S\n]*+(?:[-*•][^\S\n]*+)?+(?P<score>[1-5])(?:\s*+/\s*+5)?\b(?![.)]\s)"
)
#: "5 4 3", "5/4/3": the three ratings in their order, without reasons.
_THREE = re.compile(r"([1-5])(?:[/,;]\s*+|\s++)([1-5])(?:[/,;]\s*+|\s++)([1-5])(?![\d/])")
_LINK = re.compile(
    r"^[\s,:;.()–—-]*(?:because|since|as|cause|bc|weil|denn|porque)?[\s,:–—-]*", re.IGNORECASE
)


def ratings(text: str, open_: Sequence[str]) -> Fields:
    """
    Return ratings and their reasons; without names they go to the *open_* ones in order.

    >>> ratings("technical 4, two evenings of work", ["technical"])
    {'technical': 4, 'technical_rationale': 'Two evenings of work'}
    """
    text = text[: reading.MOST_READ]
    named = [
        (next(name for name in _RATED if match[name]), match) for match in _RATING.finditer(text)
    ]
    if not named and (three := _THREE.match(text.strip())):
        return {name: int(score) for name, score in zip(_RATED, three.groups(), strict=True)}
    plain = list(zip(open_, _PLAIN.finditer(text), strict=False))
    # "4 cheap to build, 5 people want it" begins with the number: the words after it are the reason.
    found = plain if len(plain) > len(named) or not named else named
    ends = [*(match.start() for _, match in found), len(text)][1:]
    fields: Fields = {}
    for (name, match), end in zip(found, ends, strict=True):
        reason = _LINK.sub("", reading.line(text[match.end() : end]).strip()).strip(" ,.;)-*•")
        fields[name] = int(match["score"])
        if folded(reason):
            fields[f"{name}_rationale"] = reading.capital(reason)[:400]
    return fields


_POSTER = {
    "headline": r"head(?:line)?|title|titel|titular",
    "subheadline": r"sub(?:[- ]?head(?:line)?)?|subtitle|subline|line below|below",
    "call_to_action": r"call(?:[- ]to[- ]action)?|cta|action|button|aufruf",
}


def billboard(text: str) -> Fields:
    """
    Return the lines of a billboard: by their labels, else headline, line below and call in order.

    >>> billboard("Headline: We meet you at the gate tonight")
    {'headline': 'We meet you at the gate tonight'}
    """
    rows = [row for piece in reading.lines(text) for row in piece.split(" / ")]
    if len(rows) == 1:
        rows = [
            row for part in re.split(r";\s*|\s\|\s", rows[0]) for row in reading.sentences(part)
        ]
    found: Fields = {}
    plain: list[str] = []
    for row in rows:
        label, said = reading.label(row)
        kind = next(
            (name for name, words_ in _POSTER.items() if re.fullmatch(words_, label.casefold())), ""
        )
        if kind:
            found[kind] = reading.unquoted(said)[:200]
        else:
            plain.append(reading.unquoted(row)[:200])
    for name, row in zip((name for name in _POSTER if name not in found), plain, strict=False):
        found[name] = row
    return {name: value for name, value in found.items() if words(value)}
