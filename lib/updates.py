"""What a reply changed in a draft, for as long as nobody has changed it since."""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.edits import changed, with_field
from lib.status import Phase
from lib.workshop import Draft, Fields


@dataclass(frozen=True)
class Update:
    """The draft before and after a reply."""

    #: Id of the reply.
    reply: str
    before: Draft
    after: Draft

    def standing(self, current: Draft) -> Sequence[str]:
        """Return the names of the fields the reply changed that are as it left them."""
        if current.epoch != self.after.epoch:
            return ()
        names = changed(self.before.fields, self.after.fields)
        return [name for name in names if current.fields.get(name) == self.after.fields.get(name)]

    def without(self, current: Draft) -> Fields:
        """
        Return *current*'s fields with those the reply changed as they were before it.

        >>> before, after = Draft({"a": 1}), Draft({"a": 2, "b": 2, "c": 2})
        >>> Update("r", before, after).without(Draft({"a": 2, "b": 2, "c": 3}))
        {'a': 1, 'c': 3}
        """
        fields = current.fields
        for name in self.standing(current):
            fields = with_field(fields, name, self.before.fields.get(name))
        return fields

    def phase_without(self, current: Draft) -> Phase:
        """Return the phase before the reply, where it is as the reply left it."""
        is_as_left = current.epoch == self.after.epoch and current.phase is self.after.phase
        return self.before.phase if is_as_left else current.phase
