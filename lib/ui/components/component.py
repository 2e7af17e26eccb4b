"""Our own elements of a page: each is made of files beside this one."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from lib.ui import assets
from lib.workshop.clock import utc_now

_HERE = Path(__file__).parent


def component(name: str, *, html: str | None = None, css: str | None = None) -> Callable[..., Any]:
    """
    Return the component whose HTML, CSS and script are the files called *name*; called, it is drawn.

    *html* and *css* are given where they are not files as they are. Its *data* is anything that is
    JSON, its other arguments are Streamlit's own.
    """
    mounted = st.components.v2.component(
        f"throughline_{name}",
        html=text(f"{name}.html") if html is None else html,
        css=text(f"{name}.css") if css is None else css,
        js=assets.loader(f"{name}.js"),
    )

    def draw(*, data: Mapping[str, Any], **options: Any) -> Any:
        # As bytes: values of any other kind are searched for tables first, which takes longer.
        return mounted(data=json.dumps(data, ensure_ascii=False).encode(), **options)

    return draw


def text(name: str) -> str:
    """Return one of the files."""
    return (_HERE / name).read_text(encoding="utf-8")


def drawn() -> float:
    """Return what a component knows the newest of two calls by: milliseconds since 1970."""
    return utc_now().timestamp() * 1000
