"""
How-Might-We questions, put together from a team's own words only where the grammar is certain.

Words whose grammar is not known stand in quotation marks after a colon, where any phrase may stand. A
question that would be too long, or would have to cut what the team wrote, is not put together at all.
"""

import re
from collections.abc import Iterator

from lib.guide.scripted import reading, say
from lib.guide.scripted.wording import text as catalog
from lib.workshop.artifacts.criteria.matching import words
from lib.workshop.records import Fields

#: Under 25 words fit a How-Might-We; a question in four parts may be longer.
_MOST, _MOST_IN_FOUR = 24, 60

#: Words that name who a question is for.
_MOST_WHO = 12

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
    thinks pass passes hand hands counts count send sends finish finishes""".split()
)
_BARE = frozenset(word for word in _VERBS if not word.endswith("s") or word in ("miss", "pass"))
_FINITE = frozenset(
    "is are was were am has had can could will would may might must should does did left lost "
    "don't can't won't aren't".split()
)

#: What a clause begins with that is a whole sentence in English.
_SUBJECTS = re.compile(
    r"(?:he|she|they|it|we|you|nobody|no one|everybody|everyone|people|there (?:is|are)|"
    r"(?:each|every) \w+)\b",
    re.IGNORECASE,
)

#: The conjunction that begins a clause a team wrote as one, such as "that nobody waits".
_THAT = {
    "en": re.compile(r"that\s+(?!(?:is|was|one|would|will|way|can)\b)", re.IGNORECASE),
    "de": re.compile(r"dass\s+", re.IGNORECASE),
    "es": re.compile(r"que\s+", re.IGNORECASE),
    "fr": re.compile(r"(?:que\s+|qu['’])", re.IGNORECASE),
}
_INFINITIVE = {
    "es": re.compile(
        r"\A(?!(?:lugar|hogar|mujer|ayer|par|mar)\b)\w{2,}(?:ar|er|ir)(?:se|les?|las?|los?)?\s"
    ),
    "fr": re.compile(
        r"\A(?:ne (?:pas|plus) |se |s['’])?(?!(?:cher|hier|papier|hiver)\b)\w{2,}(?:er|ir|oir|re)\s"
    ),
}

#: Words of a persona's name.
_MOST_NAME = 6

#: What people who are named never begin with: a sentence about them does.
_NO_NAME = re.compile(
    r"(?:it|it's|that|they|we|i|he|she|is|are|when|if|because|since|mostly|probably|who|"
    r"dass|weil|wenn|ich|wir|sie|es|er|das ist|das sind|que|porque|cuando|si|es|son|está|yo|"
    r"nosotros|parce|quand|ce|c'est|il|elle|ils|elles|je|nous|on)\b",
    re.IGNORECASE,
)
_FOR = re.compile(r"(?:for|für|para|pour)\s+(?=\S)", re.IGNORECASE)

#: What a part of a sentence begins with that cannot stand alone.
_DEPENDENT = re.compile(
    r"(?:if|when|while|because|since|as|although|though|after|before|until|unless|that|and|but|or|"
    r"wenn|weil|während|obwohl|nachdem|bevor|bis|da|als|dass|und|aber|oder|"
    r"si|cuando|mientras|porque|aunque|como|antes|después|que|y|pero|"
    r"quand|lorsque|pendant|parce|puisque|comme|avant|après|et|mais|ou)\b",
    re.IGNORECASE,
)

#: How a question of this kind begins, in every language: a workshop's may change.
OPENING = re.compile(
    r"(?:¿\s*)?(?:how might we|how could we|how can we|wie (?:könn|kann)\w*|c[oó]mo pod\w+"
    r"|comment (?:pourr|pouv)\w*)",
    re.IGNORECASE,
)
_ASKS = re.compile(r"(?:how|what|wie|was|c[oó]mo|qué|comment|qu)\b|¿", re.IGNORECASE)
_MARK = re.compile(r"[?？؟]")


def lowered(text: str) -> str:
    """Return *text* with a small first letter, unless its first word is all capitals or "I"."""
    first = text.split(" ", 1)[0]
    keeps = first[:2].isupper() or re.match(r"I\b", first) is not None
    # A single word may be a name, or a noun in a language that writes those large.
    keeps = keeps or (first == text and not text.endswith("s"))
    return text if keeps else text[:1].lower() + text[1:]


def begins_with_verb(text: str, language: str = "en") -> bool:
    """Whether *text* certainly begins with a verb in the form that follows "how might we"."""
    if language in _INFINITIVE:
        return _INFINITIVE[language].match(text.casefold() + " ") is not None
    told = words(text)
    return language == "en" and bool(told) and told[0] in _BARE and told[0] not in _FINITE


def is_whole(text: str) -> bool:
    """Whether *text* is a question already, to be taken as it is."""
    return bool(_MARK.search(text) or OPENING.match(text) or _ASKS.match(text))


def question(text: str, language: str = "en") -> str:
    """
    Return *text* as one question, "" where it is none and its grammar is not certain.

    >>> question("how might we see them sooner"), question("see them sooner")
    ('How might we see them sooner?', 'How might we see them sooner?')
    >>> question("saber cuándo les toca", "es"), question("the nurses")
    ('¿Cómo podríamos saber cuándo les toca?', '')
    """
    plain = reading.unquoted(reading.line(text)).strip()
    if is_whole(plain):
        return _marked(plain, language)
    bare = re.sub(r"^(?:we (?:can|could|might)|to)\s+", "", plain, flags=re.IGNORECASE)
    if begins_with_verb(bare, language) and len(words(bare)) > 1:
        said = lowered(" ".join(_MARK.sub("", bare).split()).rstrip(" .!…"))
        return catalog(language, "hmw.verb", words=said)
    return ""


def _marked(text: str, language: str) -> str:
    """Return a question with one mark at its end, and in Spanish with the one at its beginning."""
    plain = text.rstrip(" .!")
    kept = plain.rstrip(" .!?？؟")
    mark = plain[len(kept) :].strip(" .!")[:1] or "?"
    if re.match(r"c[oó]mo\b", kept, re.IGNORECASE):
        kept = f"¿{reading.capital(kept)}"
    space = " " if language == "fr" and mark == "?" and OPENING.match(kept) else ""
    return reading.capital(kept) + space + mark


# Questions of the challenge


def variants(who: str, problem: str, outcome: str, language: str = "en") -> dict[str, str]:
    """Return a narrow, a middle and a wide question for the same people, as far as they are certain."""
    whole = next((told for told in (outcome, problem) if OPENING.match(told)), "")
    if whole:
        return {"balanced": _marked(whole, language)}
    people = named(who, language)
    found = {
        "specific": _first(_about("hmw.problem", people, problem, language)),
        "balanced": _first(
            [*_aims(outcome, language), *_about("hmw.outcome", people, outcome, language)]
        ),
        "broad": _first([catalog(language, "hmw.broad", who=people)] if people else []),
    }
    return {name: text for name, text in found.items() if text}


def _first(questions: Iterator[str] | list[str]) -> str:
    """Return the first question that is short enough."""
    return next((each for each in questions if len(each.split()) <= _MOST), "")


def _about(key: str, people: str, told: str, language: str) -> Iterator[str]:
    """Yield questions about the same people and what they said; last without the people."""
    for words_ in _whole_parts(told):
        if people:
            yield catalog(language, key, who=people, words=words_)
    for words_ in _whole_parts(told):
        yield catalog(language, f"{key}_alone", words=words_)


def _aims(outcome: str, language: str) -> Iterator[str]:
    aim = clause(outcome, language)
    if aim:
        yield catalog(language, "hmw.clause", words=aim)


def _whole_parts(text: str) -> Iterator[str]:
    """Yield the first sentence of *text*, then its first clause if that can stand alone."""
    first = _sentence(text)
    if not first:
        return
    yield first
    part = re.split(r"[,;:–]\s|\s\(|\s[–—-]\s", first, maxsplit=1)[0].strip(" .,;:")
    if part != first and len(part.split()) > 3 and not _DEPENDENT.match(part):
        yield part


def _sentence(text: str) -> str:
    """Return the first sentence of *text* without marks that a sentence around it would not bear."""
    first = (reading.sentences(reading.said(text)) or [""])[0]
    return say.flat(first.replace("…", " ").replace("...", " ")).strip(" .!,;:")


def named(who: str, language: str) -> str:
    """
    Return people as they stand after "for", in quotation marks where they may be no name; or "".

    >>> named("The night nurses.", "en"), named("it is mostly the nurses", "en")
    ('the night nurses', '“it is mostly the nurses”')
    >>> named("Freelancers finish a job and send no invoice", "en")
    '“Freelancers finish a job and send no invoice”'
    """
    parts = (_FOR.sub("", part, count=1) for part in _whole_parts(who))
    plain = next((part for part in parts if words(part) and len(part.split()) <= _MOST_WHO), "")
    if not plain:
        return ""
    # German names change with their case; beside a colon or in brackets they need not.
    if language == "de":
        return plain
    if _NO_NAME.match(plain) or (language == "en" and _is_sentence(plain)):
        return catalog(language, "say.quoted", words=plain)
    return lowered(plain)


def clause(text: str, language: str) -> str:
    """
    Return what a team wrote as a clause of its own, with its conjunction; "" where that is not certain.

    >>> clause("That nobody waits", "en"), clause("Nobody waits.", "en"), clause("Less waiting", "en")
    ('that nobody waits', 'that nobody waits', '')
    >>> clause("Que cada uno sepa cuándo le toca", "es")
    'que cada uno sepa cuándo le toca'
    """
    first = _sentence(text)
    found = _THAT[language].match(first)
    if (
        found
        and len(first[found.end() :].split()) > 1
        and not _THAT[language].match(first[found.end() :])
    ):
        return lowered(first)
    is_sentence = language == "en" and _SUBJECTS.match(first) and _has_verb(first)
    return f"that {lowered(first)}" if is_sentence else ""


def _is_sentence(text: str) -> bool:
    """Whether something is said about people, rather than which people they are."""
    before = re.split(r"\b(?:who|that|which|whose|with|without)\b", text, maxsplit=1)[0]
    return any(word in _VERBS for word in words(before)[1:])


def _has_verb(text: str) -> bool:
    return not _VERBS.isdisjoint(word.replace("’", "'") for word in words(text))


# The question in four parts


def four_parts(statement: Fields, language: str) -> str:
    """Return a question from its four parts, "" where it would be too long."""
    parts = {name: _sentence(statement[name]) for name in _FOUR}
    person = parts["persona"]
    if len(person.split()) > _MOST_NAME or re.search(r"[,;:]", person):
        return ""
    given = clause(statement["given_that"], language)
    goal = re.sub(r"^to\s+", "", parts["immediate_goal"], flags=re.IGNORECASE)
    deeper = _deeper(parts["deeper_goal"], language)
    if given and deeper and begins_with_verb(goal, language) and not _NO_NAME.match(person):
        places = {"given": given, "who": person, "goal": lowered(goal), "deeper": deeper}
        whole = catalog(language, "hmw.four", **places)
    elif given and language == "de":
        places = {"given": given, "who": person, "goal": parts["immediate_goal"]}
        whole = catalog(language, "hmw.four", **places, deeper=parts["deeper_goal"])
    else:
        whole = catalog(
            language,
            "hmw.four_quoted",
            given=parts["given_that"],
            who=person,
            goal=parts["immediate_goal"],
            deeper=parts["deeper_goal"],
        )
    fits = len(whole.split()) <= _MOST_IN_FOUR and all(map(words, parts.values()))
    return whole if fits else ""


_FOUR = ("given_that", "persona", "immediate_goal", "deeper_goal")


def _deeper(text: str, language: str) -> str:
    """Return an aim as it follows "so that" or "para", "" where its grammar is not certain."""
    if language == "en":
        bare = re.sub(r"^(?:to|be able to|can)\s+", "", text, flags=re.IGNORECASE)
        if begins_with_verb(bare):
            return f"they can {lowered(bare)}"
        return clause(re.sub(r"^so that\s+", "", text, flags=re.IGNORECASE), "en")[5:]
    text = re.sub(r"^(?:para|pour|afin d[e'’])\s*(?=\S)", "", text, flags=re.IGNORECASE)
    return lowered(text) if begins_with_verb(text, language) else clause(text, language)
