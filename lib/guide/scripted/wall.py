"""The wall of ideas: taken down as they are told, sorted when the rounds are over, moved about."""

import re
from collections.abc import Callable

from lib.guide.scripted import reading, say
from lib.guide.scripted.clustering import clustered
from lib.guide.scripted.scene import Answer, Scene
from lib.guide.scripted.taking import rows
from lib.guide.scripted.wording import text
from lib.workshop.artifacts.criteria.matching import best, folded, same
from lib.workshop.records import LANGUAGES, Fields

#: Where ideas wait until every round is over, in every language: a workshop's may change.
_UNSORTED = {text(language, "wall.unsorted") for language in LANGUAGES}


#: Ideas taken from one message.
_FROM_A_MESSAGE = 100


_WILD = re.compile(
    r"(?:(?<!\s)\s++)?+(?:[(\[]\s*+)?+(?:🃏|\bwild[- ]?cards?\b|\bwild one\b"
    r"|\bwild\b(?=\s*[)\]:!]))\s*[)\]:!]*\s*[:–-]?\s*",
    re.IGNORECASE,
)


_MOVE = re.compile(
    r"^\W*+(?:please |can you |let's )*+(?:move|put|sort) (?P<idea>.{1,300}?) (?:to|into|under"
    r"|in) (?P<theme>.{1,300}+)$",
    re.IGNORECASE,
)


def ideas(fields: Fields) -> list[Fields]:
    """Return every idea, cluster by cluster."""
    return [idea for cluster in rows(fields, "clusters") for idea in cluster.get("ideas", [])]


def all_titles(scene: Scene) -> list[str]:
    """Return the titles of all ideas, in the order of their numbers."""
    return [idea["title"] for idea in ideas(scene.fields) if idea.get("title")]


def _idea(text: str, source: str, *, wild: bool) -> Fields:
    """Read one idea: a title and what it is about, or a sentence that is both."""
    marked = _WILD.search(text) is not None
    plain = _WILD.sub(" ", text).strip(" .-")
    title, described = reading.label(plain)
    if not title or len(title.split()) > 9:
        title, described = plain, plain
        parts = re.split(r",\s|\s\(|;\s|\.\s", plain, maxsplit=1)
        if len(plain.split()) > 9:
            title = parts[0] if 1 < len(parts[0].split()) <= 9 else say.clip(plain, 8).rstrip("…")
    return {
        "title": reading.capital(title.strip(" .,"))[:120],
        "description": reading.capital(described.strip())[:400],
        "is_wild_card": wild or marked,
        "source": source,
    }


def _listed(text: str) -> list[str]:
    rows_ = reading.lines(text)
    if len(rows_) > 1:
        return rows_
    row = (
        re.sub(r"^(?:here (?:are|come)[^:]{0,40}:|ideas?:)\s*", "", rows_[0], flags=re.I)
        if rows_
        else ""
    )
    if len(parts := reading.semicolons(row)) > 1:
        return parts
    pieces = reading.names(row)
    return (
        pieces
        if len(pieces) > 2 and max(len(each.split()) for each in pieces) < 13
        else reading.sentences(row)
    )


def taking(source: str, *, wild: bool = False) -> Callable[[Scene, Answer], Fields]:
    """Return how an answer puts ideas of one round on the wall."""

    def take(scene: Scene, answer: Answer) -> Fields:
        known = {folded(title) for title in all_titles(scene)}
        told = [
            _idea(each, source, wild=wild)
            for each in _listed(answer.text)
            # Numbers choose ideas; they are none.
            if any(map(str.isalpha, each))
        ][:_FROM_A_MESSAGE]
        new = [idea for idea in told if folded(idea["title"]) not in known]
        again = [idea["title"] for idea in told if wild and folded(idea["title"]) in known]
        fields = marked_wild(scene.fields, again)
        return _parked(scene, fields, new) if new else fields

    return take


def _parked(scene: Scene, fields: Fields, new: list[Fields]) -> Fields:
    clusters = rows(fields, "clusters")
    waiting: list[Fields] = next(
        (each["ideas"] for each in clusters if each.get("theme") in _UNSORTED), []
    )
    others = [each for each in clusters if each.get("theme") not in _UNSORTED]
    unique = {folded(idea["title"]): idea for idea in reversed([*waiting, *new])}
    return fields | {
        "clusters": [
            *others,
            {"theme": scene.text("wall.unsorted"), "ideas": list(unique.values())[::-1]},
        ]
    }


def marked_wild(fields: Fields, titles: list[str]) -> Fields:
    """Return the draft with the ideas of these titles marked as wild cards."""
    clusters = [
        each
        | {
            "ideas": [
                idea
                | (
                    {"is_wild_card": True}
                    if any(same(idea.get("title", ""), title) for title in titles)
                    else {}
                )
                for idea in each.get("ideas", [])
            ]
        }
        for each in rows(fields, "clusters")
    ]
    return fields | {"clusters": clusters} if clusters else fields


def sorted_out(scene: Scene) -> Fields:
    """Sort what waits, once every round is over; clusters a team has made stay as they are."""
    clusters = rows(scene.fields, "clusters")
    waiting: list[Fields] = next(
        (each["ideas"] for each in clusters if each.get("theme") in _UNSORTED), []
    )
    others = [each for each in clusters if each.get("theme") not in _UNSORTED]
    if not waiting:
        return scene.fields
    if not others:
        return scene.fields | {"clusters": clustered(waiting, _themes(scene), scene.language)}
    for idea in waiting:
        near = best(
            f"{idea['title']} {idea['description']}", [each.get("theme", "") for each in others]
        )
        at = (
            near
            if near is not None
            else min(range(len(others)), key=lambda place: len(others[place].get("ideas", [])))
        )
        others[at] = others[at] | {"ideas": [*others[at].get("ideas", []), idea]}
    return scene.fields | {"clusters": others}


def _themes(scene: Scene) -> dict[str, str]:
    """Return the texts ideas are compared with, by the name their cluster would have."""
    themes = {
        each["name"]: " ".join([each["name"], *each.get("evidence", [])])
        for each in scene.upstream("sense-making", "themes", [])
        if each.get("name")
    }
    stages = {
        each["name"]: f"{each['name']} {each.get('action', '')}"
        for each in scene.upstream("journey-mapping", "stages", [])
        if each.get("name")
    }
    return themes | {name: about for name, about in stages.items() if name not in themes}


def board(scene: Scene, only: list[str]) -> str:
    """Return the wall as it is shown, numbered; *only* these titles."""
    titles = all_titles(scene)
    length = 7 if len(titles) < 12 else 4 if len(titles) < 20 else 3
    places = {title: place for place, title in enumerate(titles, 1)}
    lines = []
    for cluster in rows(scene.fields, "clusters"):
        inside = [
            f"{places[idea['title']]} {say.clip(idea['title'], length, 40)}"
            for idea in cluster.get("ideas", [])
            if idea.get("title") and idea["title"] in only
        ]
        lines += (
            [say.labelled(say.clip(cluster.get("theme", ""), 5), ", ".join(inside), scene.language)]
            if inside
            else []
        )
    return say.bullets(lines)


def picked(scene: Scene, text: str) -> list[str]:
    """Return the titles somebody chose, by number or by name."""
    titles = all_titles(scene)
    return [titles[place] for place in reading.picks(text, titles)]


def moved(scene: Scene, text: str) -> Fields | None:
    """Read "move the bell to Welcome": the ideas change their pile."""
    found = _MOVE.match(text)
    titles = picked(scene, found["idea"]) if found else []
    if not found or not titles:
        return None
    clusters = rows(scene.fields, "clusters")
    place = best(found["theme"], [each.get("theme", "") for each in clusters])
    moving = [idea for idea in ideas(scene.fields) if idea.get("title") in titles]
    kept = [
        each | {"ideas": [idea for idea in each.get("ideas", []) if idea not in moving]}
        for each in clusters
    ]
    if place is None:
        kept.append({"theme": reading.capital(reading.unquoted(found["theme"])), "ideas": moving})
    else:
        kept[place] = kept[place] | {"ideas": [*kept[place]["ideas"], *moving]}
    return scene.fields | {"clusters": [each for each in kept if each["ideas"]]}
