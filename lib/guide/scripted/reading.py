"""
How the guide reads: lists, labels, quotes, numbers and names in what people type.

Everything is linear in the length of the text, and answers with the people's own words.
"""

import re
from collections.abc import Sequence
from itertools import islice

from lib.workshop.artifacts.criteria.matching import best, folded, words
from lib.workshop.interviews.sentences import spans

#: Characters of one message that are read: some eight printed pages.
MOST_READ = 20_000

#: Entries of one list that are read.
MOST_LISTED = 400

_BULLET = re.compile(r"^\s*(?:[-*•‣◦–—·>+]+|\(?\d{1,3}[.):]|[a-hA-H][.)])\s+")
_INLINE_NUMBER = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+")
_FILLER = re.compile(
    r"^(?:(?:h+m+|uh+m*|erm*|well|so|ok(?:ay)?|yes|yeah|yep|sure|ah+|oh+|right|also|and|plus|maybe"
    r"|perhaps|probably|honestly|actually|i think|we think|i guess|i'd say|we'd say|let's say|ja"
    r"|also"
    r"|naja|und|sí|si|bueno|pues|oui|alors|wait|sorry|first of all|mostly|mainly|fair enough"
    r"|good (?:point|question)|makes sense|i see|got it"
    r"|true|that's true)\b[\s,.:;!…-]*)+",
    re.IGNORECASE,
)
_MARKS = (
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("«", "»"),
    ("»", "«"),
    ("‹", "›"),
    ('"', '"'),
    ("「", "」"),
)
_QUOTES = re.compile(
    "|".join(f"{a}([^{a}{b}]{{3,600}}){b}" for a, b in _MARKS)
    + r"|(?<![^\W_])['‘]([^'’‘\n]{2,300}+(?:['’][a-z]{1,2}\b[^'’‘\n]{0,300}+){0,6})['’](?![^\W_])"
)
_JOINT = re.compile(
    r",\s*+(?:and|und|y|et|&)\s++|[,;]\s++|[、，،；؛]\s*+|(?<!\s)\s++(?:and|und|et|&|\+|y|/)\s++"
)
_SEMICOLON = re.compile("[;；؛]")
_LABEL = re.compile(
    r"^\s*+\**+([^\W\d_][^:：\n*]{0,60}?)\**+(?:\s*+(?::\**+|=)\s++|\s++[–—-]\s++|\s*+：\s*+)(.+)$"
)
_NUMBER = re.compile(r"(?<![\w.])(\d{1,3})(?![\w.]*\w)")

_ORDINALS = (
    (
        "first",
        "1st",
        "erste",
        "ersten",
        "primera",
        "primero",
        "première",
        "premier",
        "الأول",
        "الأولى",
        "第一",
        "第一个",
    ),
    (
        "second",
        "2nd",
        "zweite",
        "zweiten",
        "segunda",
        "segundo",
        "deuxième",
        "seconde",
        "الثاني",
        "الثانية",
        "第二",
        "第二个",
        "दूसरा",
    ),
    (
        "third",
        "3rd",
        "dritte",
        "dritten",
        "tercera",
        "tercero",
        "troisième",
        "الثالث",
        "الثالثة",
        "第三",
        "第三个",
        "तीसरा",
    ),
    ("fourth", "4th", "vierte", "vierten", "cuarta", "cuarto", "quatrième"),
    ("fifth", "5th", "fünfte", "quinta", "quinto", "cinquième"),
    ("sixth", "6th"),
    ("seventh", "7th"),
    ("eighth", "8th"),
)
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight")


def line(text: str) -> str:
    """Return *text* on one line, without a bullet before it or emoji around it."""
    flat = " ".join(_BULLET.sub("", text).split())
    begin, end = 0, len(flat)
    while begin < end and _is_edge(flat[begin]):
        begin += 1
    while end > begin and _is_edge(flat[end - 1]):
        end -= 1
    return flat[begin:end] or flat


def _is_edge(character: str) -> bool:
    """Whether a character around a line says nothing: white space, an emoji and what joins them."""
    return (
        character.isspace()
        or "\u2600" <= character <= "\u27bf"
        or "\U0001f000" <= character <= "\U0001faff"
        or character in "\ufe0f\u200d"
    )


def said(text: str) -> str:
    """
    Return what was said without the hesitation before it.

    >>> said("hmm, well… the night nurses 🙂")
    'the night nurses'
    """
    plain = line(text)
    return _FILLER.sub("", plain).strip() or plain


def capital(text: str) -> str:
    """Return *text* with a capital first letter."""
    return text[:1].upper() + text[1:]


def lines(text: str) -> list[str]:
    """Return the entries of a list people typed, one line each; a lead-in line is left out."""
    rows = [row for row in text[:MOST_READ].splitlines() if row.strip()][:MOST_LISTED]
    if len(rows) > 1 and rows[0].rstrip().endswith(":") and not _BULLET.match(rows[0]):
        rows = rows[1:]
    if len(rows) == 1 and len(_INLINE_NUMBER.findall(rows[0])) > 1:
        rows = _INLINE_NUMBER.split(rows[0])
    return [entry for entry in map(line, rows) if folded(entry) or len(entry) > 2]


def entries(text: str) -> list[str]:
    """
    Return what people listed, phrase by phrase: by lines, else semicolons, commas or sentences.

    >>> entries("long waits; no one to ask")
    ['long waits', 'no one to ask']
    >>> entries("They wait for hours, and nobody says why.")
    ['They wait for hours, and nobody says why']
    """
    found: list[str] = []
    for row in lines(text):
        found += _phrases(said(row))
    return [each for each in (entry.strip(" .,;，；。،؛") for entry in found) if each]


def _phrases(row: str) -> list[str]:
    if _SEMICOLON.search(row):
        return _SEMICOLON.split(row)
    pieces = _split(row)
    if len(pieces) > 2 and max(len(piece.split()) for piece in pieces) <= 7:
        return pieces
    return sentences(row)


def semicolons(row: str) -> list[str]:
    """Return what semicolons part, of any script."""
    return [each.strip() for each in _SEMICOLON.split(row) if each.strip()]


def names(text: str) -> list[str]:
    """
    Return the names people listed: lines, commas and "and" all part them, brackets do not.

    >>> names("nurses, doctors (ward and on call) and the pharmacy")
    ['nurses', 'doctors (ward and on call)', 'the pharmacy']
    """
    pieces = (piece for row in lines(text) for piece in _split(said(row).strip(" .")))
    return list(islice(pieces, MOST_LISTED))


def _split(row: str) -> list[str]:
    """Split at commas and "and", but not inside brackets."""
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\ue000{len(kept) - 1}\ue001"

    hidden = re.sub(r"\([^()\n]{0,200}\)", hide, row)
    pieces = [piece.strip(" .,;，；。،؛") for piece in _JOINT.split(hidden)]
    return [
        re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match.group(1))], piece)
        for piece in pieces
        if piece
    ]


def sentences(text: str) -> list[str]:
    """
    Return the sentences of *text*.

    >>> sentences("Buyers, esp. new ones. They wait")
    ['Buyers, esp. new ones.', 'They wait']
    """
    return [text[start:end] for start, end in spans(text)]


def label(text: str) -> tuple[str, str]:
    """
    Return what stands before and after a colon or dash, the first empty where there is none.

    >>> label("Maria: has to wait")
    ('Maria', 'has to wait')
    """
    found = _LABEL.match(text[:4_000])
    return (found[1].strip(), found[2].strip()) if found else ("", text.strip())


def quoted(text: str) -> list[str]:
    """
    Return what stands in quotation marks of any kind, two words at least.

    >>> quoted('He said „ich warte noch“ and then "never mind me"')
    ['ich warte noch', 'never mind me']
    """
    found = (next(filter(None, match), "") for match in _QUOTES.findall(text[:MOST_READ]))
    return [" ".join(each.split()) for each in found if len(each.split()) > 1]


def unquoted(text: str) -> str:
    """Return *text* without quotation marks around it."""
    return text.strip().strip("\"'“”„«»‹›‘’").strip()


def numbers(text: str) -> list[int]:
    """Return the whole numbers in *text*, up to three digits."""
    return [int(each) for each in _NUMBER.findall(text)]


def ordinal(text: str) -> int | None:
    """Return the place "the second one", "2" or "last" speaks of, from 0; -1 is the last."""
    told = words(text)
    if "last" in told or "letzte" in told or "última" in told:
        return -1
    for place, spoken in enumerate(_ORDINALS):
        if any(word in told for word in spoken):
            return place
    found = numbers(text) or [place for place, word in enumerate(_CARDINALS, 1) if word in told]
    return found[0] - 1 if found and found[0] > 0 else None


def picks(text: str, options: Sequence[str]) -> list[int]:
    """
    Return which of *options* somebody chose, by number or by words, in their order.

    >>> picks("2 and the bell", ["a map", "a mentor", "the bell"])
    [1, 2]
    """
    chosen: list[int] = []
    for piece in names(text):
        by_number = [number - 1 for number in numbers(piece) if 0 < number <= len(options)]
        is_numbers = by_number and (piece[:1].isdigit() or len(words(piece)) <= len(by_number) + 2)
        by_words = None if is_numbers else best(piece, options)
        chosen += by_number if is_numbers else [] if by_words is None else [by_words]
    return list(dict.fromkeys(chosen))
