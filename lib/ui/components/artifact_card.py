"""A draft or an artifact to read: one piece of Markdown, made from the model's own fields."""

from collections.abc import Iterator
from typing import Any, get_origin

from pydantic import BaseModel

from lib.ui.escape import escaped
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.fields import is_blank
from lib.workshop.records import Fields

_SIGNS = {True: "✓", False: ""}


def markdown(step: str, fields: Fields) -> str:
    """Return *fields* of *step* as Markdown; empty where nothing is filled in."""
    return "\n\n".join(_blocks(MODELS[step], fields, level=0))


def _blocks(model: type[BaseModel], fields: Fields, level: int) -> Iterator[str]:
    for name, info in model.model_fields.items():
        value = fields.get(name)
        if is_blank(value):
            continue
        kind, title = inner_type(info), info.title or name
        if get_origin(kind) is list:
            yield f"**{title}**"
            yield from _list_blocks(item_type(kind), value, level)
        elif is_model(kind):
            yield f"**{title}**"
            yield from _blocks(kind, value, level + 1)
        else:
            yield f"**{title}** — {_text(value)}" if level else f"**{title}**  \n{_text(value)}"


def _list_blocks(kind: Any, entries: list[Any], level: int) -> Iterator[str]:
    if not is_model(kind):
        yield "\n".join(f"- {_text(entry)}" for entry in entries)
    elif is_flat(kind):
        yield _table(kind, entries)
    else:
        for entry in entries:
            head, *_ = kind.model_fields
            yield f"{'#' * min(4 + level, 6)} {_text(entry.get(head, '…'))}"
            yield from _blocks(kind, {k: v for k, v in entry.items() if k != head}, level + 1)


def _table(kind: type[BaseModel], entries: list[Fields]) -> str:
    used = {name for entry in entries for name, value in entry.items() if value not in ("", False)}
    columns = [(name, info) for name, info in kind.model_fields.items() if name in used]
    head = "| " + " | ".join(info.title or name for name, info in columns) + " |"
    rule = "|" + " --- |" * len(columns)
    rows = (
        "| " + " | ".join(_cell(info.title or name, entry.get(name, "")) for name, info in columns)
        for entry in entries
    )
    return "\n".join([head, rule, *(f"{row} |" for row in rows)])


def _cell(title: str, value: Any) -> str:
    """Return a cell with its label, which shows only where a row is drawn as a card: `style.css`."""
    text = _text(value)
    return f"**{title}** {text}" if text else ""


def _text(value: Any) -> str:
    return _SIGNS[value] if isinstance(value, bool) else escaped(str(value))


def is_model(kind: Any) -> bool:
    """Whether a field of this type holds fields of its own."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_flat(kind: type[BaseModel]) -> bool:
    """Whether a model's entries fit into the cells of a table."""
    return not any(
        get_origin(inner_type(info)) is list or is_model(inner_type(info))
        for info in kind.model_fields.values()
    )
