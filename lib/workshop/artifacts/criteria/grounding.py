"""
Whether texts rest on what people said: by the words they share and, if there is a model, by meaning.

The model is set once, when a process starts. Without one, shared words decide alone: a paraphrase in
other words, or in another language, is then not recognised.
"""

from collections.abc import Callable, Sequence

from lib.workshop.artifacts.criteria.matching import related, stems

#: Returns for each of the first texts how alike the closest of the second ones is, from -1 to 1.
Likeness = Callable[[Sequence[str], Sequence[str]], Sequence[float]]

#: From here on a text is about the same thing. `docs/measured.md` has what that accepts and refuses.
ABOUT = 0.25
#: From here on a text says the same thing in other words.
SAYS = 0.35

#: Entries of a list, and characters of an entry, that are compared by meaning. A confirmed list is
#: shorter; a pasted one must not hold up a page.
_ENTRIES = 200
_CHARACTERS = 300

_likeness: Likeness | None = None


def use(likeness: Likeness | None) -> None:
    """Compare by *likeness* from now on; by shared words alone without one."""
    global _likeness
    _likeness = likeness


def grounded(texts: Sequence[str], sources: Sequence[str]) -> list[bool]:
    """Return for each of *texts* whether it is about the same thing as one of *sources*."""
    known = frozenset().union(*map(stems, sources))
    wordless = [source for source in sources if not stems(source)]
    shares = [
        bool(stems(text) & known)
        or any(related(text, source) for source in _odd(text, sources, wordless))
        for text in texts
    ]
    return by_meaning(texts, sources, shares, ABOUT)


def _odd(text: str, sources: Sequence[str], wordless: Sequence[str]) -> Sequence[str]:
    """Return the sources that may be the same as *text* though they share no stem with it."""
    return wordless if stems(text) else sources


def by_meaning(
    texts: Sequence[str], sources: Sequence[str], found: Sequence[bool], least: float
) -> list[bool]:
    """Return *found*, and True too for texts that are at least *least* alike to one of *sources*."""
    open_ = [place for place, is_found in enumerate(found) if not is_found][:_ENTRIES]
    if not _likeness or not open_ or not sources:
        return list(found)
    compared = [text[:_CHARACTERS] for text in sources[:_ENTRIES]]
    closest = _likeness([texts[place][:_CHARACTERS] for place in open_], compared)
    close = {place for place, likeness in zip(open_, closest, strict=True) if likeness >= least}
    return [is_found or place in close for place, is_found in enumerate(found)]
