"""Step 4: themes, pains and gains, each out of what was found in step 3."""

import re
from collections import Counter
from collections.abc import Callable

from lib.guide.scripted import interviews, reading, say
from lib.guide.scripted.listen import yes_and
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import extended, findings, hmw, insights, replaced, rows
from lib.workshop.artifacts.criteria.matching import best, overlap, same, stems, words
from lib.workshop.records import Fields

STEP = "sense-making"

#: Rows of an answer about themes that are read; there are five themes at most.
_MOST_ROWS = 60

#: Numbers at the start of an answer: "1, 3 and 4, also ...".
_NUMBERS_FIRST = re.compile(
    r"^\W*(?:(?:no|numbers?|the)\W+)?((?:\d{1,2}(?:\s*(?:,|;|&|\+|and|und|y|\.)\s*|\s+|$))+)"
)


def chosen(text: str, options: list[str], most: int) -> list[str]:
    """
    Return what a team chose from numbered candidates and what it put in its own words.

    >>> chosen("1 and 3, also: nobody says hello", ["late", "cold", "loud"], 5)
    ['late', 'loud', 'Nobody says hello']
    """
    agreed, rest = yes_and(text)
    picked: list[str] = []
    own: list[str] = []
    for row in rest.splitlines():
        numbers, said = _numbers_first(row)
        picked += [options[number - 1] for number in numbers if 0 < number <= len(options)]
        own += [reading.capital(each) for each in reading.entries(said)]
    if agreed and not picked:
        picked = options[: max(0, most - len(own))]
    return [*picked, *own]


def _numbers_first(row: str) -> tuple[list[int], str]:
    """Return the numbers a row begins with, and what it says besides; one alone may be a count."""
    found = _NUMBERS_FIRST.match(row)
    numbers = reading.numbers(found[1]) if found else []
    rest = row[found.end() :] if found else row
    if not numbers or (len(numbers) == 1 and rest.strip()):
        return [], row
    return numbers, yes_and("yes, " + rest)[1]


def _ranked(scene: Scene, score: Callable[[str], int]) -> list[str]:
    """Return the findings that sound most like it, in the order they were found."""
    told = {
        each["finding"]: each.get("quote", "") for each in insights(scene) if each.get("finding")
    }
    ranked = sorted(told, key=lambda finding: -score(f"{finding} {told[finding]}"))
    kept = [each for each in ranked if score(each) > 0][:6]
    return [each for each in told if each in kept]


def _candidates(scene: Scene, name: str) -> list[str]:
    return _ranked(scene, interviews.sore if name == "pains" else interviews.sweet)


def _take_list(name: str) -> Callable[[Scene, Answer], Fields]:
    def take(scene: Scene, answer: Answer) -> Fields:
        offered = _candidates(scene, name)
        new = offered if answer.yes else chosen(answer.text, offered, 5)
        return scene.fields | {name: extended(rows(scene.fields, name), new)}

    return take


def _lead_list(name: str) -> Callable[[Scene, str], str]:
    def lead(scene: Scene, topic: str) -> str:
        offered = _candidates(scene, name)
        if not offered:
            return ""
        return scene.text(f"candidates.{name}") + "\n\n" + say.numbered(offered, 10)

    return lead


def _list_question(name: str) -> Question:
    return Question(
        step=STEP,
        id=name,
        serves=name,
        take=_take_list(name),
        known=lambda scene, topic: bool(rows(scene.fields, name)),
        lead=_lead_list(name),
        offers=lambda scene, topic: bool(_candidates(scene, name)),
        thin=lambda scene, answer: "more" if len(_take_list(name)(scene, answer)[name]) < 5 else "",
    )


# Themes


def _take_themes(scene: Scene, answer: Answer) -> Fields:
    """Read the names of themes, and put each finding under the one it fits."""
    themes = rows(scene.fields, "themes")
    for row in _theme_rows(answer.text):
        name, hint = reading.label(row)
        name, hint = (name, hint) if name else (row, "")
        if not any(map(str.isalpha, name)):
            continue
        known = next(
            (at for at, each in enumerate(themes) if same(each.get("name", ""), name)), None
        )
        if known is None and len(themes) < 5:
            themes.append({"name": reading.capital(reading.unquoted(name).strip(" ."))[:120]})
            known = len(themes) - 1
        if known is not None and hint:
            themes = _cited(scene, themes, known, hint)
    return scene.fields | {"themes": _sorted_in(themes, findings(scene))}


def _theme_rows(text: str) -> list[str]:
    listed = reading.lines(text)[:_MOST_ROWS]
    if len(listed) == 1 and ";" not in text and not reading.label(listed[0])[0]:
        return reading.names(listed[0])
    return [
        piece.strip() for row in listed for piece in reading.said(row).split(";") if piece.strip()
    ]


def _cited(scene: Scene, themes: list[Fields], place: int, hint: str) -> list[Fields]:
    """Put the findings a hint names, by number or in words, under a theme."""
    known = findings(scene)
    numbers = [number - 1 for number in reading.numbers(hint) if 0 < number <= len(known)]
    by_words = [] if numbers else [best(each, known) for each in [hint, *reading.names(hint)]]
    new = [known[at] for at in [*numbers, *by_words] if at is not None]
    if not known:
        new = [hint]
    return replaced(themes, place, evidence=extended(themes[place].get("evidence", []), new, 8))


def _sorted_in(themes: list[Fields], known: list[str]) -> list[Fields]:
    """Put each finding that no theme cites under the theme it shares most words with."""
    cited = {each for theme in themes for each in theme.get("evidence", [])}
    told = Counter(stem for theme in themes for stem in stems(theme.get("name", "")))
    shared_by_all = {stem for stem, number in told.items() if number > 1}
    for finding in (each for each in known if each not in cited):
        shared = [
            len(stems(finding) & stems(theme.get("name", "")) - shared_by_all) for theme in themes
        ]
        if any(shared):
            at = shared.index(max(shared))
            themes = replaced(themes, at, evidence=[*themes[at].get("evidence", []), finding])
    return themes


def _take_evidence(scene: Scene, answer: Answer) -> Fields:
    themes = rows(scene.fields, "themes")
    names = [each.get("name", "") for each in themes]
    for row in (
        piece for line in reading.lines(answer.text)[:_MOST_ROWS] for piece in line.split(";")
    ):
        name, hint = reading.label(row)
        place = best(name, names) if name else None
        if place is None:
            place, hint = best(answer.topic, names), row
        if place is not None:
            themes = _cited(scene, themes, place, hint)
    return scene.fields | {"themes": themes}


def _lead_evidence(scene: Scene, topic: str) -> str:
    known = findings(scene)
    cited = {each for theme in rows(scene.fields, "themes") for each in theme.get("evidence", [])}
    free = [(place, each) for place, each in enumerate(known, 1) if each not in cited]
    near = sorted(free or list(enumerate(known, 1)), key=lambda pair: -overlap(pair[1], topic))[:9]
    shown = say.bullets(
        scene.text("sense.number", place=place, words=say.clip(each, 9))
        for place, each in sorted(near)
    )
    return scene.text("sense.evidence") + "\n\n" + shown if shown else ""


def _has_evidence(scene: Scene, topic: str) -> bool:
    themes = [each for each in rows(scene.fields, "themes") if each.get("name") == topic]
    return any(each.get("evidence") for each in themes)


def _lead_themes(scene: Scene, topic: str) -> str:
    strongest = sorted(findings(scene), key=lambda each: -interviews.weight(each))[:3]
    if not strongest:
        return ""
    shared = _shared_words(scene)
    several = scene.text("sense.shared", words=say.listed(shared, scene.language))
    told = scene.text("sense.strongest", findings=say.gists(strongest, 12, scene.language))
    return f"{told} {several}" if shared else told


def _shared_words(scene: Scene) -> list[str]:
    """Return words that several sources used, the most widespread first."""
    spoken: dict[str, set[str]] = {}
    for each in insights(scene):
        for word in words(f"{each.get('finding', '')} {each.get('quote', '')}"):
            if len(word) > 3 and stems(word):
                spoken.setdefault(word, set()).add(each.get("source", ""))
    shared = [(-len(sources), word) for word, sources in spoken.items() if len(sources) > 1]
    return [f"*{word}*" for _, word in sorted(shared)[:4]]


def _greet(scene: Scene) -> str:
    found = insights(scene)
    sources = {each.get("source", "") for each in found} - {""}
    if not found:
        return scene.text("sense.greet")
    table = scene.text(
        "sense.greet_given",
        findings=scene.text("count.finding", count=len(found)),
        sources=scene.text("count.source", count=len(sources)),
    )
    question = say.gist(hmw(scene), 24, scene.language)
    return f"{table} {scene.text('sense.question', words=question)}" if hmw(scene) else table


def _show(scene: Scene) -> list[str]:
    themes = [
        scene.text(
            "sense.theme",
            name=say.clip(each.get("name", ""), 7),
            findings=scene.text("count.finding", count=len(each.get("evidence", []))),
        )
        for each in rows(scene.fields, "themes")
    ]
    lists = [
        say.labelled(
            scene.text(f"field.{STEP}.{name}"),
            "; ".join(say.clip(each, 9) for each in rows(scene.fields, name))
            or scene.text("say.open"),
            scene.language,
        )
        for name in ("pains", "gains")
    ]
    return [*themes, *lists]


def _wrap(scene: Scene) -> str:
    names = [each.get("name", "") for each in rows(scene.fields, "themes")]
    return scene.text("sense.wrap", themes=say.named(names, scene.language, 5, 8))


SCRIPT = Script(
    step=STEP,
    needs=("challenge", "user-research"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="themes",
            serves="themes",
            take=_take_themes,
            known=lambda scene, topic: len(rows(scene.fields, "themes")) >= 2,
            lead=_lead_themes,
        ),
        Question(
            step=STEP,
            id="evidence",
            serves="themes",
            take=_take_evidence,
            known=_has_evidence,
            topics=lambda scene: [
                each["name"] for each in rows(scene.fields, "themes") if each.get("name")
            ],
            lead=_lead_evidence,
        ),
        _list_question("pains"),
        _list_question("gains"),
    ),
    show=_show,
    closes=lambda scene, gap: gap.field if gap.code == "five" else "",
    wrap=_wrap,
)
