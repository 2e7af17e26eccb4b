"""
What becomes of the latest messages: answers are taken in, everything else is left out of the draft.

Only what clearly answers the open question is stored. What would change something that stands in the
draft is offered; what may be something else is asked about; the rest is talk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lib.guide.scripted import (
    commands,
    corrections,
    edits,
    expecting,
    offers,
    reading,
    requests,
    say,
)
from lib.guide.scripted.help import answer_to
from lib.guide.scripted.listen import HOW_MIGHT_WE, Heard, Kind, asks, is_skip
from lib.guide.scripted.scene import (
    OFFERED,
    TOPIC_WORDS,
    Answer,
    Question,
    Scene,
    Script,
    has_a_draft,
)
from lib.guide.understanding.acts import Expects
from lib.workshop.artifacts.criteria.matching import words
from lib.workshop.read_back import Asked, Offer
from lib.workshop.read_back import Taken as Line
from lib.workshop.records import Fields
from lib.workshop.transcript import Message

#: Words an answer has at least to be thanked for; a shorter one is only reported.
_WORTH_THANKS = 3

#: Commas and semicolons of other scripts, as the lists are parted at.
_AS_ASCII = str.maketrans({"،": ", ", "，": ", ", "、": ", ", "؛": "; ", "；": "; ", "：": ": "})

#: The questions whose answer is a how-might-we, by step.
_WHOLE = {"challenge": ("question",), "reframe": ("another",)}

#: How somebody goes on with a list.
_GOES_ON = re.compile(
    r"\A\W*+(?:and|also|plus|und|auch|außerdem|y|también|et|aussi)\b", re.IGNORECASE
)

Pending = tuple[Question, Asked] | None


@dataclass(frozen=True)
class Taken:
    """What became of the team's messages."""

    scene: Scene
    #: What the guide says about them.
    said: tuple[str, ...] = ()
    #: Whether the draft was changed, or may be with an offer.
    worked: bool = False
    approved: bool = False
    follow: str = ""
    #: The team said something that fits nowhere.
    lost: str = ""
    #: What was put into the draft, line by line.
    lines: tuple[Line, ...] = ()
    #: What the reply offers, and the question about it.
    offers: tuple[Offer, ...] = ()
    asks: str = ""


def waiting_for(scene: Scene, script: Script) -> Pending:
    """Return the question the team is answering; None where the draft is on the table."""
    asked = scene.exchanges[-1].asked if scene.exchanges else None
    if asked is None and not has_a_draft(scene):
        first = next_question(replace(scene, exchanges=scene.earlier), script)
        asked = Asked(first[0].id, first[1]) if first else None
    if asked is None:
        return None
    question = script.question(asked.id)
    follow = "" if asked.follow == OFFERED else asked.follow
    return question, replace(asked, topic=_topic(scene, question, asked.topic), follow=follow)


def _topic(scene: Scene, question: Question, shown: str) -> str:
    """Return the topic whose shortened form was shown."""
    topics = question.topics(scene)
    return next(
        (each for each in topics if say.clip(each, TOPIC_WORDS) == shown), (topics or [""])[0]
    )


def next_question(scene: Scene, script: Script) -> tuple[Question, str] | None:
    """Return the first question that still needs an answer, and what it is about."""
    for topics, questions in groupby(script.questions, key=lambda each: each.topics):
        asked = list(questions)
        for topic in topics(scene):
            for question in asked:
                if not question.known(scene, topic) and not _left(scene, question, topic):
                    return question, topic
    return None


def _left(scene: Scene, question: Question, topic: str) -> bool:
    """Whether the team passed on a question, or it was asked often enough."""
    passes = scene.kinds(question.id, topic).count(Kind.PASS)
    shown = say.clip(topic, TOPIC_WORDS)
    asked = sum(each.topic == shown for each in scene.asked(question.id))
    return passes >= (1 if question.optional else 2) or asked >= question.patience


def take_in(scene: Scene, script: Script, pending: Pending) -> Taken:
    """Take in every message since the guide last spoke, in order."""
    taken, messages = _settled(Taken(scene), scene.exchanges[-1].messages)
    turn = _Turn(script, pending, taken)
    for message in messages:
        turn.hear(message)
    return turn.taken()


# Answers to offers


def _settled(taken: Taken, messages: Sequence[Message]) -> tuple[Taken, Sequence[Message]]:
    """Carry out the offer that a message chose; return the messages that said something else."""
    scene = taken.scene
    exchange = scene.exchanges[-1]
    for place, message in enumerate(messages if exchange.offers else ()):
        text = message.text[: reading.MOST_READ]
        said = scene.heard(exchange, text).kind
        offer = offers.chosen(text, said, exchange.offers)
        # An offer somebody has pressed already no longer fits: then a yes is about the draft.
        is_done = offer is not None and offer.operations and not offers.fits(scene, offer)
        if offer is not None and not (is_done and said is Kind.APPROVE):
            others = [*messages[:place], *messages[place + 1 :]]
            return _with(taken, offer, message), others
    return taken, messages


def _with(taken: Taken, offer: Offer, message: Message) -> Taken:
    scene = taken.scene
    if not offer.operations:
        return replace(taken, worked=True, said=(scene.text("core.left"),))
    done = offers.accepted(scene, offer, [message])
    if done is None:
        return replace(taken, worked=True, said=(scene.text("core.no_fit"),))
    told = offers.report(scene, done.lines) or scene.text("core.nothing")
    return replace(
        taken, scene=scene.having(done.fields), worked=True, said=(told,), lines=done.lines
    )


# One message after the other


class _Turn:
    """The messages of one turn, sorted by what they do."""

    def __init__(self, script: Script, pending: Pending, taken: Taken) -> None:
        self._script = script
        self._pending = pending
        self._taken = taken
        self._answers: list[Message] = []
        self._unsure: list[Message] = []
        self._asked = False

    def hear(self, message: Message) -> None:
        """Sort in one message."""
        text = message.text[: reading.MOST_READ]
        scene = self._taken.scene
        said = scene.heard(scene.exchanges[-1], text)
        self._asked |= asks(text)
        if (request := requests.of(text)) is not None:
            self._taken = _requested(self._taken, self._script, request)
        elif (whole := self._whole_question(text)) is not None:
            self._taken = _taking(self._taken, whole.take(scene, Answer(text)), [message])
            self._asked = False
        elif self._is_change(said.kind, text):
            self._correct(message)
        elif not said.is_sure or said.kind in (Kind.CORRECT, Kind.CONTENT):
            self._work(message, said)
        elif said.kind is Kind.APPROVE or (said.kind is Kind.PASS and self._closes(text)):
            self._taken = replace(self._taken, approved=True)
        else:
            self._note(said.kind, text)

    def _work(self, message: Message, said: Heard) -> None:
        """Sort in a message that is, or may be, content or a correction."""
        text = message.text[: reading.MOST_READ]
        changes = said.kind is Kind.CORRECT and self._would_change(text)
        goes_on = self._pending and not changes and (said.may_answer or _GOES_ON.match(text))
        is_answer = said.is_sure and said.kind is Kind.CONTENT and self._pending
        if is_answer or (goes_on and said.kind is Kind.CORRECT):
            self._taken = replace(self._taken, approved=False)
            self._answers.append(message)
        elif said.is_sure:
            self._correct(message)
        else:
            self._unsure.append(message)

    def _would_change(self, text: str) -> bool:
        """Whether a message is worded as a correction, or means something in the draft."""
        made, _ = corrections.made(self._taken.scene, self._script, text)
        return made is not None or commands.command(text) is not None

    def _whole_question(self, text: str) -> Question | None:
        """Return which question a how-might-we answers that was put before it was asked for."""
        if not asks(text) or not HOW_MIGHT_WE.match(text.lstrip(" ¿\"'“„«")):
            return None
        step, is_open = self._script.step, self._pending[0].id if self._pending else ""
        asking = [each for each in self._script.questions if each.id in _WHOLE.get(step, ())]
        return next((each for each in asking if each.id != is_open), None)

    def _is_change(self, kind: Kind, text: str) -> bool:
        """Whether a draft on the table is to be changed, be it as a question ("can you drop 2?")."""
        if self._pending or kind not in (Kind.CONTENT, Kind.CORRECT, Kind.ASK, Kind.SUGGEST):
            return False
        return corrections.made(self._taken.scene, self._script, text)[0] is not None

    def _closes(self, text: str) -> bool:
        """Whether having nothing to add says that the draft is right."""
        return self._pending is None and not is_skip(text)

    def _note(self, kind: Kind, text: str) -> None:
        said = answer_to(self._taken.scene, kind, text, self._pending)
        if self._pending is None and kind is Kind.PASS:
            said = self._taken.scene.text("core.skip")
        if said and said not in self._taken.said:
            self._taken = replace(self._taken, said=(*self._taken.said, said))

    def _correct(self, message: Message) -> None:
        self._taken = replace(self._taken, approved=False)
        fields, rest = corrections.made(self._taken.scene, self._script, message.text)
        if fields is None:
            self._unplaceable(message)
            return
        self._taken = _taking(self._taken, fields, [message], whole=True)
        if rest and self._pending:
            self._answers.append(replace(message, text=rest))

    def _unplaceable(self, message: Message) -> None:
        """Note a correction of something that is not in the draft; what is no command is unsure."""
        command = commands.command(message.text)
        if command is None or command.verb is commands.Verb.ADD or self._taken.lost:
            self._unsure.append(message)
        else:
            self._taken = _unplaced(self._taken, self._pending, message.text)

    def taken(self) -> Taken:
        """Return what became of all messages."""
        taken = self._taken
        if self._answers and self._pending:
            for pending in _claimed(taken.scene, self._script, self._pending, self._answers):
                taken = _answered(taken, pending, self._answers)
        if self._unsure:
            taken = _wondered(taken, self._script, self._pending, self._unsure)
        if taken.approved and self._pending and not taken.worked:
            question, asked = self._pending
            if question.offers(taken.scene, asked.topic):
                return _offer_taken(taken, question, asked)
        # A message that asks something approves of nothing.
        return replace(taken, approved=taken.approved and not self._asked and not taken.offers)


def _requested(taken: Taken, script: Script, request: requests.Wants) -> Taken:
    scene = taken.scene
    if request is requests.Wants.UNDO:
        if back := offers.undoing(scene):
            return _offering(taken, back)
        return replace(taken, said=(*taken.said, scene.text("core.undo_none")))
    if request is requests.Wants.SHOW:
        shown = say.bullets(script.show(scene)) if scene.fields else scene.text("core.nothing")
        return replace(taken, said=(*taken.said, shown))
    example = scene.text("say.quoted", words=scene.text(f"example.{scene.step}"))
    told = {
        requests.Wants.BACK: scene.text("core.back", example=example),
        requests.Wants.RESTART: scene.text("core.restart"),
        requests.Wants.CONFIRM: scene.text("core.confirm"),
    }
    return replace(taken, said=(*taken.said, told[request]))


def _offering(taken: Taken, made: Sequence[Offer]) -> Taken:
    """Add offers of a change; several changes of one turn become one offer."""
    scene = taken.scene
    if taken.offers:
        first, *_ = taken.offers
        both = (*first.operations, *made[0].operations)
        label = scene.text("core.label_all", count=2)
        made = (Offer(label, f"{first.detail} {made[0].detail}", both), *made[1:])
        said = taken.said[:-1]
    else:
        said = taken.said
    told = scene.text("core.offered", detail=made[0].detail)
    return replace(
        taken,
        said=(*said, told),
        worked=True,
        offers=tuple(made),
        asks=scene.text("core.ask_change"),
    )


def _taking(
    taken: Taken,
    after: Fields,
    messages: Sequence[Message],
    *,
    may_replace: str = "",
    whole: bool = False,
) -> Taken:
    """Put what *after* adds into the draft, report it, and offer the rest."""
    parted = offers.parted(taken.scene, after, messages, may_replace=may_replace, whole=whole)
    told = offers.report(taken.scene, parted.lines)
    taken = replace(
        taken,
        scene=taken.scene.having(parted.fields),
        worked=taken.worked or bool(parted.lines),
        said=(*taken.said, *([told] if told else [])),
        lines=(*taken.lines, *parted.lines),
    )
    made = offers.change(taken.scene, parted.risky)
    return _offering(taken, made) if made else taken


def _claimed(
    scene: Scene, script: Script, pending: tuple[Question, Asked], messages: Sequence[Message]
) -> list[tuple[Question, Asked]]:
    """Return the questions that messages answer by their form, such as headings; else the open one."""
    text = "\n".join(each.text[: reading.MOST_READ] for each in messages)
    claiming = [each for each in script.questions if each.claims(text)]
    if not claiming:
        return [pending]
    return [(each, _about(scene, each, pending)) for each in claiming]


def _about(scene: Scene, question: Question, pending: tuple[Question, Asked]) -> Asked:
    """Return what an answer to a question nobody asked is about: the same, or what is open of it."""
    asked = pending[1]
    if question is pending[0]:
        return asked
    topics = question.topics(scene) or [""]
    open_ = [each for each in topics if not question.known(scene, each)]
    is_same = asked.topic in topics and (asked.topic in open_ or not open_)
    return Asked(question.id, asked.topic if is_same else (open_ or topics)[0])


def _answered(taken: Taken, pending: tuple[Question, Asked], messages: Sequence[Message]) -> Taken:
    question, asked = pending
    text = "\n".join(each.text[: reading.MOST_READ] for each in messages)
    before = taken.scene
    fields, rest = edits.labelled(before.step, before.fields, text)
    if _parts_at_commas(before.step, question.id):
        rest = rest.translate(_AS_ASCII)
    answer = Answer(rest, asked.topic, asked.follow)
    if rest:
        fields = question.take(before.having(fields), answer)
    may_replace = question.serves if asked.follow else ""
    taken = _taking(taken, fields, messages, may_replace=may_replace)
    again = before.followed(question.id, asked.topic)
    follow = "" if again or not rest else question.thin(taken.scene, answer)
    thanks = "" if follow or taken.offers else _thanks(question, asked, taken, text)
    # What the answer is worth is said once: a thank-you for a whole answer, else the report alone.
    said = (*taken.said, thanks) if thanks else taken.said
    return replace(taken, said=said, follow="" if taken.offers else follow)


def _parts_at_commas(step: str, id_: str) -> bool:
    listed = (Expects.LIST, Expects.NAMES, Expects.NUMBERS, Expects.CHOICE)
    return step == "persona" or expecting.expects(step, id_) in listed


def _thanks(question: Question, asked: Asked, taken: Taken, text: str) -> str:
    """Return thanks for an answer that put something into the draft and leaves nothing open."""
    scene = taken.scene
    thanks = question.words(scene.language).thanks
    is_whole = bool(taken.lines) and question.known(scene, asked.topic)
    if not thanks or not is_whole or len(words(text)) < _WORTH_THANKS:
        return ""
    chosen = thanks[len(scene.exchanges) % len(thanks)]
    return chosen.replace(
        "{gist}", say.phrase(reading.said(_first_line(text)), language=scene.language)
    )


def _first_line(text: str) -> str:
    return next((row for row in text.splitlines() if row.strip()), text)


def _offer_taken(taken: Taken, question: Question, asked: Asked) -> Taken:
    answer = Answer("", asked.topic, asked.follow, yes=True)
    return _taking(taken, question.take(taken.scene, answer), [])


# What may be something else


def _wondered(taken: Taken, script: Script, pending: Pending, messages: Sequence[Message]) -> Taken:
    """Ask about what may be content, a correction or talk; nothing of it is stored."""
    scene = taken.scene
    text = "\n".join(each.text[: reading.MOST_READ] for each in messages)
    made = () if taken.offers else _ways(scene, script, pending, messages, text)
    if not any(each.operations for each in made):
        return _unplaced(taken, pending, text)
    gist = say.phrase(_first_line(text), language=scene.language)
    said = (*taken.said, scene.text("core.unsure", gist=gist))
    asking = scene.text("core.ask_place", gist=gist)
    return replace(taken, worked=True, approved=False, said=said, offers=made, asks=asking)


def _ways(
    scene: Scene, script: Script, pending: Pending, messages: Sequence[Message], text: str
) -> tuple[Offer, ...]:
    """Return what could be done with *text*: a change it may ask for, and places it may go."""
    fields, _ = corrections.made(scene, script, text)
    change: tuple[Offer, ...] = ()
    if fields is not None:
        risky = offers.parted(scene, fields, messages)
        change = offers.change(scene, (*risky.lines, *risky.risky))[:1]
    if pending is None:
        loose = script.loose(scene, text)
        lines = offers.parted(scene, loose, messages).lines if loose else ()
    else:
        question, asked = pending
        fields = question.take(scene, Answer(text, asked.topic, ""))
        lines = offers.parted(scene, fields, messages).lines
    is_short = len(words(text)) <= _PLACED
    places = offers.placing(scene, text, lines) if lines or is_short else ()
    if not change:
        return places
    return (
        *change,
        *places[:-1][: offers.MOST_CHOICES - 1],
        *(places[-1:] or (offers.leave(scene),)),
    )


#: Words of a remark that is offered a place of its own; what is longer is no entry of a list.
_PLACED = 30


def _unplaced(taken: Taken, pending: Pending, text: str) -> Taken:
    if pending is None:
        return replace(taken, lost=text, approved=False)
    words_ = say.gist(text, language=taken.scene.language)
    told = taken.scene.text("arc.lost", words=words_)
    return replace(taken, approved=False, said=(*taken.said, told))
