"""
The JSON schema of an answer, for servers that hold a model to one (`response_format`).

It has what all such servers know: no references, every field named in `required`, what may be missing
as null. The structured part comes before the message, so that it is checked first.
"""

from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from lib.workshop.artifacts.diff import is_model
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.status import Phase

_KINDS = ("add", "set", "remove", "move", "merge")


@cache
def response_format(step: str) -> dict[str, Any]:
    """Return what a request asks for, as the protocol's `response_format`."""
    schema = _object(
        {
            "changes": {"type": "array", "items": _change(step)},
            "phase": {"type": "string", "enum": [each.value for each in Phase]},
            "suggestions": {"type": "array", "items": {"type": "string"}},
            "message": {"type": "string"},
        }
    )
    name = step.replace("-", "_")
    return {
        "type": "json_schema",
        "json_schema": {"name": f"{name}_answer", "strict": True, "schema": schema},
    }


def _change(step: str) -> dict[str, Any]:
    way = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}
    records = [_record(each) for each in _models(MODELS[step])]
    plain = [{"type": each} for each in ("string", "integer", "boolean", "null")]
    return _object(
        {
            "do": {"type": "string", "enum": list(_KINDS)},
            "at": way,
            "value": {"anyOf": [*plain, *records]},
            "to": {"anyOf": [way, {"type": "null"}]},
        }
    )


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the records that stand in a model, at any depth."""
    found: list[type[BaseModel]] = []
    for info in model.model_fields.values():
        kind = inner_type(info)
        kind = item_type(kind) if get_origin(kind) is list else kind
        if is_model(kind):
            found += [kind, *_models(kind)]
    return list(dict.fromkeys(found))


def _record(model: type[BaseModel]) -> dict[str, Any]:
    return _object(
        {
            name: {"anyOf": [_kind(inner_type(info)), {"type": "null"}]}
            for name, info in model.model_fields.items()
        }
    )


def _kind(kind: Any) -> dict[str, Any]:
    if get_origin(kind) is list:
        return {"type": "array", "items": _kind(item_type(kind))}
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if is_model(kind):
        return _record(kind)
    return {"type": {int: "integer", bool: "boolean"}.get(kind, "string")}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
