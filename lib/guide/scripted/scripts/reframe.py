"""Step 7: a new question out of the research, in four parts."""

import re
from collections.abc import Callable

from lib.guide.scripted import phrasing, reading, say
from lib.guide.scripted.listen import Kind, kind_of
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import dip, hmw, own_words, personas, replaced, rows
from lib.workshop.artifacts.criteria.matching import best, distinct, same, words
from lib.workshop.records import Fields

STEP = "reframe"

_PARTS = re.compile(
    r"\A(?>.*?given that )(?>(?P<given_that>.+?)how might we help )(?P<persona>.[^ ]*+) (?:to )?+"
    r"(?>(?P<immediate_goal>.+?) so that )(?P<deeper_goal>.+)\Z",
    re.IGNORECASE | re.DOTALL,
)


def _parts(text: str) -> Fields:
    """
    Return the parts of a whole question, nothing where *text* is none.

    >>> _parts("Given that it is dark, how might we help Ada to see, so that she stays?")["persona"]
    'Ada'
    """
    found = _PARTS.match(text[:1_500])
    if found is None:
        return {}
    parts = {name: part.strip(" ,\n") for name, part in found.groupdict().items()}
    return parts | {"deeper_goal": parts["deeper_goal"].rstrip(' .,;:!?…"”’»)')}


def _statement(scene: Scene) -> Fields:
    """Return the question that is being built: the last one."""
    return dict((rows(scene.fields, "hmw_statements") or [{}])[-1])


def _with(scene: Scene, **parts: object) -> Fields:
    statements = rows(scene.fields, "hmw_statements") or [{}]
    return scene.fields | {"hmw_statements": replaced(statements, len(statements) - 1, **parts)}


def _persona_name(scene: Scene) -> str:
    walked = scene.upstream("journey-mapping", "persona_name", "")
    return str(walked or next((each["name"] for each in personas(scene)), ""))


def _persona(scene: Scene) -> Fields:
    return next((each for each in personas(scene) if each["name"] == _persona_name(scene)), {})


# What is offered for each part


def _offered_given(scene: Scene) -> str:
    low = str(scene.upstream("journey-mapping", "dip_summary", ""))
    name, lived = reading.label(low)
    if name and same(name, dip(scene).get("name", "")):
        low = reading.capital(lived)
    return low or str(next(iter(scene.upstream("sense-making", "pains", [])), ""))


def _offered_goal(scene: Scene) -> str:
    return str(dip(scene).get("goals", ""))


def _offered_deeper(scene: Scene) -> str:
    return str(
        next(iter(_persona(scene).get("goals", [])), "")
        or next(iter(scene.upstream("sense-making", "gains", [])), "")
    )


_OFFERS: dict[str, Callable[[Scene], str]] = {
    "given_that": _offered_given,
    "immediate_goal": _offered_goal,
    "deeper_goal": _offered_deeper,
}


def _take_part(name: str) -> Callable[[Scene, Answer], Fields]:
    def take(scene: Scene, answer: Answer) -> Fields:
        if whole := _parts(reading.line(answer.text)):
            return _with(
                scene,
                **whole,
                full_statement=phrasing.question(reading.line(answer.text), scene.language),
                selected=True,
            )
        text = _OFFERS[name](scene) if answer.yes else own_words(answer.text, most=2)
        text = re.sub(
            r"^(?:how might we (?:help \w+ )?|given that|so that|so|to)\s*\b",
            "",
            text.rstrip(" .?!"),
            flags=re.IGNORECASE,
        )
        return _with(scene, **{name: reading.capital(text)})

    return take


def _part(name: str) -> Question:
    def lead(scene: Scene, topic: str) -> str:
        offered = say.gist(_OFFERS[name](scene), 24, scene.language)
        return scene.text(f"offered.{name}", words=offered) if _OFFERS[name](scene) else ""

    return Question(
        step=STEP,
        id=name,
        serves="hmw_statements",
        take=_take_part(name),
        known=lambda scene, topic: bool(_statement(scene).get(name)),
        lead=lead,
        offers=lambda scene, topic: bool(_OFFERS[name](scene)),
    )


# The whole question


def _take_another(scene: Scene, answer: Answer) -> Fields:
    """Add a second question: the team's own, with the parts of the first where it names none."""
    text = reading.line(answer.text)
    if len(words(text)) < 6:
        return scene.fields
    asked = phrasing.question(text[:500], scene.language)
    if not asked:
        return scene.fields
    before = rows(scene.fields, "hmw_statements")
    # The first question may still be four parts that the team has to put together itself.
    before = before if _statement(scene).get("full_statement") else before[:-1]
    new = _statement(scene) | {"full_statement": asked, "selected": True} | _parts(text)
    return scene.fields | {"hmw_statements": [*before, new]}


def _selection(scene: Scene, text: str) -> Fields | None:
    """Read "only the first goes on" and "both go on"."""
    statements = rows(scene.fields, "hmw_statements")
    if (
        len(statements) < 2
        or len(words(text)) > 14
        or not re.search(
            r"\b(?:goes|go|select|keep|take|only|both|mark|continue)\b", text, re.IGNORECASE
        )
    ):
        return None
    if re.search(r"\b(?:both|all)\b", text, re.IGNORECASE):
        return scene.fields | {"hmw_statements": [each | {"selected": True} for each in statements]}
    place = reading.ordinal(text)
    if place is None:
        return None
    place = len(statements) - 1 if place == -1 else place
    return scene.fields | {
        "hmw_statements": [each | {"selected": at == place} for at, each in enumerate(statements)]
    }


def _compose(scene: Scene) -> Fields:
    fields = dict(scene.fields)
    if hmw(scene) and not fields.get("original_hmw"):
        fields["original_hmw"] = hmw(scene)
    statement = _statement(scene)
    if statement.get("given_that") and _persona_name(scene) and not statement.get("persona"):
        statement["persona"] = _persona_name(scene)
    if all(statement.get(name) for name in (*_OFFERS, "persona")) and not statement.get(
        "full_statement"
    ):
        asked = phrasing.four_parts(statement, scene.language)
        statement |= {"full_statement": asked, "selected": True} if asked else {}
    if statement:
        fields["hmw_statements"] = [*rows(fields, "hmw_statements")[:-1], statement]
    return _applied(scene, fields) if statement.get("full_statement") else fields


def _applied(scene: Scene, fields: Fields) -> Fields:
    """Say which insights the question rests on, and how it moved."""
    statement = rows(fields, "hmw_statements")[0]
    person = _persona(scene)
    rests_on = distinct(
        filter(
            None,
            [
                scene.upstream("journey-mapping", "dip_summary", ""),
                *person.get("pains", [])[:2],
                statement.get("given_that"),
            ],
        )
    )
    moved = scene.text(
        "reframe.evolution",
        before=fields.get("original_hmw", ""),
        after=statement.get("full_statement", ""),
    )
    return {"insights_applied": rests_on[:4], "evolution": moved} | fields


def _greet(scene: Scene) -> str:
    if not hmw(scene):
        return scene.text("reframe.greet")
    started = say.gist(hmw(scene), 24, scene.language)
    low, name = dip(scene).get("name", ""), _persona_name(scene)
    parts = [scene.text("reframe.greet_given", question=started)]
    if low and name:
        named = {"name": say.clip(name, 4), "stage": say.clip(low, 6)}
        parts.append(scene.text("reframe.since", **named))
    return " ".join([*parts, scene.text("reframe.sharper")])


def _show(scene: Scene) -> list[str]:
    lines = []
    for each in rows(scene.fields, "hmw_statements"):
        sign = "reframe.goes_on" if each.get("selected") else "reframe.stays"
        full_ = say.clip(each.get("full_statement") or scene.text("say.open"), 60, 420)
        lines.append(f"{full_} (*{scene.text(sign)}*)")
    return [scene.shown("original_hmw", 24, 180), *lines]


def _lead_another(scene: Scene, topic: str) -> str:
    statement = _statement(scene)
    if whole := statement.get("full_statement", ""):
        return scene.text("reframe.reads", question=say.gist(whole, 60, scene.language))
    told = [
        name
        for name in ("given_that", "persona", "immediate_goal", "deeper_goal")
        if name in statement
    ]
    shown = say.bullets(
        say.labelled(scene.text(f"part.{name}"), say.clip(str(statement[name]), 24), scene.language)
        for name in told
    )
    return scene.text("hmw.parts") + "\n\n" + shown if told else ""


def _wrap(scene: Scene) -> str:
    return scene.text(
        "reframe.wrap",
        name=say.clip(str(_statement(scene).get("persona", "")), 5),
        question=say.gist(_chosen(scene), 45, scene.language),
    )


def _chosen(scene: Scene) -> str:
    selected = [each for each in rows(scene.fields, "hmw_statements") if each.get("selected")]
    return str(selected[0].get("full_statement", "")) if selected else ""


def _take_origin(scene: Scene, answer: Answer) -> Fields:
    told = own_words(answer.text, most=1)
    asked = phrasing.question(told, scene.language) or told
    return scene.fields | {"original_hmw": asked}


def _take_persona(scene: Scene, answer: Answer) -> Fields:
    names = [each["name"] for each in personas(scene)]
    place = best(answer.text, names)
    return _with(
        scene,
        persona=names[place] if place is not None else reading.said(answer.text).strip(" .")[:80],
    )


def _loose(scene: Scene, text: str) -> Fields | None:
    asks = re.search(r"how might we\b", text, re.IGNORECASE)
    return _take_another(scene, Answer(text)) if asks and kind_of(text) is Kind.CONTENT else None


SCRIPT = Script(
    step=STEP,
    needs=("challenge", "sense-making", "persona", "journey-mapping"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="origin",
            serves="original_hmw",
            take=_take_origin,
            known=lambda scene, topic: bool(scene.fields.get("original_hmw") or hmw(scene)),
        ),
        _part("given_that"),
        Question(
            step=STEP,
            id="persona",
            serves="hmw_statements",
            take=_take_persona,
            known=lambda scene, topic: bool(
                _statement(scene).get("persona") or _persona_name(scene)
            ),
        ),
        _part("immediate_goal"),
        _part("deeper_goal"),
        Question(
            step=STEP,
            id="another",
            serves="hmw_statements",
            take=_take_another,
            known=lambda scene, topic: scene.finished("another"),
            lead=_lead_another,
            optional=True,
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=_wrap,
    correct=_selection,
    loose=_loose,
)
