"""Step 6: today's journey, stage by stage, its layers, and the one dip."""

import re

from lib.guide.scripted import layers, phrasing, reading, say
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import has, joined, own_words, personas, replaced, rows, text_field
from lib.workshop.artifacts.criteria.matching import alike, best, overlap, stems, words
from lib.workshop.records import Fields

STEP = "journey-mapping"


def _layer(layer: str) -> Question:
    return Question(
        step=STEP,
        id=layer,
        serves="stages",
        take=layers.taking(layer),
        known=lambda scene, topic: not layers.still_missing(scene, layer),
        lead=layers.leading(layer),
        offers=lambda scene, topic: layer == "barriers" and bool(layers.pains_by_stage(scene)),
    )


# The dip


def _lowest(scene: Scene) -> int | None:
    """Return the stage that is marked, else the first that feels negative."""
    stages = rows(scene.fields, "stages")
    marked = [place for place, each in enumerate(stages) if each.get("is_dip")]
    felt = [place for place, each in enumerate(stages) if each.get("emotion") == "negative"]
    return next(iter([*marked, *felt]), None)


def _with_dip(fields: Fields, place: int) -> Fields:
    stages = [each | {"is_dip": at == place} for at, each in enumerate(rows(fields, "stages"))]
    return fields | {"stages": stages}


def _take_dip(scene: Scene, answer: Answer) -> Fields:
    place = _lowest(scene) if answer.yes else _stage_meant(scene, answer.text)
    place = _lowest(scene) if place is None else place
    stages = rows(scene.fields, "stages")
    if place is None or not stages:
        return scene.fields | ({} if answer.yes else {"dip_summary": own_words(answer.text)})
    stage = stages[place]
    told = own_words(_without_name(answer.text, stage.get("name", "")), most=3)
    lived = str(stage.get("barriers") or stage.get("action") or "").rstrip(".")
    known = (
        f"{stage.get('name', '')}: {phrasing.lowered(lived)}" if lived else stage.get("name", "")
    )
    summary = told if len(words(told)) > 6 else known
    return _with_dip(scene.fields, place) | {"dip_summary": summary}


def _without_name(text: str, name: str) -> str:
    """Drop the name of the stage where a sentence of its own only says which it is."""
    text = re.sub(
        r"^[^,.:]{0,24}\b(?:first|second|third|fourth|fifth|last) (?:one|stage)\W+",
        "",
        text,
        flags=re.I,
    )
    text = re.sub(r"^because\s+", "", text, flags=re.IGNORECASE)
    first, *rest = re.split(r"(?<=[.:!])\s|,\s|\s[–—-]\s", reading.said(text), maxsplit=1)
    return (
        rest[0]
        if rest and name and alike(first, name) and len(words(first)) <= len(words(name)) + 2
        else text
    )


def _stage_meant(scene: Scene, text: str) -> int | None:
    names = layers.stage_names(scene)
    first = re.split(r"[,.;:–—(]|\bbecause\b", reading.said(text), maxsplit=1)[0]
    for part in (first, text[:400]):
        told = [
            place for place, name in enumerate(names) if stems(name) and stems(name) <= stems(part)
        ]
        if told:
            return told[0]
    place = best(first, names)
    if place is None and len(words(first)) <= 4:
        place = reading.ordinal(first)
        place = len(names) - 1 if place == -1 else place
    return place if place is not None and place < len(names) else None


def _lead_dip(scene: Scene, topic: str) -> str:
    low = [
        each["name"]
        for each in rows(scene.fields, "stages")
        if each.get("emotion") == "negative" and each.get("name")
    ]
    names = say.named(low, scene.language)
    return scene.text("journey.low", names=names) if low else ""


def _corrected(scene: Scene, text: str) -> Fields | None:
    """Read "make the yard the dip" and "the yard feels neutral"."""
    names = layers.stage_names(scene)
    said = text[:300]
    if re.search(r"\b(?:the|as|a|our) dip\b", said, re.IGNORECASE) and len(words(said)) < 16:
        place = best(
            re.sub(
                r"\b(?:make|mark|is|as|the|our|dip|should be|set|a)\b",
                " ",
                said,
                flags=re.IGNORECASE,
            ),
            names,
        )
        return None if place is None else _with_dip(scene.fields, place)
    felt = re.search(r"\b(positive|neutral|negative)\b", said, re.IGNORECASE)
    place = best(
        re.sub(
            r"\b(?:positive|neutral|negative|change|emotion|feels?|make|of|at|to|is|should|be|in"
            r"|from)\b",
            " ",
            said,
            flags=re.IGNORECASE,
        ),
        names,
    )
    if (
        not felt
        or place is None
        or len(words(said)) > 14
        or scene.fields["stages"][place].get("emotion") is None
    ):
        return None
    return scene.fields | {
        "stages": replaced(scene.fields["stages"], place, emotion=felt[1].casefold())
    }


def _compose(scene: Scene) -> Fields:
    """Take the persona over; hand gains to the stages they fit, the dip first."""
    fields = scene.fields
    people = personas(scene)
    if len(people) == 1 and not fields.get("persona_name"):
        fields = fields | {"persona_name": people[0]["name"]}
    stages = rows(fields, "stages")
    if not any(each.get("is_dip") for each in stages) or any(
        each.get("opportunity") for each in stages
    ):
        return fields
    for place, each in enumerate(stages):
        gain = _gain_for(scene, each)
        stages = replaced(stages, place, opportunity=gain) if gain else stages
    return fields | {"stages": stages}


def _gain_for(scene: Scene, stage: Fields) -> str:
    gains = list(scene.upstream("sense-making", "gains", []))
    told = " ".join(str(stage.get(name, "")) for name in ("name", "action", "goals", "barriers"))
    near = max(gains, key=lambda gain: overlap(gain, told), default="")
    return near if near and (stage.get("is_dip") or stems(near) & stems(told)) else ""


def _greet(scene: Scene) -> str:
    people = personas(scene)
    if not people:
        return scene.text("journey.greet")
    names = say.named([each["name"] for each in people], scene.language)
    with_whom = scene.text("journey.greet_given", names=names)
    if not people[0].get("quote"):
        return with_whom
    quote = say.gist(people[0]["quote"], 14, scene.language)
    return f"{with_whom} {scene.text('journey.quote', words=quote)}"


def _take_name(scene: Scene, answer: Answer) -> Fields:
    names = [each["name"] for each in personas(scene)]
    told = reading.said(answer.text).strip(" .")
    place = best(told, names)
    if place is None and names:
        place = reading.ordinal(told)
    known = place is not None and -1 <= place < len(names)
    return scene.fields | {
        "persona_name": names[place or 0] if known else reading.capital(told[:80])
    }


def _show(scene: Scene) -> list[str]:
    signs = {"positive": "🙂", "neutral": "😐", "negative": "🙁"}
    stages = rows(scene.fields, "stages")
    path = " → ".join(
        f"{say.clip(each.get('name', ''), 4)} {signs.get(each.get('emotion', ''), '')}".strip()
        for each in stages
    )
    whose = scene.fields.get("persona_name") or scene.text("journey.nobody")
    why = scene.fields.get("dip_rationale") or scene.text("say.open")
    return [
        say.labelled(say.clip(whose, 5), path, scene.language),
        scene.shown("dip_summary", 26, 200),
        say.labelled(scene.text("journey.why"), say.clip(why, 22, 160), scene.language),
        scene.text("journey.note"),
    ]


def _lead_whose(scene: Scene, topic: str) -> str:
    names = say.named([each["name"] for each in personas(scene)], scene.language)
    return scene.text("journey.people", names=names) if names else ""


def _join_reason(scene: Scene, text: str) -> Fields | None:
    if len(words(text)) < 5:
        return None
    return scene.fields | {
        "dip_rationale": joined(scene.fields.get("dip_rationale", ""), own_words(text))
    }


SCRIPT = Script(
    step=STEP,
    needs=("sense-making", "persona"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="whose",
            serves="persona_name",
            take=_take_name,
            known=lambda scene, topic: (
                bool(scene.fields.get("persona_name")) or len(personas(scene)) == 1
            ),
            lead=_lead_whose,
            choices=lambda scene, topic: [each["name"] for each in personas(scene)],
        ),
        Question(
            step=STEP,
            id="stages",
            serves="stages",
            take=layers.take_stages,
            known=lambda scene, topic: len(rows(scene.fields, "stages")) >= 4,
            thin=lambda scene, answer: (
                "more" if len(layers.take_stages(scene, answer)["stages"]) < 4 else ""
            ),
        ),
        _layer("action"),
        _layer("goals"),
        _layer("touchpoints"),
        _layer("barriers"),
        _layer("emotion"),
        Question(
            step=STEP,
            id="dip",
            serves="dip_summary",
            take=_take_dip,
            known=lambda scene, topic: (
                has("dip_summary")(scene, topic)
                and any(each.get("is_dip") for each in rows(scene.fields, "stages"))
            ),
            lead=_lead_dip,
            offers=lambda scene, topic: _lowest(scene) is not None,
        ),
        Question(
            step=STEP,
            id="reason",
            serves="dip_rationale",
            take=text_field("dip_rationale"),
            known=has("dip_rationale"),
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=lambda scene: scene.text(
        "journey.wrap",
        name=say.clip(scene.fields["persona_name"], 5),
        dip=say.gist(scene.fields["dip_summary"], 18, scene.language),
    ),
    correct=_corrected,
    loose=_join_reason,
)
