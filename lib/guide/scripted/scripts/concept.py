"""Step 9: a concept sheet for each selected idea."""

from collections.abc import Callable

from lib.guide.scripted import say, sheets
from lib.guide.scripted.concepts import (
    RATINGS,
    billboard_known,
    called,
    evidence,
    fits_as_name,
    open_ratings,
    open_sections,
    sheet,
    sources,
    take_billboard,
    take_name,
    take_pitch,
    take_ratings,
    take_source,
    take_swot,
    take_usp,
    thin_billboard,
    with_sheet,
)
from lib.guide.scripted.scene import Question, Scene, Script
from lib.guide.scripted.taking import rows
from lib.workshop.artifacts.criteria.matching import alike, best, same
from lib.workshop.records import Fields

STEP = "concept"

_INSIDE = ("strengths", "weaknesses")
_OUTSIDE = ("opportunities", "threats")


# SWOT


def _lead_swot(kinds: tuple[str, str]) -> Callable[[Scene, str], str]:
    def lead(scene: Scene, topic: str) -> str:
        swot = sheet(scene, topic).get("swot", {})
        there = [
            scene.text(
                "concept.section",
                section=scene.text(f"swot.{kind}"),
                number=len(swot.get(kind, [])),
            )
            for kind in kinds
        ]
        if any(swot.get(kind) for kind in kinds):
            return scene.text("concept.so_far", sections=say.listed(there, scene.language))
        offered = say.gists(evidence(scene, kinds[0]), 9, scene.language)
        key = "concept.offered" if kinds == _INSIDE else "concept.offered_outside"
        return scene.text(key, gains=offered) if offered else ""

    return lead


def _swot_question(id_: str, kinds: tuple[str, str]) -> Question:
    return Question(
        step=STEP,
        id=id_,
        serves="concepts",
        take=take_swot(kinds),
        claims=lambda text: sheets.names_section(text, kinds),
        known=lambda scene, topic: not open_sections(scene, topic, kinds),
        lead=_lead_swot(kinds),
        topics=sources,
        offers=lambda scene, topic: (
            kinds[0] in open_sections(scene, topic, kinds) and bool(evidence(scene, kinds[0]))
        ),
    )


# Ratings and billboard


def _lead_ratings(scene: Scene, topic: str) -> str:
    open_ = [scene.text(f"rating.{name}") for name in open_ratings(scene, topic)]
    if len(open_) == len(RATINGS):
        return ""
    return scene.text("concept.ratings", ratings=say.listed(open_, scene.language))


def _lead_billboard(scene: Scene, topic: str) -> str:
    told = sheet(scene, topic).get("billboard", {})
    if not told:
        return scene.text("concept.poster")
    lost = [name for name in ("headline", "subheadline", "call_to_action") if not told.get(name)]
    lines = say.listed([scene.text(f"poster.{name}") for name in lost], scene.language)
    return scene.text("concept.poster_open", lines=lines)


# The whole


def _compose(scene: Scene) -> Fields:
    """Begin a sheet for each selected idea that has none, named like the idea where that fits."""
    listed = rows(scene.fields, "concepts")
    for title in scene.upstream("ideation", "selected_idea_titles", []):
        if len(listed) < 4 and not any(same(title, each.get("idea_source", "")) for each in listed):
            listed.append({"idea_source": title})
    if not listed:
        return scene.fields
    return scene.fields | {"concepts": [each | _default_name(each) for each in listed]}


def _default_name(sheet: Fields) -> Fields:
    title = sheet.get("idea_source", "")
    return (
        {"name": title}
        if not sheet.get("name") and fits_as_name(title) and sheet.get("elevator_pitch")
        else {}
    )


def _greet(scene: Scene) -> str:
    selected = scene.upstream("ideation", "selected_idea_titles", [])
    if not selected:
        return scene.text("concept.greet")
    return scene.text("concept.greet_given", ideas=say.gists(selected, 9, scene.language))


def _lead_pitch(scene: Scene, topic: str) -> str:
    ideas = [
        idea
        for cluster in scene.upstream("ideation", "clusters", [])
        for idea in cluster.get("ideas", [])
    ]
    place = best(topic, [each.get("title", "") for each in ideas])
    described = ideas[place].get("description", "") if place is not None else ""
    if not described or alike(described, topic):
        return ""
    return scene.text("concept.described", words=say.gist(described, 24, scene.language))


def _lead_usp(scene: Scene, topic: str) -> str:
    low = scene.upstream("journey-mapping", "dip_summary", "")
    return scene.text("concept.dip", words=say.gist(low, 22, scene.language)) if low else ""


def _show(scene: Scene) -> list[str]:
    return [line for each in rows(scene.fields, "concepts") for line in _lines(scene, each)]


def _lines(scene: Scene, each: Fields) -> list[str]:
    rated, open_ = each.get("feasibility", {}), scene.text("say.open")
    marks = [f"{scene.text(f'rating.{name}')} {rated.get(name) or open_}" for name in RATINGS]
    name = say.clip(each.get("name") or each.get("idea_source", ""), 6)
    pitch = say.clip(each.get("elevator_pitch") or open_, 18, 140)
    usp = say.gist(each["usp"], 14, scene.language) if each.get("usp") else open_
    return [
        say.labelled(name, pitch, scene.language),
        say.labelled(scene.text("concept.different"), usp, scene.language)
        + f"; {', '.join(marks)}",
    ]


def _wrap(scene: Scene) -> str:
    listed = sources(scene)
    names = [called(scene, source) for source in listed]
    return scene.text(
        "concept.wrap",
        sheets=scene.text("count.sheet", count=len(listed)),
        names=say.named(names, scene.language),
    )


def _loose(scene: Scene, text: str) -> Fields | None:
    """Take in SWOT entries under headings, for the concept a remark names or the only one."""
    if not sheets.has_headings(text):
        return None
    known = sources(scene)
    about = [each for each in known if alike(each, text) or alike(called(scene, each), text)]
    source = next(iter(about or known[:1]), "") if about or len(known) == 1 else ""
    if not source:
        return None
    told = sheets.swot(text, [*_INSIDE, *_OUTSIDE])
    swot = sheet(scene, source).get("swot", {})
    new = {kind: listed[:3] for kind, listed in told.items() if listed}
    return with_sheet(scene, source, swot=swot | new)


SCRIPT = Script(
    step=STEP,
    needs=("sense-making", "journey-mapping", "ideation"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="source",
            serves="concepts",
            take=take_source,
            known=lambda scene, topic: bool(
                sources(scene) or scene.upstream("ideation", "selected_idea_titles", [])
            ),
        ),
        Question(
            step=STEP,
            id="pitch",
            serves="concepts",
            take=take_pitch,
            known=lambda scene, topic: bool(sheet(scene, topic).get("elevator_pitch")),
            topics=sources,
            lead=_lead_pitch,
            thin=lambda scene, answer: (
                ""
                if sheet(
                    scene.having(_compose(scene.having(take_pitch(scene, answer)))), answer.topic
                ).get("name")
                else "name"
            ),
        ),
        Question(
            step=STEP,
            id="name",
            serves="concepts",
            take=take_name,
            known=lambda scene, topic: fits_as_name(sheet(scene, topic).get("name", "")),
            topics=sources,
        ),
        Question(
            step=STEP,
            id="usp",
            serves="concepts",
            take=take_usp,
            known=lambda scene, topic: bool(sheet(scene, topic).get("usp")),
            topics=sources,
            lead=_lead_usp,
        ),
        _swot_question("inside", _INSIDE),
        _swot_question("outside", _OUTSIDE),
        Question(
            step=STEP,
            id="ratings",
            serves="concepts",
            take=take_ratings,
            claims=sheets.names_ratings,
            known=lambda scene, topic: not open_ratings(scene, topic),
            topics=sources,
            lead=_lead_ratings,
        ),
        Question(
            step=STEP,
            id="billboard",
            serves="concepts",
            take=take_billboard,
            known=billboard_known,
            topics=sources,
            lead=_lead_billboard,
            thin=thin_billboard,
            optional=True,
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=_wrap,
    loose=_loose,
)
