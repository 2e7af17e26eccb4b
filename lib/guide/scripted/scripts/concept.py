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
        there = [f"{kind} {len(swot.get(kind, []))} of 3" for kind in kinds]
        if any(swot.get(kind) for kind in kinds):
            return f"So far: {say.listed(there)}."
        offered = evidence(scene, kinds[0])
        return (
            f"Out of your research, these could be {kinds[0]}: {say.gists(offered, 9)}."
            if offered
            else ""
        )

    return lead


def _swot_question(id_: str, kinds: tuple[str, str]) -> Question:
    return Question(
        step=STEP,
        id=id_,
        serves="concepts",
        take=take_swot(kinds),
        known=lambda scene, topic: not open_sections(scene, topic, kinds),
        lead=_lead_swot(kinds),
        topics=sources,
        offers=lambda scene, topic: (
            kinds[0] in open_sections(scene, topic, kinds) and bool(evidence(scene, kinds[0]))
        ),
    )


# Ratings and billboard


def _lead_ratings(scene: Scene, topic: str) -> str:
    open_ = [name.replace("user_", "") for name in open_ratings(scene, topic)]
    return (
        f"Still open: {say.listed(open_)}, each with a number and a reason."
        if len(open_) < len(RATINGS)
        else ""
    )


def _lead_billboard(scene: Scene, topic: str) -> str:
    told = sheet(scene, topic).get("billboard", {})
    if not told:
        return "Last, the poster test."
    lost = [name for name in ("headline", "subheadline", "call_to_action") if not told.get(name)]
    return f"Still open: {say.listed([name.replace('_', ' ') for name in lost])}."


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
        return (
            "Each sheet says what the idea is, what speaks for it and against it, and how "
            "feasible it is."
        )
    return (
        f"You selected {say.gists(selected, 9)}. We make them concrete enough to be judged; "
        "who does what when comes later."
    )


def _lead_pitch(scene: Scene, topic: str) -> str:
    ideas = [
        idea
        for cluster in scene.upstream("ideation", "clusters", [])
        for idea in cluster.get("ideas", [])
    ]
    place = best(topic, [each.get("title", "") for each in ideas])
    described = ideas[place].get("description", "") if place is not None else ""
    return (
        f"You wrote about it: {say.gist(described, 24)}."
        if described and not alike(described, topic)
        else ""
    )


def _lead_usp(scene: Scene, topic: str) -> str:
    low = scene.upstream("journey-mapping", "dip_summary", "")
    return f"Think of the dip: {say.gist(low, 22)}." if low else ""


def _show(scene: Scene) -> list[str]:
    lines = []
    for each in rows(scene.fields, "concepts"):
        rated = each.get("feasibility", {})
        marks = ", ".join(
            f"{name.replace('user_', '')} {rated.get(name, 'open')}" for name in RATINGS
        )
        lines += [
            f"**{say.clip(each.get('name') or each.get('idea_source', ''), 6)}:** "
            f"{say.clip(each.get('elevator_pitch', 'open'), 18, 140)}",
            f"different because {say.gist(each.get('usp', 'open'), 14)}; {marks}",
        ]
    return lines


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
    wrap=lambda scene: (
        f"You have {say.counted(len(sources(scene)), 'concept sheet')} with both sides told: "
        f"{say.named([called(scene, source) for source in sources(scene)])}."
    ),
    loose=_loose,
    example="change the pitch of … to …",
)
