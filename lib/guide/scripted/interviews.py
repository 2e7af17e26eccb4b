"""
What people told the team, read out of notes, quotes and whole pasted interviews.

A quote is taken to the letter. A finding is the same sentence as one would report it ("I had to
wait" becomes "They had to wait"), or the note as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lib.guide.scripted import reading
from lib.workshop.artifacts.criteria.matching import distinct, folded, words
from lib.workshop.records import Fields

#: Findings taken from one speaker in one message; more would bury the ones that matter.
_FROM_ONE = 7

#: Words up to which a quote in quotation marks is kept whole.
_WHOLE_QUOTE = 45

#: Findings taken from one message.
_FROM_A_MESSAGE = 14

_ASKING = frozenset(
    "q i me us interviewer interviewerin we team question frage wir ich int guide moderator "
    "pregunta".split()
)
_ANSWERING = frozenset("a answer antwort respuesta".split())
_NO_SPEAKER = frozenset(
    "finding findings insight insights note notes quote quotes pain gain example but also result "
    "one thing "
    "and so then summary question questions answer date place interview source sources duration "
    "theme "
    "problem first second third most important ps btw fyi remember other others both all time "
    "topic".split()
)
_HEAD = re.compile(
    r"^\W*(?:interview|gespräch|conversation|talk|call|notes?|notizen|entrevista)\b[^:\n]{0,20}?"
    r"\b(?:with|mit|con|from)\b:?\s++(?P<who>[^\n]{2,120})$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"^\s*+[-*•]?+\s*+\**+(?P<who>[^\W_][^:：\n]{0,74}+)[:：]\**+\s*+(?P<said>.*)$"
)
_SAID = re.compile(
    r"^(?P<who>(?!(?:he|she|they|it|er|sie) )[^\W\d_]+(?:\s(?:\([^)\n]{1,40}\)"
    r"|[^\W\d_]+)){0,3}),?\s+(?:said|says|told us|told me|told|sagt|sagte|meint|meinte|dice|dijo|"
    r"mentioned|explained|replied|answered)\b[\s,:that]*",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[”“\"»«]\s*(?:[-–—,]\s*|\()(?P<who>[^\W\d_][^()\n]{1,60}?)\)?\s*\.?$")
_WEIGHTY = re.compile(
    r"\b(?:never|nobody|no one|nothing|always|worst|best|hard|hardest|alone|afraid|scared|lost"
    r"|waited|wait|waiting"
    r"|forgot|forget|wish|love|loved|hope|proud|ashamed|embarrass\w*|stupid|useless|tired|angry"
    r"|finally"
    r"|felt|feel|problem|trouble|missing|missed|late|nervous|glad|happy|can't|couldn't|cannot"
    r"|quit|leave"
    r"|didn't|don't|(?<!why )not|helped?|need|would (?:know|like|love)|for me|nie|niemand|immer"
    r"|allein|angst|nadie|nunca"
    r"|siempre|solo|sola|nicht|kein\w*)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = {
    "i": "they",
    "i'm": "they're",
    "i've": "they've",
    "i'd": "they'd",
    "i'll": "they'll",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
}
_ENGLISH = frozenset(
    "i i'm i've i'd i'll my myself the and to of is are was were it that nobody they in with for on "
    "at have has had what when who how never always not do does did can there this".split()
)
_OF_OTHERS = frozenset(
    "they them their theirs themselves they're they've they'd we us our you your".split()
)


@dataclass(frozen=True)
class Turn:
    """What one speaker said in one go; `verbatim` where it is certain to be their own words."""

    who: str
    text: str
    verbatim: bool
    #: It stood in quotation marks, so where it begins and ends is certain too.
    marked: bool = False


def insights(text: str, who: str = "", mark: str = "") -> list[Fields]:
    """
    Return what can be learnt from *text*: notes, quotes or interviews.

    *who* is the source where the text names none; *mark* is added to every source.

    >>> insights("Maria, nurse: 'I had to wait for hours.'")[0]["source"]
    'Maria, nurse'
    """
    by_speaker: dict[str, list[Fields]] = {}
    for turn in turns(text[: reading.MOST_READ], who):
        by_speaker.setdefault(turn.who, []).extend(_from_turn(turn))
    kept = [each for found in by_speaker.values() for each in _weightiest(found)]
    unique = {folded(each["finding"]): each for each in reversed(kept)}
    ordered = [each for each in kept if unique.get(folded(each["finding"])) is each]
    return [_marked(each, mark) for each in ordered[:_FROM_A_MESSAGE]]


def _marked(insight: Fields, mark: str) -> Fields:
    return (
        insight | {"source": f"{insight['source']} {mark}"}
        if mark and "source" in insight
        else insight
    )


def _weightiest(found: list[Fields]) -> list[Fields]:
    telling = [each for each in found if weight(each.get("quote") or each["finding"]) > 0]
    found = telling if len(telling) > 2 else found
    if len(found) <= _FROM_ONE:
        return found
    ranked = sorted(found, key=lambda each: -weight(each.get("quote") or each["finding"]))[
        :_FROM_ONE
    ]
    return [each for each in found if any(each is kept for kept in ranked)]


def weight(text: str) -> int:
    """Return how much a sentence tells: feelings, absolutes and negations count."""
    return (
        len(_WEIGHTY.findall(text)) * 2 - (len(words(text)) < 5) * 3 - (len(words(text)) > 45) * 2
    )


def turns(text: str, who: str) -> Iterator[Turn]:
    """Part a text into what each speaker said; the interviewer's own words are left out."""
    announced, speaker, asking = "", who, False
    for plain in filter(None, map(str.strip, text.splitlines())):
        if head := _HEAD.match(plain):
            announced = speaker = _shortened(head["who"])
            asking = False
            continue
        named, said = _speaker(plain)
        if named:
            asking = folded(named) in _ASKING
            if not asking and folded(named) not in _ANSWERING:
                speaker = announced if _same_person(named, announced) else named
        if said and not asking:
            yield from _row(said, speaker, named=bool(named or announced))


def _shortened(who: str) -> str:
    """Keep the name and the first thing said about a person; place and length are not who."""
    return ", ".join(part.strip(" .:*") for part in who.split(",")[:2])


def _same_person(named: str, announced: str) -> bool:
    told = words(named)
    return bool(told) and told[0] in words(announced)


def _speaker(row: str) -> tuple[str, str]:
    """Return who speaks in a row, empty where nobody is named, and what is said."""
    found = _SPEAKS.match(row)
    if not found:
        return "", row
    who = re.sub(
        r"^(?:and |also )?(?:from|by|von|de) ", "", found["who"].strip(" *"), flags=re.IGNORECASE
    )
    who = re.sub(r"(?<!\s)\s++(?:said|says|told us|told me|sagt|sagte|dice|dijo)$", "", who)
    told = words(who)
    if not told or len(told) > 8 or told[0] in _NO_SPEAKER or re.search(r"[.!?“„\"]", who):
        return "", row
    if re.match(r"\d", found["said"]) and told[-1].isdigit():
        return "", row
    return who, found["said"].strip()


def _is_spoken(text: str) -> bool:
    return any(word in _FIRST_PERSON for word in words(text)) or "we" in words(text)


def _row(row: str, speaker: str, *, named: bool) -> Iterator[Turn]:
    plain = reading.line(row)
    before = None if named else _SAID.match(plain)
    after = _AFTER.search(plain)
    who = after["who"] if after else before["who"] if before else speaker
    quotes = reading.quoted(plain)
    for quote in quotes:
        yield Turn(who.strip(), quote, verbatim=True, marked=True)
    if not quotes and (folded(plain) or len(plain) > 4):
        said = plain[before.end() :] if before else plain
        yield Turn(who.strip(), said, verbatim=named and _is_spoken(said))


def _from_turn(turn: Turn) -> list[Fields]:
    source = {"source": turn.who} if turn.who else {}
    if not turn.verbatim:
        return [{"finding": reading.capital(note), **source} for note in _notes(turn.text)]
    if len(words(turn.text)) <= _WHOLE_QUOTE and turn.marked:
        return [{"finding": reported(_telling(turn.text)[0]), **source, "quote": turn.text}]
    told = _telling(turn.text)
    return [{"finding": reported(each), **source, "quote": each} for each in told]


def _notes(text: str) -> list[str]:
    kept = [each.strip(" ,;") for each in reading.sentences(text)]
    return [each[:400] for each in kept if len(words(each)) > 2 or not each.isascii()] or [
        text[:400]
    ]


def _telling(text: str) -> list[str]:
    """Return the sentence of a turn that tells most, and a second one where a long turn has it."""
    spoken = [each for each in reading.sentences(text) if not each.endswith("?")]
    ranked = sorted(spoken, key=lambda each: -weight(each))
    kept = [each for each in ranked[:2] if weight(each) > 1] or ranked[:1] or [text]
    return [each[:400] for each in distinct(spoken) if each in kept] or [text[:400]]


def reported(text: str) -> str:
    """
    Return a first-person sentence as it is reported; any other as it is.

    >>> reported("I never know what my job is.")
    'They never know what their job is.'
    >>> reported("Me gritan a mí.")
    'Me gritan a mí.'
    """
    told = words(text)
    is_somebody = re.search(r"\b(?:I am|I'm|I’m|I was) an?\b", text, re.IGNORECASE)
    if (
        is_somebody
        # "me" is a word of other languages too.
        or _ENGLISH.isdisjoint(told)
        or not any(word in _FIRST_PERSON for word in told)
        or not _OF_OTHERS.isdisjoint(told)
    ):
        return reading.capital(text)
    shifted = re.sub(
        r"\bI (am|was)\b",
        lambda found: "they " + {"am": "are", "was": "were"}[found[1].casefold()],
        text,
        flags=re.IGNORECASE,
    )
    shifted = re.sub(
        r"[^\W\d_]+(?:['’][^\W\d_]+)?",
        lambda m: _FIRST_PERSON.get(m.group().casefold().replace("’", "'"), m.group()),
        shifted,
    )
    return reading.capital(shifted)


_SORE = re.compile(
    r"\b(?:never|nobody|no one|nothing|cannot|can't|couldn't|didn't|don't|doesn't|wasn't|weren't"
    r"|isn't|won't|did not"
    r"|not|without|wait(?:s|ed|ing)?|lost|lose|afraid|scared|hard|hardest|alone|missing|missed"
    r"|miss|tired|worst|late"
    r"|forgot|forget|embarrass\w*|nervous|useless|stress\w*|confus\w*|angry|guilt\w*|ashamed"
    r"|stupid|problem|trouble"
    r"|gave up|quit|left|leave|fail\w*|wrong|nie|nicht|niemand|kein\w*|allein|angst|nadie|nunca"
    r"|sin)\b",
    re.IGNORECASE,
)
_SWEET = re.compile(
    r"\b(?:wish\w*|would (?:like|love|help|know|be (?:there|great|good|nice|lovely)|have helped)"
    r"|love[ds]?|hope[ds]?"
    r"|wanted to|proud|great|helped|helps|finally|works well|happy|glad|best|if only|enjoy\w*"
    r"|laugh\w*|trust\w*"
    r"|thanks?|there for|from then on|nice|wünsch\w*|schön|ojalá|gracias|gusta)\b",
    re.IGNORECASE,
)


def sore(text: str) -> int:
    """Return how much a sentence sounds like a pain; below 1 it does not."""
    return len(_SORE.findall(text)) - 2 * len(_SWEET.findall(text))


def sweet(text: str) -> int:
    """Return how much a sentence sounds like a wish or something good; below 1 it does not."""
    return 2 * len(_SWEET.findall(text)) - len(_SORE.findall(text)) // 2
