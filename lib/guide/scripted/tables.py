"""
Answers that are tables, as people paste them from a spreadsheet: a header, columns, one entry a row.

Columns are known by their headers, in the languages of the app. A row fills an entry of that name, or
becomes a new one. What stands in the draft is not replaced.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_origin

from lib.guide.scripted import reading
from lib.guide.scripted.scene import Answer, Question, Scene
from lib.guide.scripted.taking import findings, rows
from lib.workshop.artifacts.criteria.matching import folded
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type
from lib.workshop.records import Fields

#: Headers of columns, in lower case, by the field of an entry; the first of each list names the entry.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "stakeholders": {
        "name": r"name|who|stakeholders?|person|group|wer|nombre|nom|qui|quién",
        "category": r"circle|ring|category|kreis|kategorie|círculo|categoría|cercle|catégorie",
        "power": r"power|influence|macht|einfluss|poder|pouvoir",
        "interest": r"interest|interesse|interés|intérêt",
        "notes": r"notes?|remarks?|notizen|bemerkung(?:en)?|notas?|remarques?",
    },
    "insights": {
        "finding": r"findings?|what they said|said|quotes?|what|erkenntnis|aussage|zitat|was"
        r"|hallazgo|cita|qué dijo|constat|citation|propos",
        "source": r"who|source|name|person|wer|quelle|quién|fuente|qui",
    },
    "themes": {
        "name": r"themes?|pattern|thema|muster|tema|patrón|thème|motif",
        "evidence": r"findings?|evidence|numbers?|belege?|erkenntnisse|hallazgos?|constats?",
    },
    "stages": {
        "name": r"stages?|phase|step|etappe|schritt|etapa|étape",
        "action": r"actions?|what they do|does|handlung|tut|acción|hace|fait",
        "goals": r"goals?|wants?|ziele?|objetivos?|objectifs?|buts?",
        "touchpoints": r"touch ?points?|contacts?|kontaktpunkte?|puntos? de contacto",
        "barriers": r"barriers?|obstacles?|pain|hürden?|hindernisse?|barreras?|freins?",
        "emotion": r"emotions?|feelings?|feels?|gefühle?|stimmung|emoción|émotion",
    },
}

#: Values of a choice as tables have them.
_VALUES = {
    "high": r"high|h|hoch|alt[oa]|élevée?|fort[e]?",
    "medium": r"medium|m|mid(?:dle)?|mittel|medi[oa]|moyen(?:ne)?",
    "low": r"low|l|niedrig|gering|baj[oa]|faible",
    "core": r"core|kern|centro|núcleo|cœur|coeur",
    "direct": r"direct|direkt|direct[oa]|directe",
    "indirect": r"indirect|indirekt|indirect[oa]|indirecte",
}

#: Headers of lists of other things: their first column is the entry.
_LISTED = re.compile(
    r"ideas?|what|criteri(?:on|a)|next steps?|steps?|titles?|ideen?|was|kriterium|qué|criterio|"
    r"idées?|quoi|critère",
    re.IGNORECASE,
)


def reads_tables(question: Question) -> Question:
    """Return *question* so that its answer may be a table."""

    def take(scene: Scene, answer: Answer) -> Fields:
        table = cells(answer.text)
        # A SWOT is read by its sections, whatever its shape.
        if not table or question.id in ("inside", "outside"):
            return question.take(scene, answer)
        if (known := columns(question.serves, table[0])) and _is_list(question):
            # Without a column for the circle, the circle is the one that was asked for.
            told = {"category": question.id} if question.id in _VALUES else {}
            return _with_entries(scene, question.serves, known, table[1:], told)
        return question.take(scene, replace(answer, text=_as_lines(question, table)))

    return replace(question, take=take)


def cells(text: str) -> list[list[str]]:
    """
    Return the rows of a table, with tabs or as Markdown; empty for any other text.

    >>> cells("Name\\tPower\\n\\"Returns, Kiel\\"\\tlow")
    [['Name', 'Power'], ['Returns, Kiel', 'low']]
    """
    lines = [line for line in text[: reading.MOST_READ].splitlines() if line.strip()]
    if len(lines) < 2:
        return []
    if all(line.strip().startswith("|") for line in lines):
        found = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
        found = [row for row in found if not all(set(cell) <= set("-: ") for cell in row)]
    elif sum("\t" in line for line in lines) > len(lines) / 2:
        found = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter="\t")]
    else:
        return []
    return found[: reading.MOST_LISTED]


def columns(field: str, header: Sequence[str]) -> dict[int, str]:
    """Return which columns hold which parts of a field's entries; empty unless one names them."""
    patterns = _COLUMNS.get(field, {})
    found: dict[int, str] = {}
    for place, cell in enumerate(header):
        name = next(
            (
                name
                for name, words in patterns.items()
                if name not in found.values() and re.fullmatch(words, cell.strip(" :").casefold())
            ),
            None,
        )
        if name:
            found[place] = name
    names_them = next(iter(patterns), None) in found.values()
    return found if names_them and len(found) > 1 else {}


def _is_list(question: Question) -> bool:
    info = MODELS[question.step].model_fields[question.serves]
    return get_origin(inner_type(info)) is list


def _with_entries(
    scene: Scene,
    field: str,
    known: Mapping[int, str],
    body: Sequence[Sequence[str]],
    implied: Fields,
) -> Fields:
    entries: list[Fields] = [dict(each) for each in rows(scene.fields, field)]
    head = next(iter(_COLUMNS[field]))
    for row in body:
        told = implied | {
            name: value
            for place, name in known.items()
            if place < len(row) and (value := _value(scene, name, row[place]))
        }
        if head not in told:
            continue
        if field == "insights":
            told["quote"] = told[head] = reading.unquoted(str(told[head]))
        same = [each for each in entries if folded(str(each.get(head, ""))) == folded(told[head])]
        if same and field != "insights":
            same[0].update({name: value for name, value in told.items() if not same[0].get(name)})
        elif not same:
            entries.append(told)
    return scene.fields | {field: entries}


def _value(scene: Scene, name: str, cell: str) -> Any:
    """Return what a cell holds for a part of an entry."""
    if name in ("power", "interest", "category"):
        return next(
            (value for value, words in _VALUES.items() if re.fullmatch(words, cell.casefold())), ""
        )
    if name == "evidence":
        known = findings(scene)
        numbered = [known[at - 1] for at in reading.numbers(cell) if 0 < at <= len(known)]
        return numbered or ([cell] if folded(cell) else [])
    return cell if folded(cell) else ""


def _as_lines(question: Question, table: Sequence[Sequence[str]]) -> str:
    """Return a table as the lines somebody would have typed."""
    if all(_is_mark(row[0]) for row in table):
        return "\n".join(" ".join(row) for row in table)
    body = table[1:] if _LISTED.fullmatch(table[0][0].strip(" :")) else table
    joined: Callable[[Sequence[str]], str] = _rated if question.id == "ratings" else _entry
    if question.step == "ideation":
        return "\n".join(row[0] for row in body)
    return "\n".join(map(joined, body))


def _is_mark(cell: str) -> bool:
    """Whether a cell is a label or a number before what follows it."""
    return cell.endswith(":") or bool(re.fullmatch(r"\(?\d{1,3}[.):]?", cell))


def _rated(row: Sequence[str]) -> str:
    name, score, *why = [*row, "", ""]
    return f"{name} {score}, {' '.join(filter(None, why))};"


def _entry(row: Sequence[str]) -> str:
    first, *others = row
    rest = ", ".join(filter(None, others))
    return f"{first} ({rest})" if rest else first
