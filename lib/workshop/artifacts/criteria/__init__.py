"""
Whether a draft is good enough to confirm: the one gate, and the list a team reads.

Asked of the structured draft alone, never of what was said in the chat. A gap names the field it
is about and says in a sentence how to close it.
"""

import re
from collections.abc import Mapping

from lib.workshop.artifacts.criteria import evidence, framing, making
from lib.workshop.artifacts.criteria.gap import Criteria, Gap, titles
from lib.workshop.artifacts.criteria.matching import is_placeholder, leaves
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import ArtifactRefused, normalised, parsed
from lib.workshop.records import Fields

#: The criteria of each step, by slug.
RULES: Mapping[str, Criteria] = {**framing.RULES, **evidence.RULES, **making.RULES}


def missing(step: str, fields: Fields, artifacts: Mapping[str, Fields]) -> list[str]:
    """
    Return everything that stands between a draft and its confirmation, a sentence each.

    *artifacts* are the confirmed ones of the steps this one is made from; a criterion about a step
    that is not among them is not asked. An empty list opens the gate.
    """
    return [gap.sentence for gap in gaps(step, fields, artifacts)]


def gaps(step: str, fields: Fields, artifacts: Mapping[str, Fields]) -> list[Gap]:
    """Return what `missing` lists, each with the top-level field it is about."""
    shaped = normalised(step, fields)
    refused = _refused(step, fields)
    empty = {gap.field for gap in refused if gap.field not in shaped}
    upstream = {
        slug: normalised(slug, artifact)
        for slug, artifact in artifacts.items()
        if slug in MODELS and isinstance(artifact, Mapping)
    }
    judged = [*_placeholders(step, shaped), *RULES[step](shaped, upstream)]
    return [*refused, *(gap for gap in judged if gap.field not in empty)]


def _refused(step: str, fields: Fields) -> list[Gap]:
    try:
        parsed(step, fields)
    except ArtifactRefused as exc:
        return [_about(step, problem) for problem in exc.problems]
    return []


def _about(step: str, problem: str) -> Gap:
    """Find the field a refusal is about by the title it begins with."""
    model_fields = MODELS[step].model_fields
    named = {info.title: name for name, info in model_fields.items()}
    title = re.split(" › |:", problem, maxsplit=1)[0]
    return Gap(named.get(title, list(model_fields)[-1]), _friendly(problem), code="refused")


def _friendly(problem: str) -> str:
    return problem.replace(": still empty.", ": still empty. Fill it in here or tell the guide.")


def _placeholders(step: str, fields: Fields) -> list[Gap]:
    return [
        Gap(
            str(path[0]),
            f"{titles(step, path)}: “{text[:40]}” only holds the place. "
            "Put your own words there, or clear it.",
            code="placeholder",
            values={"words": [text[:40]]},
        )
        for path, text in leaves(fields)
        if is_placeholder(text)
    ]
