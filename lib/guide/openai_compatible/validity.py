"""Whether a field may stand in a draft: a valid field stays valid, whatever a model proposes."""

from lib.workshop.artifacts.criteria.gap import titles
from lib.workshop.artifacts.normalise import ArtifactRefused, normalised, parsed
from lib.workshop.records import Fields

#: Ends a text that was shortened to fit into the context; a draft never takes it back.
CUT_OFF = "[…]"


class Validity:
    """Compares fields with the draft a reply began with."""

    def __init__(self, step: str, draft: Fields) -> None:
        self._step = step
        self._before = normalised(step, draft)
        self._was_whole = not refusals(step, draft)

    def broken(self, name: str, fields: Fields) -> list[str]:
        """Return what is wrong with a field in *fields* that was right before; empty if nothing is."""
        if name not in self._before or self._refused(name, self._before):
            return []
        return self._refused(name, fields)

    def no_longer_whole(self, fields: Fields) -> list[str]:
        """Return what keeps *fields* from being an artifact if the draft was one."""
        return refusals(self._step, fields) if self._was_whole else []

    def _refused(self, name: str, fields: Fields) -> list[str]:
        """Return what is wrong with one field, whatever the others are."""
        title = titles(self._step, (name,))
        alone = {name: fields[name]} if name in fields else {}
        return [
            each
            for each in refusals(self._step, alone)
            if each.startswith((f"{title}:", f"{title} ›"))
        ]


def refusals(step: str, fields: Fields) -> list[str]:
    """Return what keeps *fields* from being an artifact of *step*."""
    try:
        parsed(step, fields)
    except ArtifactRefused as exc:
        return exc.problems
    return []
