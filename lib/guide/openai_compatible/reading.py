"""
One answer of a model while it comes: what the team may read, and when.

Nothing is given out before the structured part was checked. If a part of it was refused, the text is
held back until that is settled: it may say that all of it was done.
"""

from collections.abc import Collection, Sequence
from functools import cached_property

from lib.guide.openai_compatible.outcome import Outcome, outcome, understood
from lib.guide.openai_compatible.parsing import Structured
from lib.guide.openai_compatible.splitting import Splitter
from lib.guide.port import Request
from lib.workshop.status import Phase
from lib.workshop.transcript import clean

#: Signs that end a sentence, those that end a question, and what may stand behind one.
_ENDS, _ASKS, _CLOSES = ".!?。！？؟\n", "?？؟", '"”»)*_'


class Answer:
    """Takes an answer in pieces; knows what came of it once it has ended."""

    def __init__(self, request: Request, shortened: Collection[str] = ()) -> None:
        """Of the fields in *shortened* the model has not seen all."""
        self._request = request
        self._shortened = shortened
        self._splitter = Splitter()
        self._pieces: list[str] = []
        self._given = self._held = self._half = ""
        self._attempts: list[Structured] = []
        self._problems: Sequence[str] | None = None

    @property
    def written(self) -> str:
        """Everything the model wrote."""
        return "".join(self._pieces)

    @property
    def text(self) -> str:
        """The text for the team, given out or held back."""
        return self._given + self._held

    @property
    def is_text_whole(self) -> bool:
        """Whether the text had ended before the answer did."""
        return self._splitter.is_text_whole

    def feed(self, piece: str) -> str:
        """Take *piece* in; return what the team may read now."""
        piece = self._half + piece
        # Half of a pair waits for the other half.
        self._half = piece[-1] if piece and "\ud800" <= piece[-1] < "\udc00" else ""
        piece = clean(piece.removesuffix(self._half))
        self._pieces.append(piece)
        text = self._splitter.feed(piece)
        if text and self._problems is None:
            self._check()
        if self._problems is None or self._problems:
            self._held += text
            return ""
        self._given += text
        return text

    def broken_off(self) -> str:
        """Return the text that was held back when the answer broke off."""
        return self._held + self._splitter.close()

    def close(self) -> None:
        """Take in that the answer has ended."""
        self._held += self._splitter.close()
        # What stands behind the text, such as the suggestions, has come only now.
        self._check()

    def _check(self) -> None:
        self._attempts = [understood(self._splitter.parts)]
        self._problems = outcome(self._request, self._attempts, self._shortened).problems

    # Once it has ended

    @property
    def problems(self) -> Sequence[str]:
        """What of the structured part cannot be used, for the model."""
        return self._problems or ()

    def correct(self, written: str) -> None:
        """Take in the structured part that the model wrote when it was asked again."""
        splitter = Splitter()
        splitter.feed(clean(written))
        splitter.close()
        self._attempts.append(understood(splitter.parts or [clean(written)]))

    @cached_property
    def outcome(self) -> Outcome:
        """What came of it, after a correction."""
        return outcome(self._request, self._attempts, self._shortened, self.text)

    @property
    def phase(self) -> Phase | None:
        """The phase the model proposes."""
        return next((each.phase for each in reversed(self._attempts) if each.phase), None)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The replies the model suggests."""
        found = (each.suggestions for each in reversed(self._attempts))
        return next(filter(None, found), ())

    def rest(self) -> str:
        """Return what the team has not read yet, with what really came of the structured part."""
        notes = "\n\n".join(
            f"*{each.replace('*', '')}*" for each in self.outcome.says(self._request)
        )
        text = self._held.rstrip()
        if self.outcome.refused and not self._given and notes:
            return f"{notes}\n\n{_last_question(text)}".rstrip()
        parts = [text, notes] if text or not self._given else ["", notes]
        return "\n\n".join(parts).rstrip() if notes else text


def _last_question(text: str) -> str:
    """Return the last sentence of *text* if it asks something, in any script; else ""."""
    bare = text.rstrip(_CLOSES)
    if not bare.endswith(tuple(_ASKS)):
        return ""
    begin = max(bare.rfind(sign, 0, len(bare) - 1) for sign in _ENDS) + 1
    return text[begin:].strip()
