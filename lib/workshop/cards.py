"""
Which part of a step's form a question shows in the conversation: a shape is filled in, not described.

By step and by the id of the question, as the scripts of the guide name it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lib.workshop.read_back import Asked, Card
from lib.workshop.records import Fields


def _stages(*columns: str) -> Card:
    return Card(("stages",), columns=columns)


_MAP = Card(("stakeholders",), columns=("name", "category", "power", "interest"))
_THEMES = Card(("themes",), columns=("name", "evidence"))
_WHO = Card(("personas",), columns=("name", "role", "age", "location"))
_QUESTION = Card(
    ("hmw_statements",),
    columns=("given_that", "persona", "immediate_goal", "deeper_goal", "full_statement"),
)
_CHOICE = Card(("selected_idea_titles",))

#: How a reframed question is put together, by language: text and field take turns.
SENTENCES: Mapping[str, Sequence[str]] = {
    language: (given, "given_that", help_, "persona", to, "immediate_goal", so, "deeper_goal", end)
    for language, given, help_, to, so, end in (
        ("en", "Given that ", ": how might we help ", " to ", ", so that ", "?"),
        ("de", "Angesichts dessen, dass ", ": Wie könnten wir ", " helfen, ", ", damit ", "?"),
        ("es", "Dado que ", ": ¿cómo podríamos ayudar a ", " a ", ", para que ", "?"),
        ("fr", "Étant donné que ", " : comment pourrions-nous aider ", " à ", ", afin que ", " ?"),
    )
}

CARDS: Mapping[str, Mapping[str, Card]] = {
    "stakeholder-mapping": dict.fromkeys(("core", "direct", "indirect", "corners"), _MAP),
    "sense-making": dict.fromkeys(("themes", "evidence"), _THEMES),
    "persona": {
        "person": _WHO,
        "role": _WHO,
        "life": Card(("personas",), columns=("bio", "quote", "day_in_the_life")),
        "goals": Card(("personas",), columns=("goals", "pains", "gains")),
    },
    "journey-mapping": {
        "action": _stages("action"),
        "goals": _stages("goals"),
        "touchpoints": _stages("touchpoints"),
        "barriers": _stages("barriers"),
        "emotion": _stages("emotion"),
        "dip": Card(("stages", "dip_summary"), columns=("is_dip",)),
    },
    "reframe": {
        **dict.fromkeys(("given_that", "persona", "immediate_goal", "deeper_goal"), _QUESTION),
        "another": Card(("hmw_statements",), columns=("full_statement", "selected")),
    },
    "ideation": {"favourites": _CHOICE, "select": _CHOICE},
    "concept": {
        "inside": Card(("concepts",), columns=("swot",)),
        "outside": Card(("concepts",), columns=("swot",)),
        "ratings": Card(("concepts",), columns=("feasibility",)),
        "billboard": Card(("concepts",), columns=("billboard",)),
    },
    "validate": {"confidence": Card(("confidence",))},
}


def card_of(step: str, asked: Asked | None, fields: Fields) -> Card | None:
    """
    Return the card of a question, about the entry its topic names if there is one; None for no card.

    >>> personas = {"personas": [{"name": "Ada"}, {"name": "Bo"}]}
    >>> card_of("persona", Asked("life", "Bo"), personas).entry
    1
    """
    card = CARDS.get(step, {}).get(asked.id) if asked else None
    if card is None or asked is None or not asked.topic:
        return card
    entries = fields.get(card.fields[0])
    named = [_head(each) for each in entries] if isinstance(entries, list) else []
    return replace(card, entry=named.index(asked.topic)) if asked.topic in named else card


def _head(entry: object) -> str:
    """Return what names an entry: its idea, or the first of its fields that names it."""
    held = entry if isinstance(entry, Mapping) else {}
    return str(held.get("idea_source") or held.get("name") or "")


def options(name: str, fields: Fields, upstream: Mapping[str, Fields]) -> Sequence[str]:
    """Return what a list field is chosen from; empty where it is typed."""
    if name == "evidence":
        found = upstream.get("user-research", {}).get("insights", [])
        return [each["finding"] for each in found if each.get("finding")]
    if name == "selected_idea_titles":
        return list(_titles(fields))
    return ()


def _titles(fields: Fields) -> Iterator[str]:
    for cluster in fields.get("clusters", []):
        yield from (each["title"] for each in cluster.get("ideas", []) if each.get("title"))
