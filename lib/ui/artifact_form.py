"""
A draft to edit: a form made from the model's own fields, saved like everything else.

Each field remembers what it was filled with. A widget that holds something else was edited by hand,
in this run or before a server was killed under it; a draft that holds something else was changed by
the guide or in another tab, and fills the widgets anew.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lib.artifacts import MODELS, bound, inner_type, is_blank, item_type, shaped
from lib.process import Process
from lib.ui.artifact_card import is_flat, is_model
from lib.ui.safe import escaped
from lib.working_copy import FormField, WorkingCopy, prefill

#: Fields that hold a name rather than sentences.
_SHORT = frozenset(
    "name role location theme title step headline call_to_action source persona_name age "
    "idea_source persona".split()
)


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the form and note what was edited. Raises StoreError."""
    for name, info in MODELS[step].model_fields.items():
        current = copy.drafts[step].fields.get(name)
        held = copy.fields.get(f"{step}/{name}")
        if held is None or held.known != current:
            held = copy.fields[f"{step}/{name}"] = _filled(held, current)
        key = f"form/{step}/{_digest(held)}/{name}"
        drawn = _draw(key, inner_type(info), info, held)
        edited, untouched = shaped(step, name, drawn), shaped(step, name, held.seed)
        if edited != held.known and (edited != untouched or held.known != held.seed):
            copy.drafts[step] = process.drafts.edit(copy.key(step), name, edited)
            held.known = copy.drafts[step].fields.get(name)


def _filled(before: FormField | None, current: Any) -> FormField:
    """Return a field filled with *current*, its widgets none that still hold another value."""
    same = before is not None and before.seed == current
    return FormField(current, current, times=before.times + 1 if before and same else 0)


def _digest(held: FormField) -> str:
    text = json.dumps([held.seed, held.times], sort_keys=True, ensure_ascii=True)
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


def _draw(key: str, kind: Any, info: FieldInfo, held: FormField) -> Any:
    """Draw one of the artifact's own fields; lists of entries may grow here."""
    if get_origin(kind) is list and is_model(item_type(kind)) and not is_flat(item_type(kind)):
        return _entries(key, item_type(kind), info, held)
    return _widget(key, kind, info, held.seed)


def _widget(key: str, kind: Any, info: FieldInfo, value: Any) -> Any:
    label, help_ = info.title or "", info.description
    if get_origin(kind) is list:
        if is_model(item_type(kind)):
            return _table(key, item_type(kind), label, value or [])
        return _lines(key, label, help_, value or [])
    if is_model(kind):
        st.markdown(f"**{label}**")
        return _group(key, kind, value or {})
    if get_origin(kind) is Literal:
        options = get_args(kind)
        prefill(key, value if value in options else None)
        return st.selectbox(label, options, index=None, key=key, help=help_)
    if kind is bool:
        return st.checkbox(label, value=bool(value), key=key, help=help_)
    if kind is int:
        return _number(key, label, info, value)
    name = key.rpartition("/")[2]
    if name in _SHORT:
        return st.text_input(label, value=value or "", key=key, help=help_)
    return st.text_area(label, value=value or "", key=key, help=help_, height="content")


def _number(key: str, label: str, info: FieldInfo, value: Any) -> Any:
    low, high = bound(info, "ge"), bound(info, "le")
    # A number out of bounds is shown as it is rather than refused by the widget.
    if value is not None:
        low, high = min(low or value, value), max(high or value, value)
    prefill(key, value)
    return st.number_input(label, low, high, None, step=1, key=key, help=info.description)


def _lines(key: str, label: str, help_: str | None, value: list[str]) -> list[str]:
    text = st.text_area(
        label,
        value="\n".join(value),
        key=key,
        help=" ".join(filter(None, [help_, "One entry a line."])),
        height="content",
    )
    return (text or "").splitlines()


def _group(key: str, model: type[BaseModel], value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _widget(f"{key}/{name}", inner_type(info), info, value.get(name))
        for name, info in model.model_fields.items()
    }


def _entries(key: str, model: type[BaseModel], info: FieldInfo, held: FormField) -> list[Any]:
    """Draw a list of entries too rich for a table, one fold each."""
    st.markdown(f"**{info.title}**")
    entries = [*(held.seed or []), *({} for _ in range(held.extra))]
    head = next(iter(model.model_fields))
    drawn = []
    for number, entry in enumerate(entries, start=1):
        label = escaped(str(entry.get(head) or f"New, no. {number}"))
        with st.expander(label, expanded=not entry):
            fields = _group(f"{key}/{number}", model, entry)
            if st.checkbox("Remove this one", key=f"{key}/{number}/remove"):
                fields = {}
        drawn.append(fields)
    most = bound(info, "max_length")
    full = most is not None and len(entries) >= most
    st.button(
        "Add one",
        key=f"{key}/add",
        icon=":material/add:",
        on_click=_grow,
        args=(held,),
        disabled=full,
    )
    return drawn


def _grow(held: FormField) -> None:
    held.extra += 1


def _table(
    key: str, model: type[BaseModel], label: str, rows: list[Mapping[str, Any]]
) -> list[Any]:
    st.markdown(f"**{label}**")
    kinds = {name: inner_type(info) for name, info in model.model_fields.items()}
    columns = {
        name: pd.Series(
            [row.get(name) for row in rows], dtype="boolean" if kind is bool else "object"
        )
        for name, kind in kinds.items()
    }
    edited = st.data_editor(
        pd.DataFrame(columns),
        key=key,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            name: _column(kinds[name], info) for name, info in model.model_fields.items()
        },
    )
    return [
        {name: None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in edited.to_dict("records")
        if not all(is_blank(cell) or cell is False or pd.isna(cell) for cell in row.values())
    ]


def _column(kind: Any, info: FieldInfo) -> Any:
    if get_origin(kind) is Literal:
        return st.column_config.SelectboxColumn(info.title, options=list(get_args(kind)))
    if kind is bool:
        return st.column_config.CheckboxColumn(info.title, default=False)
    return st.column_config.TextColumn(info.title, width="medium")
