"""
Checks that quotes in the research were really said.

A new quote that no member wrote is either from an interview the guide played, and is marked as
synthetic, or invented, and is removed.
"""

from collections.abc import Sequence
from typing import Any

from lib.guide.port import Request
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.criteria.matching import folded_whole
from lib.workshop.records import Fields
from lib.workshop.transcript import Role

#: The mark of a played interview, as in the scripted guide.
MARK = "(synthetic)"


def check_quotes(request: Request, fields: Fields, reply: str) -> Fields:
    """Return *fields* with new quotes checked; *reply* is the text of the current reply."""
    if request.step != "user-research" or "insights" not in fields:
        return fields
    team = _said(request, Role.USER)
    played = [*_said(request, Role.ASSISTANT), f" {folded_whole(reply)} "]
    known = request.draft.get("insights", [])
    insights = [
        each if each in known else _checked(each, team, played) for each in fields["insights"]
    ]
    return fields | {"insights": insights}


def _said(request: Request, role: Role) -> list[str]:
    return [f" {folded_whole(each.text)} " for each in request.transcript if each.role is role]


def _checked(insight: Any, team: Sequence[str], played: Sequence[str]) -> Any:
    if not isinstance(insight, dict) or not insight.get("quote"):
        return insight
    quote = f" {folded_whole(insight['quote'])} "
    source = insight.get("source", "")
    if is_synthetic(source) or any(quote in text for text in team):
        return insight
    if any(quote in text for text in played):
        return insight | {"source": f"{source} {MARK}".strip()}
    return {name: value for name, value in insight.items() if name != "quote"}
