"""What a message is: an approval, a pass, a request for help, a question, a noise, or content."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from lib.guide.scripted.reading import ordinal
from lib.guide.understanding.acts import Act, Expects, Understood
from lib.guide.understanding.classifier import ASK, understand
from lib.workshop.artifacts.criteria.matching import words


class Kind(Enum):
    """What somebody does with a message."""

    #: "looks good", "passt", a thumbs-up.
    APPROVE = auto()
    #: "no idea", "skip", "that's all".
    PASS = auto()
    #: "you suggest something".
    SUGGEST = auto()
    #: A question to the guide.
    ASK = auto()
    #: "hmm wait", "hello", an emoji: nothing to work with.
    NOISE = auto()
    #: Changes what stands in the draft.
    CORRECT = auto()
    #: Everything else: something to work with.
    CONTENT = auto()


@dataclass(frozen=True)
class Heard:
    """What a message does, and whether that is certain enough to act on it without asking."""

    kind: Kind
    is_sure: bool = True
    #: Whether it may well be an answer, if it turns out to be nothing else.
    may_answer: bool = False


_YES = frozenset(
    "yes yep yeah yup ya sure ok okay okey okok k perfect great good fine agreed agree correct "
    "right "
    "exactly approved approve love lovely passt ja jep jawohl genau stimmt gut super prima klasse "
    "einverstanden sí si vale perfecto correcto bien claro listo oui parfait accord bon lgtm next "
    "confirm confirmed done nice works deal weiter cool awesome excellent keep accept ready "
    "d'accord brilliant yess absolutely definitely continue proceed spot".split()
)
_SMALL = frozenset(
    "that that's thats is it it's its looks look sounds sound feels reads to me us for we all of "
    "this "
    "the are i we're think so very really on ahead let's lets move with as go and please thanks "
    "thank you like them they these can stand just now step everybody everyone happy team guide "
    "leave hmm well alles klar wir sind das so auch von mir y de acuerdo todo está muy adelante "
    "c'est ça tout très merci danke gracias fits one oh ah much way here our do by bueno esto "
    "seguimos seguir vamos sigamos machen geht weitergehen on-wards d'accord ist super allez no "
    "problem from my side nothing change enough already be should then "
    "mate folks guys wow haha lol ok".split()
)
_NOISE = frozenset(
    "hmm hm hmmm hmmmm wait sec one moment a minute mom hang on hold lol haha hahaha "
    "hi hello hey hallo hola bonjour servus moin good morning afternoon evening guten tag morgen "
    "everyone all team there thanks thank you danke gracias merci sorry oops uh um erm er well so "
    "ok thinking let me us think just test testing kurz warte espera un momento we're we are here "
    "back discussing guide the from is this it's".split()
)
_UNKNOWING = re.compile(
    r"^(?:sorry,? )?(?:(?:we|i) (?:really )?(?:don't|dont|do not) (?:really )?know|not sure"
    r"|unsure|no idea|no clue|idk"
    r"|dunno|(?:let's |lets |we |please )?skip|pass\b|next question|(?:i|we) (?:can't|cannot) say"
    r"|keine ahnung"
    r"|(?:das )?wei(?:ß|ss) (?:ich |wir )?(?:noch )?nicht|(?:wir wissen|ich wei(?:ß"
    r"|ss)) (?:es )?(?:noch )?nicht"
    r"|überspringen|ni idea|no (?:lo )?sé|no sabemos|je ne sais pas|aucune idée)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:no,? )?(?:that's|thats|that is|this is|das (?:ist|war)|das wars|eso es|c'est) ?"
    r"(?:all|it|everyone|everybody|everything|alles|todo|tout|the one)\b",
    re.IGNORECASE,
)
_NONE = frozenset(
    "no nope nah non nein nada rien nichts niemand none nothing nobody noone enough else more "
    "really not thanks thank "
    "you sorry for now at the moment here we have it that's all i think guess done one is to add "
    "comes mind so far "
    "danke mehr weiter nur nada más gracias merci plus everything everybody everyone that are us "
    "any anymore".split()
)
_ALL_SAID = _NONE | frozenset(
    "it's thats this heard got know can say about alles das ist war wars eso es todo c'est tout".split()
)
_NONE_AT_LEAST = frozenset(
    "no nope nah non nein nada rien nichts niemand none nothing nobody enough done all "
    "everything everybody everyone".split()
)
_ENOUGH = re.compile(
    r"(?:\b(?:is|are|'s) (?:enough|the one)|\breicht(?: uns)?|\b(?:es|está) (?:suficiente"
    r"|bien así))\W*$",
    re.IGNORECASE,
)
_SUGGEST = re.compile(
    r"\b(?:you suggest|suggest (?:something|some|one|them|us)|your suggestion|(?:make|have|any) "
    r"(?:a )?(?:proposals?|suggestions?)|what (?:would|do) you (?:suggest|propose|put|say)|"
    r"can you (?:suggest|propose|start|draft|fill|give us)|(?:you )?(?:propose"
    r"|draft) (?:something|it|one|"
    r"them|some)|your turn|schlag\w* (?:\w+ )?(?:was |etwas )?vor|vorschläge?|propón|sugiere|"
    r"propose[zr]?|any ideas|give (?:us|me) (?:an |some )?(?:example|idea)s?|for example\?"
    r"|example please)",
    re.IGNORECASE,
)
_TO_THE_GUIDE = re.compile(
    r"\b(?:what (?:do|did|does|exactly do) (?:you|that|this|it|\w+) (?:mean|stand)|what(?:'s| is"
    r"| are) "
    r"(?:an?|the|meant|that|this|hmw)\b|"
    r"(?:can|could|would) you (?:please )?(?:explain|clarify|help|say that|repeat|rephrase)|"
    r"explain\b|why (?:do|are|is|does|should|that|this)|how (?:long|many|much|does this|do we"
    r"|should we|"
    r"detailed|specific)|do (?:we|i) (?:have|need)|(?:should|may|can) (?:we|i)|who are you|are you|"
    r"i (?:don't|do not) (?:understand|get)|(?:don't|do not) understand|"
    r"was (?:meinst|heißt|heisst|bedeutet|ist)|wieso|warum|weshalb|wie (?:viele|lange|meinst)"
    r"|können wir|"
    r"verstehe(?:n)? (?:ich |wir )?nicht|qué (?:significa|quieres|es)|por qué|no entiend|"
    r"qu'est[- ]ce|pourquoi|que veux)",
    re.IGNORECASE,
)
_THUMBS = re.compile(r"[👍👌✅✔🙌💯🎉👏🆗]")
_QUESTION_WORD = re.compile(
    r"^\W*(?:what|why|how|which|who|whom|when|where|is|are|do|does|can|could|should|would|will|was|"
    r"wie|warum|wer|wo|wann|welche|können|sollen|qué|cómo|por|quién|cuál|comment|pourquoi|quel)\b",
    re.IGNORECASE,
)


def kind_of(text: str, *, expects_questions: bool = False, aside: str = "") -> Kind:
    """
    Return what *text* does. Where questions are what was asked for, one is content.

    Words of *aside*, such as the team's name, add nothing to a greeting.

    >>> [kind_of(each).name for each in ("looks good to us 👍", "hmm wait", "the night nurses")]
    ['APPROVE', 'NOISE', 'CONTENT']
    """
    short = text.strip()
    if len(short) > 400:
        return Kind.CONTENT
    told = [word.replace("’", "'") for word in words(short)]
    plain = short.replace("’", "'")
    if _approves(short, told):
        return Kind.APPROVE
    checks = (
        (Kind.NOISE, _is_noise(short, [word for word in told if word not in words(aside)])),
        (Kind.PASS, _passes(plain, told)),
        (Kind.SUGGEST, len(told) <= 14 and _SUGGEST.search(short) is not None),
        (Kind.ASK, _asks(plain, told, expects_questions=expects_questions)),
    )
    return next((kind for kind, fits in checks if fits), Kind.CONTENT)


#: Characters of a message from which on it is content: nobody declines or approves at such length.
_LONG = 400

#: How sure the model has to be. An answer is read back and easily undone; content that passes for talk
#: or a decline is lost, and a single word of content looks like either.
_SURE = {Kind.CONTENT: 0.12, Kind.NOISE: 0.9, Kind.PASS: 0.5, Kind.ASK: 0.8, Kind.SUGGEST: 0.8}

#: How likely talk may be, for an answer to be stored without asking.
_MAYBE_TALK = 0.4

_SEPARATORS = re.compile(r"[;\n、，；،؛]|,\s")

_KINDS = {
    Act.ANSWER: Kind.CONTENT,
    Act.DECLINE: Kind.PASS,
    Act.APPROVE: Kind.APPROVE,
    Act.QUESTION: Kind.ASK,
    Act.HELP: Kind.SUGGEST,
    Act.CORRECTION: Kind.CORRECT,
    Act.TALK: Kind.NOISE,
}

#: A how-might-we question in the languages teams write in.
HOW_MIGHT_WE = re.compile(
    r"how (?:might|could|can) we\b|wie (?:könn|kann|schaff)|¿?cómo podr|comment (?:pourri|pouvons)"
    r"|come potremmo|como poder|كيف يمكن|我们怎|我們怎|如何才能|どうすれば|कैसे",
    re.IGNORECASE,
)

_ALL_OF_THEM = re.compile(
    r"\A\W*+(?:(?:all|both|none)(?: of (?:them|these|those))?|alle|beide|keine|todas|todos|ambas|ambos"
    r"|ninguna|toutes|tous|les deux|aucune)\W*",
    re.IGNORECASE,
)
_PICKS = re.compile(r"[\W\d]*(?:(?:and|und|y|et|no|nr)[\W\d]+)*")
#: Somebody agrees with somebody else, or with nothing in particular.
_PLUS_ONE = re.compile(r"\A[^\w+]*+\+\s?1\W*")
_SKIP = re.compile(
    r"\A\W*+(?:(?:we|i|let'?s|please|bitte|ok|let us) )*(?:skip|pass|überspring\w*|weglassen|saltar(?:lo)?|salta\w*"
    r"|omitir|passer|passons|on passe|sauter|تخطي|跳过|छोड़ो)(?: (?:this|it|that|one|das|esto|ça|step))*\W*",
    re.IGNORECASE,
)


@lru_cache(maxsize=1_024)
def heard(
    text: str,
    expects: Expects,
    *,
    language: str = "en",
    aside: str = "",
    expects_questions: bool = False,
) -> Heard:
    """
    Return what *text* does after a question that asks for *expects*.

    Rules decide where they are certain, else the model; below its margin it is not sure.

    >>> heard("no, that's enough", Expects.NAMES).kind.name
    'PASS'
    """
    short = text.strip()
    if certain := _certain(short, expects, aside, expects_questions=expects_questions):
        return Heard(certain)
    return _modelled(short, understand(short, expects, language))


def is_skip(text: str) -> bool:
    """Whether a message passes on a question, and approves of nothing."""
    return _SKIP.fullmatch(text[:80]) is not None


def _certain(text: str, expects: Expects, aside: str, *, expects_questions: bool) -> Kind | None:
    """Return what a message does by rules, or None where they do not know."""
    if len(text) > _LONG or (expects_questions and HOW_MIGHT_WE.search(text)):
        return Kind.CONTENT
    if is_skip(text):
        return Kind.PASS
    if not text or _PLUS_ONE.fullmatch(text):
        return Kind.NOISE
    if expects is not Expects.APPROVAL and (_chooses(text, expects) or _lists(text, expects)):
        return Kind.CONTENT
    if asks(text):
        kind = kind_of(text, expects_questions=expects_questions)
        if kind in (Kind.ASK, Kind.SUGGEST):
            return kind
        return None if expects_questions else Kind.ASK
    kind = kind_of(text, aside=aside)
    is_short = len(text.split()) <= 6 or _CLOSING.match(text) is not None
    return kind if kind in (Kind.APPROVE, Kind.NOISE) or (kind is Kind.PASS and is_short) else None


def _chooses(text: str, expects: Expects) -> bool:
    may_number = expects in (Expects.CHOICE, Expects.LIST, Expects.NUMBERS) and text[0] != "+"
    numbers = any(map(str.isdigit, text)) and _PICKS.fullmatch(text[:_LONG]) is not None
    is_place = len(text.split()) <= 4 and ordinal(text) is not None
    return (may_number and numbers) or (
        expects is Expects.CHOICE and (is_place or _ALL_OF_THEM.fullmatch(text) is not None)
    )


def _lists(text: str, expects: Expects) -> bool:
    """Whether a message is a list where a list was asked for: three short entries, or bullets."""
    if expects not in (Expects.LIST, Expects.NAMES, Expects.NUMBERS) or asks(text):
        return False
    pieces = [each for each in _SEPARATORS.split(text) if each.strip()]
    return len(pieces) > 2 and max(len(each.split()) for each in pieces) <= 8


def asks(text: str) -> bool:
    """Whether a message ends with a question."""
    return text.rstrip(" \t\n\"'”»)").endswith(("?", "？", "؟"))


def _modelled(text: str, understood: Understood) -> Heard:
    kind = _KINDS[understood.act]
    if kind is Kind.SUGGEST and _UNKNOWING.match(text):
        kind = Kind.PASS
    is_sure = understood.margin >= _SURE.get(kind, ASK)
    if kind is Kind.CONTENT and understood.scores[Act.TALK] >= _MAYBE_TALK:
        is_sure = False
    if not is_sure and understood.scores[Act.ANSWER] + understood.scores[Act.CORRECTION] < ASK / 2:
        # Whatever it is, it is nothing to store.
        is_sure = True
    return Heard(kind, is_sure, understood.scores[Act.ANSWER] >= ASK / 2)


def _approves(text: str, told: list[str]) -> bool:
    if not told:
        return _THUMBS.search(text) is not None
    known = all(word in _YES or word in _SMALL for word in told)
    return known and len(told) <= 14 and "?" not in text and not _YES.isdisjoint(told)


def _is_noise(text: str, told: list[str]) -> bool:
    if not told and not words(text):
        # Scripts without spaces still have letters; what has none is an emoji or punctuation.
        return not any(character.isalnum() for character in text)
    return len(told) <= 8 and all(word in _NOISE for word in told)


def _passes(text: str, told: list[str]) -> bool:
    if _ENOUGH.search(text) or (_UNKNOWING.match(text) and len(told) <= 14):
        return True
    closes = _CLOSING.match(text) is not None and _ALL_SAID.issuperset(told)
    return closes or (_NONE.issuperset(told) and not _NONE_AT_LEAST.isdisjoint(told))


def _asks(text: str, told: list[str], *, expects_questions: bool) -> bool:
    if len(told) > 30 or re.match(r"\A\W*+(?:how|wie) (?:might|can|could|kö)", text, re.IGNORECASE):
        return False
    if _TO_THE_GUIDE.match(text) or (
        _TO_THE_GUIDE.search(text) and len(told) <= 16 and "?" in text
    ):
        return not expects_questions or len(told) <= 7
    return (
        text.endswith("?")
        and "\n" not in text
        and not expects_questions
        and _QUESTION_WORD.match(text) is not None
    )


_LEADING_YES = re.compile(
    r"^\W*(?:yes|yep|yeah|ok(?:ay)?|sure|perfect|great|good|agreed|exactly|right|ja|passt|sí|vale"
    r"|oui|"
    r"keep (?:all|them|those|these|it)(?: of them)?|looks good|sounds good|love it)\b(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_AND_MORE = re.compile(
    r"^[\s,.;:!–—-]*(?:(?:and|but|plus|also|und|aber|y|pero|et|mais)\b[\s,:]*)+", re.IGNORECASE
)


def yes_and(text: str) -> tuple[bool, str]:
    """
    Return whether a message begins with a yes, and what it says besides.

    >>> yes_and("yes, but also: the cook")
    (True, 'the cook')
    """
    found = _LEADING_YES.match(text)
    if not found:
        return False, text
    return True, _AND_MORE.sub("", found["rest"]).strip(" ,.:!\n👍")
