"""Concept sheets while they are filled in, answer by answer."""

import re
from collections.abc import Callable, Sequence

from lib.guide.scripted import reading, sheets
from lib.guide.scripted.scene import Answer, Scene
from lib.guide.scripted.taking import own_words, replaced, rows
from lib.workshop.artifacts.criteria.matching import distinct
from lib.workshop.records import Fields

RATINGS = ("technical", "business", "user_desirability")


def sources(scene: Scene) -> list[str]:
    """Return the ideas that have a sheet, by title."""
    return [
        each["idea_source"] for each in rows(scene.fields, "concepts") if each.get("idea_source")
    ]


def sheet(scene: Scene, source: str) -> Fields:
    """Return the sheet made from an idea, empty where there is none."""
    return next(
        (each for each in rows(scene.fields, "concepts") if each.get("idea_source") == source), {}
    )


def called(scene: Scene, topic: str) -> str:
    """Return what a concept is called by now."""
    return str(sheet(scene, topic).get("name") or topic)


def with_sheet(scene: Scene, source: str, **changes: object) -> Fields:
    """Return the draft with one sheet changed."""
    listed = rows(scene.fields, "concepts")
    place = next((at for at, each in enumerate(listed) if each.get("idea_source") == source), None)
    return (
        scene.fields
        if place is None
        else scene.fields | {"concepts": replaced(listed, place, **changes)}
    )


def fits_as_name(text: str) -> bool:
    """Whether a text has the two to four words of a name."""
    return 2 <= len(text.split()) <= 4


def take_source(scene: Scene, answer: Answer) -> Fields:
    """Begin a sheet for each idea that was named."""
    named = [reading.capital(reading.unquoted(each))[:120] for each in reading.entries(answer.text)]
    return scene.fields | {"concepts": [{"idea_source": each} for each in distinct(named)[:4]]}


def take_pitch(scene: Scene, answer: Answer) -> Fields:
    """Read "Name: what it is", or a short first line and what follows it."""
    first, _, rest = answer.text.strip().partition("\n")
    name, pitch = reading.label(first)
    if (
        not (name and fits_as_name(name))
        and rest.strip()
        and fits_as_name(reading.unquoted(reading.line(first)))
    ):
        name, pitch = reading.unquoted(reading.line(first)), ""
    if not (name and fits_as_name(name)):
        name, pitch, rest = "", answer.text, ""
    name = re.sub(r"^(?:name|we call it|call it|it'?s called)\W+", "", name, flags=re.IGNORECASE)
    text = own_words(f"{pitch} {rest}".strip())
    changes = {"elevator_pitch": text} | ({"name": reading.unquoted(name)} if name else {})
    return with_sheet(scene, answer.topic, **changes) if text else scene.fields


def take_name(scene: Scene, answer: Answer) -> Fields:
    """Take a name, however it is wrapped."""
    plain = re.sub(
        r"^(?:we(?:'d| would)? call it|call it|let's call it|how about|the|name:)\s+",
        "",
        reading.said(answer.text),
        flags=re.IGNORECASE,
    )
    name = (reading.quoted(answer.text) or [reading.unquoted(plain.strip(" ."))])[0]
    if len(name.split()) > 6:
        # A sentence is no name.
        return scene.fields
    return with_sheet(scene, answer.topic, name=" ".join(name.split()[:6]))


def take_usp(scene: Scene, answer: Answer) -> Fields:
    """Take what makes the concept different."""
    return with_sheet(scene, answer.topic, usp=own_words(answer.text, most=3))


def open_sections(scene: Scene, topic: str, kinds: Sequence[str]) -> list[str]:
    """Return which sections of a SWOT have fewer than three entries."""
    swot = sheet(scene, topic).get("swot", {})
    return [kind for kind in kinds if len(swot.get(kind, [])) < 3]


def take_swot(kinds: tuple[str, str]) -> Callable[[Scene, Answer], Fields]:
    """Return how an answer fills two sections of a SWOT."""

    def take(scene: Scene, answer: Answer) -> Fields:
        swot = dict(sheet(scene, answer.topic).get("swot", {}))
        open_ = open_sections(scene, answer.topic, kinds)
        if answer.yes:
            told = {kinds[0]: evidence(scene, kinds[0])}
        elif len(open_) == 1 and not re.search(r":|\n[^\S\n]*+[+-]", answer.text):
            told = {
                open_[0]: [
                    entry for listed in sheets.swot(answer.text, kinds).values() for entry in listed
                ]
            }
        else:
            told = sheets.swot(answer.text, kinds)
        for kind, listed in told.items():
            room = swot.get(kind, []) if kind in open_ or not open_ else []
            swot[kind] = distinct([*(room if len(room) < 3 else []), *listed])[:3] or room
        return with_sheet(scene, answer.topic, swot=swot)

    return take


def evidence(scene: Scene, kind: str) -> list[str]:
    """Return what the research offers: gains for strengths and opportunities, nothing else."""
    gains = list(scene.upstream("sense-making", "gains", []))
    return gains[:3] if kind == "strengths" else gains[3:5]


def open_ratings(scene: Scene, topic: str) -> list[str]:
    """Return which ratings lack their number or their reason."""
    rated = sheet(scene, topic).get("feasibility", {})
    return [name for name in RATINGS if not (rated.get(name) and rated.get(f"{name}_rationale"))]


def take_ratings(scene: Scene, answer: Answer) -> Fields:
    """Take ratings with reasons, or the reasons of ratings that had none."""
    rated = dict(sheet(scene, answer.topic).get("feasibility", {}))
    open_ = open_ratings(scene, answer.topic)
    told = sheets.ratings(answer.text, open_)
    unexplained = [name for name in open_ if rated.get(name)]
    if not told and unexplained:
        reasons = [reading.capital(each) for each in reading.entries(answer.text)]
        told = {
            f"{name}_rationale": reason for name, reason in zip(unexplained, reasons, strict=False)
        }
    return with_sheet(scene, answer.topic, feasibility=rated | told)


def take_billboard(scene: Scene, answer: Answer) -> Fields:
    """Take the lines of a billboard, or the headline that was asked for again."""
    before = dict(sheet(scene, answer.topic).get("billboard", {}))
    if answer.follow:
        headline = reading.unquoted(reading.label(reading.said(answer.text))[1])
        return with_sheet(scene, answer.topic, billboard=before | {"headline": headline[:200]})
    return with_sheet(scene, answer.topic, billboard=before | sheets.billboard(answer.text))


def thin_billboard(scene: Scene, answer: Answer) -> str:
    """Ask again for a headline that is not six to ten words long."""
    headline = sheets.billboard(answer.text).get("headline", "")
    return "" if 6 <= len(headline.split()) <= 10 else "headline"


def billboard_known(scene: Scene, topic: str) -> bool:
    """Whether all three lines of a billboard are there."""
    told = sheet(scene, topic).get("billboard", {})
    return all(told.get(name) for name in ("headline", "subheadline", "call_to_action"))
