"""
A draft to edit: a form made from the model's own fields, saved while it is typed.

The form is one component of ours: Streamlit's inputs reach the server when they lose the focus, and
a laptop closed in the middle of a sentence takes the sentence with it. Tried in a browser: what is
typed here is on the server after a pause of 2 s, and at the latest after 10 s.
"""

from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lib.team import draft_input
from lib.team.working_copy import WorkingCopy
from lib.ui import navigation, tab
from lib.ui.components.artifact_card import is_model
from lib.ui.components.component import component
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import bound, inner_type, item_type

#: Fields that hold a name rather than sentences.
_SHORT = frozenset(
    "name location theme title step headline call_to_action source persona_name "
    "idea_source persona".split()
)


_mounted = component("form")


def show(copy: WorkingCopy, step: str) -> None:
    """Draw the form; what comes back from it is taken in by `lib.team.draft_input`."""
    draw(copy, step, draft_input.form_key(copy, step), description(MODELS[step]))


def draw(copy: WorkingCopy, step: str, key: str, spec: list[dict[str, Any]]) -> None:
    """Draw the fields of *spec*, as the component called *key*."""
    draft = copy.drafts[step]
    _mounted(
        key=key,
        data={
            "storage": f"throughline/{key}",
            "spec": spec,
            "card": key != draft_input.form_key(copy, step),
            "values": draft.fields,
            "revision": draft.revision,
            "epoch": draft.epoch,
            "delivery": {
                "address": navigation.typed_address(),
                "link": copy.team.link,
                "step": step,
                "member": tab.member(),
            },
        },
        on_edits_change=_nothing,
        on_aside_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit declares a component's state by its callback; the page reads it when it runs."""


@cache
def description(model: type[BaseModel]) -> list[dict[str, Any]]:
    """
    Return a model's fields as the form draws them, in order.

    Each has `name`, `label`, `help` and `kind` (line, text, lines, number, choice, check, group,
    entries), and what its kind needs: `options`; `low` and `high`; `fields`; `most`. One for
    everybody who asks: not to be changed.
    """
    return [_field(name, info) for name, info in model.model_fields.items()]


def _limit(info: FieldInfo) -> str:
    """Say how many entries a long list takes; the method's own numbers are said as a criterion."""
    most = bound(info, "max_length") or 0
    return f" At most {most} entries." if most >= 20 else ""


def _field(name: str, info: FieldInfo) -> dict[str, Any]:
    help_ = info.description or ""
    about = {"name": name, "label": info.title or name, "help": help_}
    kind = inner_type(info)
    if get_origin(kind) is list and not is_model(item_type(kind)):
        return about | {
            "kind": "lines",
            "help": f"{help_} One entry per line.{_limit(info)}".strip(),
        }
    if get_origin(kind) is list:
        about["help"] = f"{help_}{_limit(info)}".strip()
        most = bound(info, "max_length")
        return about | {"kind": "entries", "fields": description(item_type(kind)), "most": most}
    if is_model(kind):
        return about | {"kind": "group", "fields": description(kind)}
    if get_origin(kind) is Literal:
        return about | {"kind": "choice", "options": list(get_args(kind))}
    if kind is bool:
        return about | {"kind": "check"}
    if kind is int:
        return about | {"kind": "number", "low": bound(info, "ge"), "high": bound(info, "le")}
    return about | {"kind": "line" if name in _SHORT else "text"}
