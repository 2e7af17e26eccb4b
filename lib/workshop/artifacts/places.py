"""The fields of a step that a text could be put in."""

from collections.abc import Iterator
from typing import Any, get_origin

from lib.workshop.artifacts.diff import head_of, is_model
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.read_back import Change, DoesNotFit, Operation, Path, Place
from lib.workshop.records import Fields

#: The place behind the last entry of any list.
END = 1_000_000


def elsewhere(step: str, operation: Operation, fields: Fields) -> tuple[Place, ...]:
    """
    Return where else the text that *operation* added could go: an empty field beside it, or a list.

    *fields* are the draft's. Nothing for a number, a choice, or an entry of several fields.

    >>> add = Operation(Change.ADD, ("pains", 0), "late buses")
    >>> [place.label for place in elsewhere("sense-making", add, {})]
    ['Themes', 'Gains']
    """
    here = operation.path[:-1] if isinstance(operation.path[-1], int) else operation.path
    if text_of(operation.value) is None or not _takes_text(kind_at(step, here)):
        return ()
    beside = _texts(kind_at(step, here[:-1]), here[:-1])
    places = {place.path: place for place in (*beside, *_texts(MODELS[step], ()))}
    return tuple(
        place
        for path, place in places.items()
        if path != here and not isinstance(_value_at(fields, path), str)
    )


def put(step: str, place: Place, value: Any, entries: tuple[Fields, ...] = ()) -> Operation:
    """
    Return the operation that puts the text *value* in *place*: at the end of a list, as an entry of it.

    *entries* are what the entries on the way are recognised by. Raises DoesNotFit if *place* takes no
    text.
    """
    text, kind = text_of(value), kind_at(step, place.path)
    if text is None or kind is None or not _takes_text(kind):
        raise DoesNotFit(f"{place.label} holds something else.")
    path = place.path
    if get_origin(kind) is list:
        path = (*path, END)
        if is_model(item_type(kind)):
            return Operation(Change.ADD, path, {head_of(item_type(kind)): text}, entries=entries)
    return Operation(Change.ADD, path, text, entries=entries)


def text_of(value: Any) -> str | None:
    """Return the text that *value* is, or is an entry of, with nothing else; else None."""
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    return value if isinstance(value, str) else None


def _texts(model: Any, path: Path) -> Iterator[Place]:
    for name, info in model.model_fields.items():
        if _takes_text(inner_type(info)):
            yield Place((*path, name), info.title or name)


def _takes_text(kind: Any) -> bool:
    if get_origin(kind) is list:
        inner = item_type(kind)
        return inner is str or is_model(inner)
    return kind is str


def kind_at(step: str, path: Path) -> Any:
    """Return the type a field holds, or None if the model has no such field."""
    kind: Any = MODELS[step]
    for part in path:
        if isinstance(part, int):
            kind = item_type(kind) if get_origin(kind) is list else None
        elif is_model(kind) and part in kind.model_fields:
            kind = inner_type(kind.model_fields[part])
        else:
            return None
    return kind


def title(step: str, path: Path) -> str:
    """
    Return the title of the field at *path*, as the form shows it.

    >>> title("persona", ("personas", 0, "goals", 1))
    'Goals'
    """
    names = [at for at, part in enumerate(path) if isinstance(part, str)]
    model: Any = kind_at(step, path[: names[-1]]) if names else None
    name = str(path[names[-1]]) if names else ""
    known = is_model(model) and name in model.model_fields
    return str(model.model_fields[name].title or name) if known else name


def _value_at(fields: Fields, path: Path) -> Any:
    value: Any = fields
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value
