"""How-Might-We questions put together from a team's own phrases, whatever their grammar."""

import re

from lib.guide.scripted import reading
from lib.workshop.artifacts.criteria.matching import stems, words

#: Under 25 words fit a How-Might-We.
_MOST = 24

_VERBS = frozenset(
    """is are was were be am has have had can could will would may might must should do does did
    know knows feel feels stay stays come comes get gets find finds go goes keep keeps leave
    leaves wait waits want wants need needs see sees say says tell tells ask asks call calls
    help helps work works live lives take takes give gives make makes learn learns stop stops
    start starts use uses turn turns bring brings happen happens lose loses miss misses forget
    forgets hear hears understand understands trust trusts spend spends pay pays join joins drop
    drops end ends stand stands sit sits sleep sleeps arrive arrives return returns drive drives
    belong belongs become becomes walk walks run runs throw throws fall falls talk talks don't
    doesn't isn't aren't can't won't quit quits show shows let lets answer answers pick picks
    reach reaches left lost hang hangs open opens close closes eat eats carry carries share
    shares meet meets visit visits plan plans decide decides manage manages look looks think
    thinks pass passes hand hands""".split()
)
_AMOUNT = re.compile(
    r"(?:less|fewer|more|no|zero|a|an|the|better|shorter|faster|earlier|quieter)\b", re.I
)
_BARE = frozenset(word for word in _VERBS if not word.endswith("s") or word in ("miss", "pass"))
_FINITE = frozenset(
    "is are was were am has had can could will would may might must should does did left lost "
    "don't can't won't aren't".split()
)
_LOOSE_ENDS = frozenset(
    "a an the and or but of for to with in on at by from that which who so because when while if "
    "as "
    "after before during until about every their our my his her its no not even still also very "
    "more into than".split()
)
_LEAD_IN = re.compile(
    r"^(?:(?:in a year,?|one day,?|then|ideally,?|that|we (?:would|will|could|want to"
    r"|'d) (?:like to )?see(?: that)?|"
    r"we'd see(?: that)?|you(?:'d| would) see(?: that)?|so that|i would see|there (?:would be"
    r"|are)|it would be|"
    r"we want|the goal is(?: that| to)?)\b[\s,:]*)+",
    re.IGNORECASE,
)


def lowered(text: str) -> str:
    """Return *text* with a small first letter, unless its first word is all capitals or "I"."""
    first = text.split(" ", 1)[0]
    keeps = first[:2].isupper() or re.match(r"I\b", first) is not None
    # A single word may be a name, or a noun in a language that writes those large.
    keeps = keeps or (first == text and not text.endswith("s"))
    return text if keeps else text[:1].lower() + text[1:]


def has_verb(text: str) -> bool:
    """Whether some word of *text* is a verb we know; a guess that decides on wording only."""
    return not _VERBS.isdisjoint(word.replace("’", "'") for word in words(text))


def begins_with_verb(text: str) -> bool:
    """Whether *text* begins with a bare verb, as after "to"."""
    told = words(text)
    return bool(told) and told[0] in _BARE and told[0] not in _FINITE


def clause(text: str, most: int) -> str:
    """
    Return the first clause of *text* in at most *most* words, ready to stand inside a sentence.

    >>> clause("We'd see that newcomers stay, and they bring friends along. Great!", 6)
    'newcomers stay'
    """
    first = (reading.sentences(reading.said(text)) or [""])[0].strip(" .!?…,;:")
    first = _LEAD_IN.sub("", first).strip(" .!?…,;:") or first
    while len(first.split()) > most:
        shorter = re.sub(
            r"(?:[,;:–(]|\s(?:and|but|because|so that|so|which|although|or|while)\s)(?:(?![,;:–(]"
            r"|\s(?:and|but|because|so that|so|which|although|or|while)\s).)*$",
            "",
            first,
        )
        if shorter == first or not shorter.strip():
            return _cut(first, most)
        first = shorter.strip(" .,;:")
    return lowered(first)


def _cut(text: str, most: int) -> str:
    kept = text.split()[:most]
    while len(kept) > 1 and kept[-1].casefold().strip(",") in _LOOSE_ENDS:
        kept.pop()
    return lowered(" ".join(kept).strip(" .,;:"))


def goal(text: str, who: str, most: int = 14) -> str:
    """
    Return an aim as it follows "so that".

    >>> goal("feel part of the crew", "Jonas")
    'Jonas can feel part of the crew'
    >>> goal("less waiting", "Jonas")
    'there is less waiting'
    """
    aim = re.sub(r"^(?:so that|so|that|in order)\s+", "", clause(text, most), flags=re.IGNORECASE)
    bare = re.sub(r"^(?:to|be able to|can)\s+", "", aim)
    if bare != aim or begins_with_verb(aim):
        return f"{who} can {bare}"
    return aim if has_verb(aim) else f"there is {aim}"


def question(text: str) -> str:
    """Return *text* as one question that begins with How might we."""
    plain = reading.unquoted(reading.line(text)).rstrip(" .!?")
    if not re.match(r"(?:how|wie|c[oó]mo|¿|comment)\b", plain, re.IGNORECASE):
        plain = "How might we " + lowered(
            re.sub(r"^(?:we (?:can|could|might) )", "", plain, flags=re.I)
        )
    return reading.capital(plain) + "?"


def variants(who: str, problem: str, outcome: str) -> dict[str, str]:
    """Return a narrow, a middle and a wide question for the same people, by altitude."""
    people = clause(who, 8)
    room = _MOST - len(people.split()) - 7
    return {
        "specific": _specific(people, problem, room),
        "balanced": _balanced(people, outcome, room),
        "broad": f"How might we rethink what this is like for {people}?",
    }


def _specific(people: str, problem: str, room: int) -> str:
    moment = _trouble(problem, room)
    if has_verb(moment):
        return f"How might we be there for {people} when {moment}?"
    return f"How might we help {people} with this: {moment}?"


def _trouble(problem: str, room: int) -> str:
    """Return the first sentence of a problem, or where it ends up if that is too long."""
    first = (reading.sentences(reading.said(problem)) or [""])[0].strip(" .!?…,;:")
    if len(first.split()) <= room:
        return lowered(first)
    return clause(re.split(r",\s|;\s|\s(?:and|but|und|y)\s", first)[-1], room)


def _balanced(people: str, outcome: str, room: int) -> str:
    if stems(people) & stems(outcome) and has_verb(outcome):
        return f"How might we see to it that {clause(outcome, _MOST - 7)}?"
    aim = clause(outcome, room)
    bare = re.sub(r"^(?:to|they can|be able to)\s+", "", aim)
    if bare != aim or begins_with_verb(aim):
        return f"How might we help {people} to {bare}?"
    if has_verb(aim):
        return f"How might we work with {people} so that {aim}?"
    if _AMOUNT.match(aim):
        return f"How might we bring {aim} to {people}?"
    return f"How might we get there with {people}: {aim}?"
