"""
The arc of a step: orient, gather, synthesize, refine, validate, complete.

It moves on what is known, what the team agreed to and what the criteria say; never on how many
messages there were, and never back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lib.guide import missing
from lib.guide.scripted import gaps as gaps_said
from lib.guide.scripted import replies, say
from lib.guide.scripted.scene import OFFERED, TOPIC_WORDS, Question, Scene, Script, has_a_draft
from lib.guide.scripted.turn import Pending, Taken, next_question, take_in, waiting_for
from lib.guide.scripted.wording import CHANGE
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria.gap import Gap
from lib.workshop.read_back import Asked, ReadBack
from lib.workshop.records import Fields
from lib.workshop.status import Phase

_ORDER = tuple(Phase)

#: Ways to say that the draft is on the table.
_SHOWN = 3


@dataclass(frozen=True)
class Reply:
    """A whole reply: what is said, and what becomes of the draft."""

    text: str
    fields: Fields
    phase: Phase
    suggestions: tuple[str, ...] = ()
    read_back: ReadBack = field(default_factory=ReadBack)


def play(scene: Scene, script: Script) -> Reply:
    """Return the reply to a scene: the greeting, or the answer to what the team said last."""
    if not any(exchange.answers for exchange in scene.exchanges):
        return _greeting(scene, script)
    pending = waiting_for(scene, script)
    taken = take_in(scene, script, pending)
    if not has_a_draft(scene):
        taken = replace(taken, scene=taken.scene.having(script.compose(taken.scene)))
    reply = _played(scene, taken, script, pending)
    took = replace(reply.read_back, taken=taken.lines, offers=taken.offers)
    return replace(reply, read_back=took)


def _played(scene: Scene, taken: Taken, script: Script, pending: Pending) -> Reply:
    if taken.offers:
        return _offering(scene, taken, pending)
    if scene.phase is Phase.COMPLETE:
        return _after_the_end(taken, script)
    if not taken.follow and (has_a_draft(scene) or next_question(taken.scene, script) is None):
        return _with_a_draft(scene, taken, script)
    return _gathering(taken, script, pending)


def _greeting(scene: Scene, script: Script) -> Reply:
    composed = scene.having(script.compose(scene)) if scene.artifacts else scene
    asked = next_question(composed, script)
    parts = [_welcome(scene), _lacking(scene, script), script.greet(scene)]
    if asked is None:
        shown = say.bullets(script.show(composed))
        return _reply(composed, Phase.ORIENT, [*parts, shown], CHANGE[scene.language][0])
    question, topic = asked
    return _asking(
        composed, Phase.ORIENT, [*parts, question.lead(composed, topic)], question, topic
    )


def _welcome(scene: Scene) -> str:
    facts = {
        "step": scene.text(f"step.{scene.step}"),
        "purpose": scene.text(f"purpose.{scene.step}"),
        "artifact": scene.text(f"artifact.{scene.step}"),
    }
    if not scene.team.strip():
        return scene.text("arc.welcome", **facts)
    return scene.text("arc.welcome_team", team=say.clip(scene.team, 5), **facts)


def _lacking(scene: Scene, script: Script) -> str:
    """Say in one fixed line which earlier artifacts are not there."""
    lacking = [slug for slug in script.needs if slug not in scene.artifacts]
    return missing.line(lacking, scene.language)


# Answering


def _offering(before: Scene, taken: Taken, pending: Pending) -> Reply:
    """Ask about offers, and nothing else; the open question waits."""
    phase = before.phase if has_a_draft(before) else Phase.GATHER
    reply = _reply(taken.scene, phase, taken.said, taken.asks)
    asked = Asked(pending[0].id, pending[1].topic, OFFERED) if pending else None
    return replace(reply, suggestions=(), read_back=ReadBack(asked=asked))


def _gathering(taken: Taken, script: Script, pending: Pending) -> Reply:
    scene = taken.scene
    phase = _furthest(scene.phase, Phase.GATHER)
    if taken.follow and pending:
        question, asked = pending
        return _asking(scene, phase, taken.said, question, asked.topic, follow=taken.follow)
    found = next_question(scene, script)
    if found is None:
        return _with_a_draft(scene, taken, script)
    question, topic = found
    said = list(taken.said)
    again = pending is not None and (question.id, topic) == (pending[0].id, pending[1].topic)
    if again and not taken.worked and _asked_in_vain(scene, question, topic):
        return _stuck(scene, phase, said, question, topic)
    if again and not taken.worked and not any(said):
        said = [question.words(scene.language).why]
    return _asking(scene, phase, [*said, question.lead(scene, topic)], question, topic)


def _asked_in_vain(scene: Scene, question: Question, topic: str) -> bool:
    """Whether the last two replies asked the same in the same words."""
    asked = [each.asked for each in scene.exchanges[-2:]]
    same = Asked(question.id, say.clip(topic, TOPIC_WORDS))
    return asked == [same, same]


def _stuck(
    scene: Scene, phase: Phase, said: Sequence[str], question: Question, topic: str
) -> Reply:
    """Say that two answers could not be used, and offer ways on, in other words than before."""
    title = scene.text(f"field.{scene.step}.{question.serves}")
    why = question.words(scene.language).why
    told = scene.text("core.stuck", field=title, why=why)
    asked = _asking(scene, phase, [*said, question.lead(scene, topic), told], question, topic)
    ending = scene.text("core.stuck_ask", field=title)
    return replace(asked, text=say.whole([*said, told], ending))


def _with_a_draft(before: Scene, taken: Taken, script: Script) -> Reply:
    """All that is to be asked was asked: the draft is on the table."""
    scene, said = taken.scene, list(taken.said)
    if not has_a_draft(before):
        shown = say.bullets(script.show(scene))
        return _reply(
            scene,
            Phase.SYNTHESIZE,
            [*said, scene.text(f"shown.{steps.step(scene.step).number % _SHOWN}"), shown],
            CHANGE[scene.language][0],
        )
    if taken.lost:
        return _reply(
            scene,
            _furthest(before.phase, Phase.REFINE),
            _at_a_loss(taken),
            CHANGE[scene.language][1],
        )
    if taken.approved or before.phase is Phase.VALIDATE:
        return _judged(before, replace(taken, scene=scene), script)
    if not taken.worked:
        return _reply(
            scene, before.phase, said or [scene.text("help.time")], CHANGE[scene.language][1]
        )
    earlier = script.show(before)
    shown = say.bullets(line for line in script.show(scene) if line not in earlier)
    return _reply(
        scene, _furthest(before.phase, Phase.REFINE), [*said, shown], CHANGE[scene.language][1]
    )


def _at_a_loss(taken: Taken) -> list[str]:
    scene = taken.scene
    example = scene.text("say.quoted", words=scene.text(f"example.{scene.step}"))
    return [
        *taken.said,
        scene.text("arc.lost", words=say.gist(taken.lost, language=scene.language)),
        scene.text("arc.form", example=example),
    ]


def _judged(before: Scene, taken: Taken, script: Script) -> Reply:
    """Hold the draft against the criteria: wrap up, or name what is missing."""
    scene = taken.scene
    gaps = criteria.gaps(scene.step, scene.fields, scene.artifacts)
    if gaps:
        return _gaps_named(taken, script, gaps)
    if taken.approved:
        return _reply(scene, Phase.COMPLETE, [*taken.said, *_wrapped(scene, script)])
    said = [*taken.said, scene.text("arc.whole"), say.bullets(script.show(scene))]
    return _reply(scene, Phase.VALIDATE, said, CHANGE[scene.language][1])


def _gaps_named(taken: Taken, script: Script, gaps: Sequence[Gap]) -> Reply:
    scene = taken.scene
    shown = [gaps_said.sentence(scene, gap) for gap in gaps[:3]]
    rest = scene.text("arc.more_gaps", count=len(gaps) - 3) if gaps[3:] else ""
    intro = scene.text("arc.gaps" if len(gaps) > 1 else "arc.gap")
    parts = [*taken.said, intro + "\n\n" + say.bullets(shown), rest]
    closing = _closing(scene, script, gaps[0])
    if closing is None:
        return _reply(scene, Phase.VALIDATE, parts, CHANGE[scene.language][2])
    question, topic = closing
    return _asking(scene, Phase.VALIDATE, parts, question, topic)


def _closing(scene: Scene, script: Script, gap: Gap) -> tuple[Question, str] | None:
    """Return the question whose answer closes a gap."""
    wanted = script.closes(scene, gap)
    passed_on = [each.id for each in script.questions if each.optional and each.id != wanted]
    serving = [
        each
        for each in script.questions
        if wanted == each.id
        or (not wanted and each.serves == gap.field and each.id not in passed_on)
    ]
    open_first = sorted(
        (question.known(scene, topic), place, topic)
        for place, question in enumerate(serving)
        for topic in question.topics(scene)
    )
    if not open_first or (open_first[0][0] and not wanted):
        return None
    return serving[open_first[0][1]], open_first[0][2]


def _wrapped(scene: Scene, script: Script) -> Iterator[str]:
    yield f"{script.wrap(scene)} {scene.text('arc.confirm')}"
    following = steps.after(scene.step)
    if following is not None:
        named = scene.text(f"step.{following.slug}")
        yield scene.text("arc.next", step=named, purpose=scene.text(f"purpose.{following.slug}"))


def _after_the_end(taken: Taken, script: Script) -> Reply:
    """The step is wrapped up; corrections are still made, and what they break is said."""
    scene = taken.scene
    gaps = criteria.gaps(scene.step, scene.fields, scene.artifacts)
    parts = list(taken.said)
    if taken.lost:
        parts = _at_a_loss(taken)
    if gaps:
        parts += [
            scene.text("arc.still_missing"),
            say.bullets(gaps_said.sentence(scene, gap) for gap in gaps[:3]),
        ]
    else:
        parts += [scene.text("arc.ready")]
    return _reply(scene, Phase.COMPLETE, parts)


def _furthest(*phases: Phase) -> Phase:
    return max(phases, key=_ORDER.index)


def _asking(
    scene: Scene,
    phase: Phase,
    parts: Sequence[str],
    question: Question,
    topic: str,
    *,
    follow: str = "",
) -> Reply:
    """Return a reply that ends with a question of the script, with what may be answered to it."""
    reply = _reply(scene, phase, parts, question.asking(topic, follow, scene.language))
    return replace(
        reply,
        suggestions=replies.to(scene, question, topic),
        read_back=ReadBack(asked=Asked(question.id, topic, follow)),
    )


def _reply(scene: Scene, phase: Phase, parts: Sequence[str], question: str = "") -> Reply:
    return Reply(
        say.whole(parts, question),
        scene.fields,
        _furthest(scene.phase, phase),
        replies.approval(scene) if question in CHANGE[scene.language][:2] else (),
    )
