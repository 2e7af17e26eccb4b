"""Our own elements of a page: each is made of files beside this one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


def component(
    name: str, *shared: str, html: str | None = None, css: str | None = None
) -> Callable[..., Any]:
    """
    Return the component whose HTML, CSS and script are the files called *name*.

    *shared* are scripts that stand before its own: Streamlit runs each component's on its own.
    *html* and *css* are given where they are not files as they are.
    """
    scripts = ("component.js", *shared, f"{name}.js")
    return st.components.v2.component(
        f"throughline_{name}",
        html=text(f"{name}.html") if html is None else html,
        css=text(f"{name}.css") if css is None else css,
        js="\n".join(text(each) for each in scripts),
    )


def text(name: str) -> str:
    """Return one of the files."""
    return (_HERE / name).read_text(encoding="utf-8")


def drawn() -> float:
    """Return what a component knows the newest of two calls by: milliseconds since 1970."""
    return time.time() * 1000
