"""
What the guide sees when it answers, and what it may ask.

Everything is derived from the request. Each reply is stored with the question it asked, so an answer
finds its question after a restart, in another process, and after any number of edits by hand. Replies
of older releases have no such note: their question is recognised by its fixed words.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from lib.guide.port import Request
from lib.guide.scripted import expecting, reading, say
from lib.guide.scripted.listen import Heard, Kind, heard
from lib.guide.scripted.wording import Wording, text, wording
from lib.guide.understanding.acts import Expects
from lib.workshop.artifacts.criteria.gap import Gap
from lib.workshop.artifacts.criteria.matching import folded
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.read_back import Asked, Offer, ReadBack
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus, Role

#: Where a question names what it is about.
TOPIC = "{topic}"

#: Words of a topic that a question shows.
TOPIC_WORDS = 9


#: The follow-up that asks about offers of the same reply, and not about a topic.
OFFERED = "offered"


@dataclass(frozen=True)
class Exchange:
    """What the guide asked, and what the team answered to it."""

    asked: Asked | None
    guide: str
    messages: tuple[Message, ...] = ()
    #: What the guide's reply took and offered.
    read_back: ReadBack = field(default_factory=ReadBack)
    #: What the question asks for.
    expects: Expects = Expects.APPROVAL
    #: Whether an answer to it may well be a question.
    expects_questions: bool = False

    @property
    def answers(self) -> tuple[str, ...]:
        """The texts of the team's messages, as far as they are read."""
        return tuple(each.text[: reading.MOST_READ] for each in self.messages)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The offers that the reply ended with, if it asked about them."""
        is_open = self.asked is None or self.asked.follow == OFFERED
        return self.read_back.offers if is_open else ()


@dataclass(frozen=True)
class Answer:
    """What the team said to a question, all of it since the guide last spoke."""

    text: str
    #: What the question was about, as the scene names it.
    topic: str = ""
    #: Which follow-up it answers, if it was one.
    follow: str = ""
    #: The team takes what was offered.
    yes: bool = False


@dataclass(frozen=True)
class Scene:
    """A request brought into shape: the draft and the artifacts are always whole dicts."""

    step: str
    phase: Phase
    fields: Fields
    artifacts: Mapping[str, Fields]
    challenge: str
    team: str
    exchanges: tuple[Exchange, ...] = ()
    language: str = "en"

    def having(self, fields: Fields) -> "Scene":
        """Return the same scene with another draft."""
        return replace(self, fields=normalised(self.step, fields))

    def text(self, key: str, /, **places: str | int) -> str:
        """Return a text of the guide in the workshop's language; see `wording.text`."""
        return text(self.language, key, **places)

    def shown(self, name: str, most: int, characters: int = 0) -> str:
        """Return a field of the draft beside its title, short; "open" where it is empty."""
        value = str(self.fields.get(name, "")) or self.text("say.open")
        title = self.text(f"field.{self.step}.{name}")
        return say.labelled(title, say.clip(value, most, characters), self.language)

    def upstream(self, step: str, name: str, default: Any) -> Any:
        """Return a field of an earlier artifact, *default* where there is none."""
        return self.artifacts.get(step, {}).get(name, default)

    @property
    def latest(self) -> tuple[str, ...]:
        """What the team wrote since the guide last spoke."""
        return self.exchanges[-1].answers if self.exchanges else ()

    @cached_property
    def earlier(self) -> tuple[Exchange, ...]:
        """The exchanges before the one that is being answered."""
        return self.exchanges[:-1]

    def heard(self, exchange: Exchange, text: str) -> Heard:
        """Return what a message did in an exchange."""
        found = heard(
            text,
            exchange.expects,
            language=self.language,
            aside=self.team,
            expects_questions=exchange.expects_questions,
        )
        # Words of the guide's own message are a choice of what it showed there.
        repeats = not found.is_sure and len(text.split()) > 1 and exchange.asked is not None
        if repeats and f" {folded(text)} " in f" {folded(exchange.guide)} ":
            return Heard(Kind.CONTENT)
        return found

    def answers(self, id_: str, topic: str | None = None) -> list[str]:
        """Return every message that answered a question, the newest last."""
        return [text for _, text in self._answers(id_, topic)]

    def kinds(self, id_: str, topic: str | None = None) -> list[Kind]:
        """Return what each message after a question did, the newest last."""
        found = (self.heard(exchange, text) for exchange, text in self._answers(id_, topic))
        return [each.kind if each.is_sure else Kind.NOISE for each in found]

    def _answers(self, id_: str, topic: str | None) -> list[tuple[Exchange, str]]:
        return [
            (exchange, text)
            for exchange in self.exchanges
            if exchange.asked and exchange.asked.id == id_ and exchange.asked.follow != OFFERED
            if topic is None or exchange.asked.topic == say.clip(topic, TOPIC_WORDS)
            for text in exchange.answers
        ]

    def answered(self, id_: str, topic: str | None = None) -> bool:
        """Whether the team has said something to a question, be it that they have nothing."""
        said = (Kind.CONTENT, Kind.PASS, Kind.APPROVE)
        return any(kind in said for kind in self.kinds(id_, topic))

    def finished(self, id_: str) -> bool:
        """Whether the team has closed a question that is asked again and again."""
        return any(kind in (Kind.PASS, Kind.APPROVE) for kind in self.kinds(id_))

    def followed(self, id_: str, topic: str) -> bool:
        """Whether a question was already followed up."""
        shown = say.clip(topic, TOPIC_WORDS)
        return any(asked.follow for asked in self.asked(id_) if asked.topic == shown)

    def asked(self, id_: str) -> list[Asked]:
        """Return every time a question was asked, follow-ups included."""
        found = (exchange.asked for exchange in self.exchanges)
        return [each for each in found if each and each.id == id_ and each.follow != OFFERED]


def _no_topics(scene: Scene) -> list[str]:
    return [""]


def _no_choices(scene: Scene, topic: str) -> list[str]:
    return []


def _no_lead(scene: Scene, topic: str) -> str:
    return ""


def _never(scene: Scene, topic: str) -> bool:
    return False


def _never_thin(scene: Scene, answer: Answer) -> str:
    return ""


@dataclass(frozen=True)
class Question:
    """One thing the guide asks in a step: what an answer does, and when it needs no asking."""

    step: str
    id: str
    #: The top-level field of the artifact that the answer goes to.
    serves: str
    #: Returns the draft with an answer taken in.
    take: Callable[[Scene, Answer], Fields]
    #: Whether it needs no asking (any more) about a topic.
    known: Callable[[Scene, str], bool]
    #: Said before the question, such as candidates to choose from.
    lead: Callable[[Scene, str], str] = _no_lead
    #: Which follow-up an answer needs, "" for none.
    thin: Callable[[Scene, Answer], str] = _never_thin
    #: What it is asked about, one after the other. Neighbours with the same topics are asked
    #: topic by topic.
    topics: Callable[[Scene], list[str]] = _no_topics
    #: Whether something to say yes to was offered.
    offers: Callable[[Scene, str], bool] = _never
    #: Answers to choose from, as the team would say them.
    choices: Callable[[Scene, str], list[str]] = _no_choices
    #: Whether a text answers this question by its form, whichever is open.
    claims: Callable[[str], bool] = lambda text: False
    #: Whether the step can be confirmed without an answer.
    optional: bool = False
    #: Times it is asked about one topic before the guide moves on; the gate names it later.
    patience: int = 3

    def words(self, language: str = "en") -> Wording:
        """Return how it is put."""
        return wording(language)[self.step][self.id]

    def asking(self, topic: str, follow: str = "", language: str = "en") -> str:
        """Return the question as it is put."""
        words = self.words(language)
        put = words.follow.get(follow, words.ask)
        return put.replace(TOPIC, say.clip(topic, TOPIC_WORDS))


@dataclass(frozen=True)
class Script:
    """How the guide leads through one step."""

    step: str
    #: What the greeting says after the welcome: ties to what the team has made so far.
    greet: Callable[[Scene], str]
    questions: tuple[Question, ...]
    #: Lines that show the draft in a chat message.
    show: Callable[[Scene], list[str]]
    #: One or two sentences on what the team has now.
    wrap: Callable[[Scene], str]
    #: Fills what follows from the draft and from earlier artifacts, and nothing that is there.
    compose: Callable[[Scene], Fields] = lambda scene: scene.fields
    #: Makes a correction in the step's own terms, or returns None; tried before the general ones.
    correct: Callable[[Scene, str], Fields | None] = lambda scene, text: None
    #: Makes sense of a remark that answers no question, or returns None.
    loose: Callable[[Scene, str], Fields | None] = lambda scene, text: None
    #: The earlier steps the draft is made from; said plainly where one is missing.
    needs: tuple[str, ...] = ()
    #: The question that closes a gap; by default the first that serves its field.
    closes: Callable[[Scene, Gap], str] = lambda scene, gap: ""

    def question(self, id_: str) -> Question:
        """Return the question called *id_*."""
        return next(each for each in self.questions if each.id == id_)


def has_a_draft(scene: Scene) -> bool:
    """Whether the draft is on the table already, so that nothing more is gathered."""
    return scene.phase not in (Phase.ORIENT, Phase.GATHER)


def seen(request: Request, script: Script) -> Scene:
    """Bring a request into shape; nothing in it is too broken."""
    artifacts = {
        slug: normalised(slug, fields)
        for slug, fields in request.artifacts.items()
        if slug in MODELS and isinstance(fields, Mapping)
    }
    return Scene(
        request.step,
        request.phase,
        normalised(request.step, request.draft),
        {slug: fields for slug, fields in artifacts.items() if fields},
        request.challenge,
        request.team,
        tuple(_exchanges(request.transcript, script)),
        request.language if request.language in LANGUAGES else "en",
    )


def _exchanges(transcript: Sequence[Message], script: Script) -> list[Exchange]:
    """
    Part a transcript into questions and answers.

    Only a whole reply counts as the guide having spoken: what an unfinished one would have taken
    in never reached the draft, so its questions are answered now.
    """
    found: list[Exchange] = []
    for message in transcript:
        if message.role is Role.USER:
            if not found:
                found.append(Exchange(None, "", expects=Expects.TEXT))
            found[-1] = replace(found[-1], messages=(*found[-1].messages, message))
        elif message.status is MessageStatus.COMPLETE:
            asked = _about_the_same(_asked(script, message), found)
            found.append(_exchange(script.step, asked, message))
    return found


def _exchange(step: str, asked: Asked | None, message: Message) -> Exchange:
    took = message.read_back or ReadBack()
    if asked is None:
        return Exchange(None, message.text, (), took)
    expected = expecting.expects(step, asked.id)
    is_question = expecting.expects_questions(step, asked.id)
    return Exchange(asked, message.text, (), took, expected, is_question)


def _asked(script: Script, message: Message) -> Asked | None:
    """Return the question a message of the guide asked: as stored, else by its words."""
    stored = message.read_back.asked if message.read_back else None
    if stored and any(each.id == stored.id for each in script.questions):
        return replace(stored, topic=say.clip(stored.topic, TOPIC_WORDS))
    return recognised(script, message.text)


def _about_the_same(asked: Asked | None, before: Sequence[Exchange]) -> Asked | None:
    """Give a follow-up that names no topic the topic of what it follows."""
    if asked is None or not asked.follow or asked.topic:
        return asked
    earlier = (each.asked for each in reversed(before))
    same = next((each for each in earlier if each and each.id == asked.id), asked)
    return replace(asked, topic=same.topic)


def recognised(script: Script, text: str) -> Asked | None:
    """Return which question a message of the guide ended with, or None."""
    ending = text.strip()[-600:]
    for question in script.questions:
        # In any language: one that is changed half way must not make the guide forget.
        for words in map(question.words, LANGUAGES):
            for follow, put in (*words.follow.items(), ("", words.ask)):
                if found := _pattern(put).search(ending):
                    return Asked(question.id, found.groupdict().get("topic") or "", follow)
    return None


@lru_cache(maxsize=1_024)
def _pattern(put: str) -> re.Pattern[str]:
    fixed = (re.escape(part) for part in put.split(TOPIC))
    return re.compile("(?P<topic>[^\n]*?)".join(fixed) + r"\Z")
