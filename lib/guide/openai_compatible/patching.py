"""
Applies a model's patch to a draft: it may fill and change fields, never break them.

A field is accepted as a whole or not at all. A valid field stays valid, and a field is never emptied.
Unusable parts are reported, so that the model can be asked once more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lib.workshop.artifacts.criteria.gap import titles
from lib.workshop.artifacts.criteria.matching import is_placeholder, leaves
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import ArtifactRefused, normalised, parsed
from lib.workshop.fields import is_blank
from lib.workshop.records import Fields

#: Ends a text that was shortened to fit into the context; a draft never takes it back.
CUT_OFF = "[…]"


@dataclass(frozen=True)
class Patched:
    """A draft after a patch, and a sentence for each part of the patch that could not be used."""

    fields: Fields
    problems: tuple[str, ...] = ()


def patched(
    step: str, draft: Fields, patch: Mapping[str, Any], shortened: Collection[str] = ()
) -> Patched:
    """
    Return *draft* with what *patch* changes for the better, field by field.

    Of the fields in *shortened* the model has not seen all: a list there only gets new entries.

    >>> patched("challenge", {"target_user": "nurses"}, {"target_user": "", "altitude": "broad"})
    Patched(fields={'target_user': 'nurses', 'altitude': 'broad'}, problems=())
    """
    fields, problems = dict(draft), []
    for name, value in normalised(step, patch).items():
        if name in shortened:
            value = _extended(step, name, draft, value)  # noqa: PLW2901 - what is proposed for it
        if value == draft.get(name) or value == normalised(step, draft).get(name):
            continue
        problem = _problem(step, name, draft, value)
        if problem:
            problems.append(problem)
        else:
            fields[name] = value
    problems += _lost(step, patch)
    if _is_whole(step, draft) and not _is_whole(step, fields):
        # Each field may be right and yet not fit the others, like a choice that names no idea.
        return Patched(draft, (*problems, *_refusals(step, fields)))
    return Patched(fields, tuple(problems))


def _extended(step: str, name: str, draft: Fields, value: Any) -> Any:
    """Return a list with the entries of *value* that are new and whole; a text as it was."""
    before = draft.get(name)
    if not isinstance(before, list) or not isinstance(value, list):
        return before
    known = [*before, *normalised(step, draft).get(name, [])]
    whole = (each for each in value if not any(CUT_OFF in text for _, text in leaves(each)))
    return [*before, *(each for each in whole if each not in known)]


def _problem(step: str, name: str, draft: Fields, value: Any) -> str:
    """Say why *value* cannot stand in a field, "" where it can."""
    before = normalised(step, draft).get(name)
    if any(CUT_OFF in text for _, text in leaves(value)) and value != before:
        return f"{_title(step, name)}: never hand back a text that was shortened with {CUT_OFF}."
    if held := [text for _, text in leaves(value) if is_placeholder(text)]:
        return f"{_title(step, name)}: “{held[0][:40]}” only holds the place; leave it out."
    refused = _refused(step, name, value)
    if not refused or before is None:
        return ""
    if not _refused(step, name, before) or not (
        _has_grown(before, value) or _is_part(before, value)
    ):
        return " ".join(refused)
    return ""


def _refused(step: str, name: str, value: Any) -> list[str]:
    """Return what is wrong with one field, whatever the others are."""
    title = _title(step, name)
    return [
        each
        for each in _refusals(step, {name: value})
        if each.startswith((f"{title}:", f"{title} ›"))
    ]


def _refusals(step: str, fields: Fields) -> list[str]:
    try:
        parsed(step, fields)
    except ArtifactRefused as exc:
        return exc.problems
    return []


def _is_whole(step: str, fields: Fields) -> bool:
    return not _refusals(step, fields)


def _title(step: str, name: str) -> str:
    return titles(step, (name,))


def _has_grown(before: Any, after: Any) -> bool:
    """Whether a field that was not whole yet holds at least as much as before."""
    return len(list(leaves({"": after}))) >= len(list(leaves({"": before})))


def _is_part(before: Any, after: Any) -> bool:
    """Whether entries were only taken out."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and all(each in before for each in after)
    )


def _lost(step: str, patch: Mapping[str, Any]) -> list[str]:
    """Name the parts of a patch of which nothing could be made sense of."""
    known = normalised(step, patch)
    fields = MODELS[step].model_fields
    strangers = [name for name in patch if name not in fields]
    senseless = [name for name in fields if name not in known and not is_blank(patch.get(name))]
    return [
        *(f"There is no field called {str(name)[:40]}." for name in strangers[:3]),
        *(f"{_title(step, name)}: not in the form that was asked for." for name in senseless),
    ]
