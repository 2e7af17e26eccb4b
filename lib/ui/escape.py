"""Participants' text on a page: shown as text, or as Markdown that can do no harm."""

import re

#: Everything Markdown, or Streamlit's own additions to it, would read as more than a character.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=])")

#: What the guide's Markdown must not contain: images, which fetch an address when drawn, and
#: formulas, which two prices in one sentence would become. What stands behind an odd number of
#: backslashes is escaped already; one more would undo that.
_IMAGE = re.compile(r"(?<!\\)((?:\\\\)*)!(?=\[)")
_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")


def escaped(text: str) -> str:
    """
    Return *text* for use inside Markdown, so that it reads as it was typed, in one line.

    >>> escaped("**bold** & <b>")
    '\\\\*\\\\*bold\\\\*\\\\* \\\\& \\\\<b\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown(text: str) -> str:
    """
    Return a guide's Markdown without images and formulas.

    >>> markdown("![](https://example.org/?q=1) costs $5 or $6")
    '\\\\![](https://example.org/?q=1) costs \\\\$5 or \\\\$6'
    """
    return _DOLLAR.sub(r"\1\\$", _IMAGE.sub(r"\1\\!", text))
