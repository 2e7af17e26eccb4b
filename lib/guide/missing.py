"""The one fixed line a guide says where an earlier artifact it needs is missing."""

from collections.abc import Iterable

from lib.workshop import steps


def line(slugs: Iterable[str]) -> str:
    """
    Return the line for the steps called *slugs*, "" where there are none.

    >>> line(["challenge"])[:45]
    'Nothing is confirmed yet in Challenge, so I l'
    """
    names = [steps.step(slug).name for slug in slugs]
    if not names:
        return ""
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return (
        f"Nothing is confirmed yet in {listed}, so I leave open what would come from "
        "there instead of guessing."
    )
