"""The stages of a journey, and what people do, want, meet, face and feel at each."""

import re
from collections.abc import Callable

from lib.guide.scripted import grid, reading, say
from lib.guide.scripted.scene import Answer, Scene
from lib.guide.scripted.taking import personas, replaced, rows
from lib.workshop.artifacts.criteria.matching import stems, words
from lib.workshop.records import Fields

_LAYERS = ("action", "goals", "barriers", "touchpoints", "emotion")


def stage_names(scene: Scene) -> list[str]:
    """Return what the stages are called, in order."""
    return [each.get("name", "") for each in rows(scene.fields, "stages")]


def still_missing(scene: Scene, layer: str) -> list[int]:
    """Return the places of the stages that lack a layer."""
    return [place for place, each in enumerate(rows(scene.fields, "stages")) if not each.get(layer)]


def take_stages(scene: Scene, answer: Answer) -> Fields:
    """Read the stages in order, perhaps with what happens there, perhaps a whole table."""
    pasted = grid.table(answer.text, ("name", *_LAYERS))
    if pasted:
        stages: list[Fields] = [_as_stage(row) for row in pasted if row.get("name")]
    else:
        stages = [_named_stage(row) for row in _stage_rows(answer.text)]
    known = [each for each in rows(scene.fields, "stages") if each.get("name")]
    new = [each for each in stages if each["name"] not in [old["name"] for old in known]]
    return scene.fields | {"stages": [*known, *new][:8]}


def _as_stage(row: dict[str, str]) -> Fields:
    felt = grid.emotion(row.get("emotion", ""))
    return {name: value for name, value in row.items() if name != "emotion"} | (
        {"emotion": felt} if felt else {}
    )


def _stage_rows(text: str) -> list[str]:
    listed = reading.lines(text)
    if len(listed) > 1:
        return listed
    row = reading.said(listed[0]) if listed else ""
    arrows = re.split("->|→|=>|>", row)
    if len(arrows) > 1:
        return [each.strip(" .") for each in arrows if each.strip(" .")]
    return [
        re.sub(r"^(?:then|first|and then|finally|at last|dann|zuerst)\s+", "", each)
        for each in reading.names(row)
    ]


def _named_stage(row: str) -> Fields:
    name, action = reading.label(row)
    if name:
        return {"name": reading.capital(name)[:80], "action": reading.capital(action)}
    short = reading.capital(reading.said(row).strip(" ."))
    if len(short.split()) <= 6:
        return {"name": short[:80]}
    return {"name": say.clip(short, 4).rstrip("…"), "action": short[:300]}


def taking(layer: str) -> Callable[[Scene, Answer], Fields]:
    """Return how an answer fills one layer, stage by stage."""

    def take(scene: Scene, answer: Answer) -> Fields:
        stages, names = rows(scene.fields, "stages"), stage_names(scene)
        open_ = still_missing(scene, layer) or list(range(len(stages)))
        if layer == "emotion":
            told = grid.emotions(answer.text, names, open_)
        elif answer.yes:
            told = pains_by_stage(scene)
        else:
            told = grid.by_stage(answer.text, names, open_)
        for place, said in told.items():
            stages = replaced(stages, place, **{layer: _as_written(scene, layer, said)})
        return scene.fields | {"stages": stages}

    return take


def _as_written(scene: Scene, layer: str, said: str) -> str:
    pains = _pains(scene)
    numbers = reading.numbers(said)
    if layer == "barriers" and numbers and len(words(said)) <= 2 and 0 < numbers[0] <= len(pains):
        return pains[numbers[0] - 1]
    return said if layer == "emotion" else reading.capital(said[:400])


def _pains(scene: Scene) -> list[str]:
    names = [scene.fields.get("persona_name", "")]
    people = [each for each in personas(scene) if each["name"] in names]
    own = [pain for each in people for pain in each.get("pains", [])]
    return own or list(scene.upstream("sense-making", "pains", []))


def pains_by_stage(scene: Scene) -> dict[int, str]:
    """Return for each stage without a barrier the pain that shares most words with it."""
    found: dict[int, str] = {}
    stages = rows(scene.fields, "stages")
    for place in still_missing(scene, "barriers"):
        told = " ".join(str(stages[place].get(name, "")) for name in ("name", "action", "goals"))
        near = max(_pains(scene), key=lambda pain: len(stems(pain) & stems(told)), default="")
        if stems(near) & stems(told):
            found[place] = near
    return found


def leading(layer: str) -> Callable[[Scene, str], str]:
    """Return what is said before a layer is asked for: the stages, and pains to place."""

    def lead(scene: Scene, topic: str) -> str:
        names, missing = stage_names(scene), still_missing(scene, layer)
        shown = say.listed([f"*{say.clip(names[place], 5)}*" for place in missing], scene.language)
        begun = 0 < len(missing) < len(names)
        stages = scene.text("journey.stages_open" if begun else "journey.stages", names=shown)
        if layer != "barriers" or not _pains(scene):
            return stages
        return f"{stages} {scene.text('journey.pains')}\n\n{say.numbered(_pains(scene), 9)}"

    return lead
