"""The one fixed line a guide says where an earlier artifact it needs is missing."""

from collections.abc import Iterable

from lib.guide.scripted.wording import text


def line(slugs: Iterable[str], language: str = "en") -> str:
    """
    Return the line for the steps called *slugs*, "" where there are none.

    >>> line(["challenge"])[:45]
    'Nothing is confirmed yet in Challenge, so I l'
    """
    names = [text(language, f"step.{slug}") for slug in slugs]
    if not names:
        return ""
    *before, last = names
    listed = text(language, "say.and", before=", ".join(before), last=last) if before else last
    return text(language, "arc.lacking", steps=listed)
