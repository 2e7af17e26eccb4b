"""
What is wrong with a form, said in the form: beside its button, and in view while the form is.

No box limits what is pasted: Streamlit's `max_chars` refuses the whole paste and leaves the box empty.
The text stays in its box, and a sentence says by how much it is too long.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place(key: str) -> DeltaGenerator:
    """Return the place of a form's sentence; call it in the form, before its button."""
    return st.container(key=f"problem-{key}")


def too_long(name: str, text: str, most: int) -> str:
    """
    Return what is said of a text with more than *most* characters; empty where it fits.

    >>> too_long("challenge", "x" * 690, 500)
    'The challenge has 190 characters too many: 500 fit. Shorten it, your text is still there.'
    """
    over = len(text) - most
    if over <= 0:
        return ""
    many = f"{over:,} characters" if over > 1 else "1 character"
    return f"The {name} has {many} too many: {most} fit. Shorten it, your text is still there."
