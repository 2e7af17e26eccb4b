"""Step 2: who is involved, in three circles, with what power and what interest."""

import re
from collections.abc import Callable

from lib.guide.scripted import reading, say
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import asked_once, hmw, replaced, rows
from lib.workshop.artifacts.criteria.gap import Gap
from lib.workshop.artifacts.criteria.matching import folded, same, stems
from lib.workshop.records import Fields

STEP = "stakeholder-mapping"

#: What a circle usually means for power and interest: my guess until the team says otherwise.
_USUAL = {"core": ("low", "high"), "direct": ("medium", "high"), "indirect": ("high", "low")}

#: The six corners that are looked into, and the circle somebody from there usually stands in.
_CORNERS = {
    "user": "core",
    "customer": "core",
    "buyer": "direct",
    "decider": "direct",
    "team": "direct",
    "internal": "direct",
    "partner": "direct",
    "vendor": "direct",
    "supplier": "direct",
    "influencer": "indirect",
    "regulator": "indirect",
    "funder": "indirect",
    **{circle: circle for circle in _USUAL},
}

_LEVEL = re.compile(
    r"\b(?:(?P<level>high|medium|low|hohe?|mittlere?|niedrige?)\s+(?:in\s+)?(?P<what>power"
    r"|interest)"
    r"|(?P<what2>power|interest)\s*+(?:is|:|=|to|should be)?+\s*+(?:very\s++)?+(?P<level2>high|medium"
    r"|low))\b",
    re.IGNORECASE,
)
_CIRCLE = re.compile(r"\b(core|direct|indirect)\b", re.IGNORECASE)
_NOISE = re.compile(r"^(?:the |our |add |plus |also |and )+(?=the |our |\w)", re.IGNORECASE)


def _levels(text: str) -> Fields:
    """Return the power and interest a phrase speaks of; "high power and interest" means both."""
    found: Fields = {}
    for match in _LEVEL.finditer(text):
        what, level = match["what"] or match["what2"], match["level"] or match["level2"]
        found[what.casefold()] = level.casefold()
    both = re.search(
        r"\b(high|medium|low) (?:power and interest|interest and power|on both)", text.casefold()
    )
    return {"power": both[1], "interest": both[1]} if both else found


def _corner(label: str) -> str:
    """Return the circle a label such as "regulator" or "direct" puts somebody in, or nothing."""
    told = folded(label).rstrip("s").split()
    return _CORNERS.get(told[-1], "") if told and len(told) <= 3 else ""


def _stakeholder(text: str, circle: str) -> Fields:
    """Read one entry: a name, perhaps notes after a colon or in brackets, perhaps levels."""
    name, notes = reading.label(text)
    if name and _corner(name):
        return _stakeholder(notes, _corner(name))
    if not name:
        bracket = re.match(r"^(?P<name>[^()]+)\((?P<notes>[^()]*)\)\s*$", text)
        name, notes = (bracket["name"], bracket["notes"]) if bracket else (text, "")
    named = _CIRCLE.search(notes)
    circle = named[1].casefold() if named else circle
    power, interest = _USUAL[circle]
    remark = _CIRCLE.sub("", _LEVEL.sub("", notes)).strip(" ,;.&")
    entry = {
        "name": reading.capital(_NOISE.sub("", _LEVEL.sub("", name)).strip(" ,;.()")[:120]),
        "category": circle,
        "power": power,
        "interest": interest,
        **_levels(f"{name} {notes}"),
    }
    return entry | ({"notes": remark} if folded(remark) not in ("", "and") else {})


def _entries(text: str) -> list[str]:
    """Part a message into entries: by line where a line has a remark, else at commas too."""
    found = [each for row in reading.lines(text) for each in _in_a_row(reading.said(row))]
    return [each for each in found if len(each) > 1]


def _in_a_row(row: str) -> list[str]:
    plain = _NOISE.sub("", row)
    label, rest = reading.label(plain)
    if label and _corner(label):
        return [f"{label}: {name}" for name in _with_remarks(reading.names(rest))]
    if label and (_levels(plain) or reading.label(reading.names(plain)[0])[0] != label):
        return [plain]
    if label and "," not in label and len(reading.names(plain)) == 1:
        return [plain]
    return [_NOISE.sub("", piece) for piece in _with_remarks(reading.names(plain))]


def _with_remarks(pieces: list[str]) -> list[str]:
    """Put a piece that is only a circle or a level with the name before it."""
    found: list[str] = []
    for piece in pieces:
        bare = _CIRCLE.sub("", _LEVEL.sub("", piece))
        if found and bare != piece and not stems(bare):
            found[-1] = f"{found[-1]}: {piece}" if ":" not in found[-1] else f"{found[-1]}, {piece}"
        else:
            found.append(piece)
    return found


def _with(scene: Scene, text: str, circle: str) -> Fields:
    mapped = rows(scene.fields, "stakeholders")
    for entry in _entries(text):
        new = _stakeholder(" ".join(entry.split()[:40]), circle)
        known = _place(mapped, new["name"])
        if known is None and folded(new["name"]):
            mapped.append(new)
        elif known is not None and _levels(entry):
            mapped = replaced(mapped, known, **_levels(entry))
    return scene.fields | {"stakeholders": mapped}


def _place(mapped: list[Fields], name: str) -> int | None:
    """Return where somebody already stands on the map, whatever the article or ending."""
    return next(
        (
            place
            for place, each in enumerate(mapped)
            if same(each.get("name", ""), name)
            or (stems(name) and stems(each.get("name", "")) == stems(name))
        ),
        None,
    )


def _moved(scene: Scene, text: str) -> Fields | None:
    """Read "the council: high power" or "move the families to core" about people on the map."""
    circle = _CIRCLE.search(text)
    changes = _levels(text) | ({"category": circle[1].casefold()} if circle else {})
    mapped = rows(scene.fields, "stakeholders")
    about = [place for place, each in enumerate(mapped) if _speaks_of(text, each.get("name", ""))]
    if not changes or not about:
        return None
    for place in about:
        mapped = replaced(mapped, place, **changes)
    return scene.fields | {"stakeholders": mapped}


def _speaks_of(text: str, name: str) -> bool:
    return bool(stems(name)) and stems(name) <= stems(text[:400])


def _taking(circle: str) -> Callable[[Scene, Answer], Fields]:
    return lambda scene, answer: _with(scene, answer.text, circle)


def _populated(circle: str) -> Callable[[Scene, str], bool]:
    return lambda scene, topic: any(
        each.get("category") == circle for each in rows(scene.fields, "stakeholders")
    )


def _names(scene: Scene, circle: str = "") -> list[str]:
    mapped = rows(scene.fields, "stakeholders")
    return [
        each["name"] for each in mapped if each.get("name") and circle in ("", each.get("category"))
    ]


def _greet(scene: Scene) -> str:
    question, user = hmw(scene), scene.upstream("challenge", "target_user", "")
    if not question or not user:
        return scene.text("stakeholders.greet")
    return scene.text(
        "stakeholders.greet_given",
        question=say.gist(question, 24, scene.language),
        who=say.gist(user, 9, scene.language),
    )


def _so_far(scene: Scene, topic: str) -> str:
    names = say.named(_names(scene), scene.language, 8)
    return scene.text("stakeholders.so_far", names=names) if names else ""


def _show(scene: Scene) -> list[str]:
    lines = []
    for circle in _USUAL:
        there = [
            _as_line(scene, each)
            for each in rows(scene.fields, "stakeholders")
            if each.get("category") == circle
        ]
        more = [scene.text("say.more", count=len(there) - 4)] if there[4:] else []
        names = "; ".join([*there[:4], *more]) or scene.text("stakeholders.nobody")
        lines.append(say.labelled(scene.text(f"circle.{circle}"), names, scene.language))
    return [*lines, scene.text("stakeholders.note")]


def _as_line(scene: Scene, each: Fields) -> str:
    levels = (
        scene.text(f"level.{each[name]}") if each.get(name) else scene.text("say.open")
        for name in ("power", "interest")
    )
    return f"{say.clip(each.get('name', ''), 5, 40)} ({'/'.join(levels)})"


def _loose(scene: Scene, text: str) -> Fields | None:
    """Take in people who were forgotten, where a remark says that they were."""
    found = re.match(
        r"\A\W*+(?:add|also|plus|and|we forgot|forgot|missing|what about|there (?:is"
        r"|are)( also)?)\b\W*",
        text,
        re.IGNORECASE,
    )
    return _with(scene, text[found.end() :], "direct") if found else None


def _closes(scene: Scene, gap: Gap) -> str:
    return next((circle for circle in _USUAL if gap.code == f"circle-{circle}"), "")


SCRIPT = Script(
    step=STEP,
    needs=("challenge",),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="core",
            serves="stakeholders",
            take=_taking("core"),
            known=_populated("core"),
        ),
        Question(
            step=STEP,
            id="direct",
            serves="stakeholders",
            take=_taking("direct"),
            known=_populated("direct"),
            lead=_so_far,
        ),
        Question(
            step=STEP,
            id="indirect",
            serves="stakeholders",
            take=_taking("indirect"),
            known=_populated("indirect"),
        ),
        Question(
            step=STEP,
            id="corners",
            serves="stakeholders",
            take=_taking("direct"),
            known=asked_once("corners"),
            lead=lambda scene, topic: " ".join(
                [scene.text("stakeholders.corners"), _so_far(scene, topic)]
            ),
            optional=True,
        ),
    ),
    show=_show,
    wrap=lambda scene: scene.text(
        "stakeholders.wrap",
        core=say.named(_names(scene, "core"), scene.language),
        all=scene.text("count.stakeholder", count=len(_names(scene))),
    ),
    correct=_moved,
    loose=_loose,
    closes=_closes,
)
