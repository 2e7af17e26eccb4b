"""
Between a draft and an artifact: what was typed or proposed, brought into the shape of a step's model.

Lenient where a team drafts, strict where it confirms: `normalised` and `shaped` leave out what
cannot be made sense of and raise nothing; `parsed` accepts only what is whole.
"""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lib.workshop.artifacts.models import MODELS, Artifact
from lib.workshop.fields import is_blank, without_blanks
from lib.workshop.records import Fields
from lib.workshop.transcript import clean


class ArtifactRefused(ValueError):
    """A draft that is not whole. `problems` is one sentence each, in the order of the fields."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def parsed(step: str, fields: Fields) -> Artifact:
    """
    Return *fields* as the artifact of *step*.

    Raises ArtifactRefused with every problem at once, in words a team understands.
    """
    try:
        return MODELS[step].model_validate(without_blanks(fields))
    except ValidationError as exc:
        problems = [
            _sentence(MODELS[step], error["loc"], error["type"], error["msg"])
            for error in exc.errors()
        ]
        raise ArtifactRefused(list(dict.fromkeys(problems))) from exc


def dumped(artifact: Artifact) -> Fields:
    """Return *artifact* as plain JSON fields, without what is not set."""
    return artifact.model_dump(mode="json", exclude_none=True)


def normalised(step: str, raw: Mapping[str, Any]) -> Fields:
    """
    Return *raw* as a draft of *step*: known fields only, trimmed, numbers clamped, lists cut.

    What cannot be made sense of is left out; nothing is invented and nothing is raised.

    >>> normalised("challenge", {"target_user": " night nurses ", "altitude": "Broad", "mood": 3})
    {'target_user': 'night nurses', 'altitude': 'broad'}
    """
    return _shaped_model(MODELS[step], raw, within_bounds=True)


def shaped(step: str, name: str, value: Any) -> Any:
    """
    Return *value* in the shape of one field, or None for nothing.

    For what people typed: like `normalised`, but nothing is clamped and nothing cut. What is too
    much is said when the team confirms.
    """
    info = MODELS[step].model_fields[name]
    result = _shaped(inner_type(info), info, value, within_bounds=False)
    return None if is_blank(result) else result


def fitted(kind: Any, value: Any, info: FieldInfo | None = None) -> Any:
    """
    Return *value* in the shape of a field or an entry of type *kind*, or None for nothing.

    Like `normalised`: numbers are clamped to the bounds of *info*, and lists cut.
    """
    result = _shaped(kind, info, value, within_bounds=True)
    return None if is_blank(result) else result


def _shaped_model(model: type[BaseModel], raw: Mapping[str, Any], *, within_bounds: bool) -> Fields:
    fields: Fields = {}
    for name, info in model.model_fields.items():
        value = _shaped(inner_type(info), info, raw.get(name), within_bounds=within_bounds)
        if not is_blank(value):
            fields[name] = value
    return fields


def _shaped(kind: Any, info: FieldInfo | None, value: Any, *, within_bounds: bool) -> Any:
    if value is None:
        return None
    if get_origin(kind) is list:
        return _shaped_list(kind, info, value, within_bounds=within_bounds)
    if get_origin(kind) is Literal:
        choice = value.strip().casefold() if isinstance(value, str) else None
        return choice if choice in get_args(kind) else None
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        is_mapping = isinstance(value, Mapping)
        return _shaped_model(kind, value, within_bounds=within_bounds) if is_mapping else None
    if kind is bool:
        said = str(value).casefold() if isinstance(value, (str, int)) else ""
        return said in ("true", "yes", "1")
    if kind is int:
        return _number(info if within_bounds else None, value)
    return clean(str(value)).strip() if isinstance(value, (str, int, float)) else None


def _shaped_list(kind: Any, info: FieldInfo | None, value: Any, *, within_bounds: bool) -> Any:
    entries = value if isinstance(value, (list, tuple)) else [value]
    if item_type(kind) is str:
        # An entry is one line in the form, so it is one line everywhere.
        entries = [" ".join(each.split()) if isinstance(each, str) else each for each in entries]
    kept = [_shaped(item_type(kind), None, each, within_bounds=within_bounds) for each in entries]
    most = bound(info, "max_length") if info and within_bounds else None
    return [each for each in kept if not is_blank(each)][:most]


def _number(info: FieldInfo | None, value: Any) -> int | None:
    try:
        number = round(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    low, high = (bound(info, "ge"), bound(info, "le")) if info else (None, None)
    number = number if low is None else max(low, number)
    return number if high is None else min(high, number)


def inner_type(info: FieldInfo) -> Any:
    """Return the type a field holds when it holds something: `X` for `X | None`."""
    kind = info.annotation
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    return _plain(kind)


def item_type(kind: Any) -> Any:
    """Return what a `list[...]` type is a list of."""
    return _plain(get_args(kind)[0])


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def bound(info: FieldInfo, name: str) -> int | None:
    """Return a field's bound of that *name* (`ge`, `le`, `min_length`, `max_length`), or None."""
    for constraint in info.metadata:
        if (value := getattr(constraint, name, None)) is not None:
            return int(value)
    return None


def _sentence(
    model: type[BaseModel], location: tuple[int | str, ...], kind: str, message: str
) -> str:
    """Say where a draft is not whole, by the titles the form shows."""
    place = " › ".join(_titles(model, location)) or "The draft"
    if kind == "missing":
        return f"{place}: still empty."
    if kind in ("too_short", "too_long"):
        message = message.replace("List should have", "needs").replace(" after validation", "")
    return f"{place}: {_lowered(message.removeprefix('Value error, '))}."


def _titles(model: Any, location: tuple[int | str, ...]) -> Iterator[str]:
    kind: Any = model
    for part in location:
        if isinstance(part, int):
            yield f"no. {part + 1}"
            kind = item_type(kind) if get_origin(kind) is list else kind
        elif isinstance(kind, type) and issubclass(kind, BaseModel) and part in kind.model_fields:
            info = kind.model_fields[part]
            yield info.title or part
            kind = inner_type(info)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
