"""
Validation messages, shown in the form beside its button.

No box limits what is pasted: Streamlit's `max_chars` rejects the whole paste and leaves the box empty.
The text stays in its box, and a sentence says by how much it is too long.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place(key: str) -> DeltaGenerator:
    """Return the place of a form's sentence; call it in the form, before its button."""
    return st.container(key=f"problem-{key}")


def too_long(name: str, text: str, most: int) -> str:
    """
    Return a sentence if *text* has more than *most* characters; empty if it fits.

    >>> too_long("challenge", "x" * 690, 500)
    'The challenge is 190 characters too long; the limit is 500. Your text is still here: please shorten it.'
    """
    over = len(text) - most
    if over <= 0:
        return ""
    many = f"{over:,} characters" if over > 1 else "1 character"
    return f"The {name} is {many} too long; the limit is {most}. Your text is still here: please shorten it."
