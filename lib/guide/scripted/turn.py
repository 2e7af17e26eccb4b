"""What the latest messages come to: which question they answer, what they correct and add."""

from dataclasses import dataclass, replace
from itertools import groupby

from lib.guide.scripted import commands, edits, reading, say
from lib.guide.scripted.help import answer_to
from lib.guide.scripted.listen import Kind, kind_of
from lib.guide.scripted.scene import TOPIC_WORDS, Answer, Asked, Question, Scene, Script
from lib.workshop.status import Phase


@dataclass(frozen=True)
class Taken:
    """What came of the team's messages."""

    scene: Scene
    #: What the guide says about them.
    said: tuple[str, ...] = ()
    #: Whether the draft was changed, or something was told that belongs to it.
    worked: bool = False
    approved: bool = False
    follow: str = ""
    #: The team said something that fits nowhere.
    lost: str = ""


def has_a_draft(scene: Scene) -> bool:
    """Whether the draft is on the table already, so that nothing more is gathered."""
    return scene.phase not in (Phase.ORIENT, Phase.GATHER)


def waiting_for(scene: Scene, script: Script) -> tuple[Question, Asked] | None:
    """Return the question the team is answering; None where the draft is on the table."""
    asked = scene.exchanges[-1].asked if scene.exchanges else None
    if asked is None and not has_a_draft(scene):
        first = next_question(replace(scene, exchanges=scene.earlier), script)
        asked = Asked(first[0].id, first[1]) if first else None
    if asked is None:
        return None
    question = script.question(asked.id)
    return question, replace(asked, topic=_topic(scene, question, asked.topic))


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
    passes = sum(kind_of(text) is Kind.PASS for text in scene.answers(question.id, topic))
    shown = say.clip(topic, TOPIC_WORDS)
    asked = sum(each.topic == shown for each in scene.asked(question.id))
    return passes >= (1 if question.optional else 2) or asked >= question.patience


def take_in(scene: Scene, script: Script, pending: tuple[Question, Asked] | None) -> Taken:
    """Take in every message since the guide last spoke, in order."""
    taken = Taken(scene)
    content: list[str] = []
    expects = bool(pending and pending[0].expects_questions)
    for text in scene.latest:
        kind = kind_of(text, expects_questions=expects, aside=scene.team)
        if kind is Kind.APPROVE or (kind is Kind.PASS and pending is None):
            taken = replace(taken, approved=True)
        elif kind is not Kind.CONTENT:
            taken = _noted(taken, kind, text, pending)
        else:
            taken, rest = _corrected(replace(taken, approved=False), script, text, pending)
            content += [rest] if rest else []
    if content:
        return _answered(taken, script, pending, "\n".join(content))
    if (
        taken.approved
        and pending
        and not taken.worked
        and pending[0].offers(scene, pending[1].topic)
    ):
        return _offer_taken(taken, pending)
    return taken


def _noted(taken: Taken, kind: Kind, text: str, pending: tuple[Question, Asked] | None) -> Taken:
    said = answer_to(taken.scene, kind, text, pending)
    return replace(taken, said=(*taken.said, said)) if said else taken


def _corrected(
    taken: Taken, script: Script, text: str, pending: tuple[Question, Asked] | None
) -> tuple[Taken, str]:
    """Apply the corrections in a message; return what else it says."""
    scene = taken.scene
    fields, rest = edits.labelled(scene.step, scene.fields, text)
    if fields != scene.fields:
        taken = replace(taken, scene=scene.having(fields), worked=True)
    parts = commands.split(rest)
    others: list[str] = []
    for part in parts:
        corrected = _correction(taken, script, part, pending)
        taken = corrected or taken
        others += [] if corrected else [part]
    kept = rest if len(others) == len(parts) else "\n".join(others)
    return taken, kept if kind_of(kept) is Kind.CONTENT else ""


def _correction(
    taken: Taken, script: Script, part: str, pending: tuple[Question, Asked] | None
) -> Taken | None:
    """Return what one correction leads to, or None where the words are none."""
    scene = taken.scene
    command = commands.command(part)
    fields = script.correct(scene, part)
    told = scene.text("turn.done", words=say.gist(part, language=scene.language))
    if fields is None and command is not None:
        fields = edits.applied(scene.step, scene.fields, command)
        told = _told(scene, command)
    if fields is not None:
        return replace(taken, scene=scene.having(fields), worked=True, said=(*taken.said, told))
    nowhere = command is not None and not pending and command.verb is not commands.Verb.ADD
    return replace(taken, lost=part) if nowhere else None


def _told(scene: Scene, command: commands.Command) -> str:
    old, new = command.readings[0]
    if command.verb is commands.Verb.REMOVE:
        return scene.text("turn.removed", words=say.gist(old, 8, scene.language))
    if command.verb is commands.Verb.ADD:
        return scene.text("turn.added", words=say.gist(new, 8, scene.language))
    return scene.text("turn.changed", words=say.gist(new, 12, scene.language))


def _answered(
    taken: Taken, script: Script, pending: tuple[Question, Asked] | None, text: str
) -> Taken:
    if pending is None:
        return _remarked(taken, script, text)
    question, asked = pending
    answer = Answer(text, asked.topic, asked.follow)
    fields = question.take(taken.scene, answer)
    scene = taken.scene.having(fields)
    again = taken.scene.followed(question.id, asked.topic)
    follow = "" if again else question.thin(scene, answer)
    said = (*taken.said, _thanks(question, scene, text)) if not follow else taken.said
    return replace(taken, scene=scene, worked=True, said=said, follow=follow)


def _thanks(question: Question, scene: Scene, text: str) -> str:
    thanks = question.words(scene.language).thanks
    if not thanks:
        return ""
    chosen = thanks[len(scene.exchanges) % len(thanks)]
    return chosen.replace(
        "{gist}", say.phrase(reading.said(_first_line(text)), language=scene.language)
    )


def _first_line(text: str) -> str:
    return next((row for row in text.splitlines() if row.strip()), text)


def _remarked(taken: Taken, script: Script, text: str) -> Taken:
    """Make sense of a remark on the draft that is no correction by its wording."""
    fields = script.loose(taken.scene, text)
    if fields is None:
        return replace(taken, lost=text)
    scene = taken.scene.having(fields)
    return replace(
        taken, scene=scene, worked=True, said=(*taken.said, taken.scene.text("turn.put_in"))
    )


def _offer_taken(taken: Taken, pending: tuple[Question, Asked]) -> Taken:
    question, asked = pending
    answer = Answer("", asked.topic, asked.follow, yes=True)
    return replace(taken, scene=taken.scene.having(question.take(taken.scene, answer)), worked=True)
