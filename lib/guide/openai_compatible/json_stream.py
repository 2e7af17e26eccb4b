"""Reads a JSON object as it comes: where it ends, and the text of its message while it is written."""

import json
import re

#: Names a model may give to the text for the team.
MESSAGE = frozenset({"message", "reply", "text", "say"})

#: Names of the fields that hold what changes.
CHANGING = frozenset({"changes", "draft"})

#: An escape that is not whole yet, or half of a pair.
_HALF = re.compile(
    r"(?:\\(?:u[0-9a-fA-F]{0,3})?|\\u[dD][89abAB][0-9a-fA-F]{2}\\?u?[0-9a-fA-F]{0,3})\Z"
)


class ObjectStream:
    """
    Takes text from an opening brace on; gives out the message's text as soon as it is known.

    >>> stream = ObjectStream()
    >>> [stream.feed(each) for each in ('{"changes": [], "mess', 'age": "Hel', 'lo"} and')]
    ['', 'Hel', 'lo']
    >>> stream.ended, stream.rest
    (True, ' and')
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = 0
        self._in_string = self._escaped = self._is_value = False
        self._name = ""
        self._string: list[str] | None = None
        self._is_message = False
        self._pending = ""
        self.ended = False
        #: What came behind the object.
        self.rest = ""
        #: Names of its fields that are whole, in order.
        self.whole: list[str] = []
        self.has_message = False

    @property
    def text(self) -> str:
        """The object as far as it has come."""
        return "".join(self._parts)

    def feed(self, piece: str) -> str:
        """Take *piece* in; return what is new of the message."""
        if self.ended:
            self.rest += piece
            return ""
        for at, sign in enumerate(piece):
            self._step(sign)
            if self.ended:
                self._parts.append(piece[: at + 1])
                self.rest = piece[at + 1 :]
                break
        else:
            self._parts.append(piece)
        return self._message()

    def _step(self, sign: str) -> None:
        if self._in_string:
            self._in_text(sign)
        elif sign == '"':
            self._begin_text()
        elif sign in "{[":
            self._depth += 1
        elif sign in "}]":
            self._close()
        elif self._depth == 1 and sign == ":":
            self._is_value = True
        elif self._depth == 1 and sign == ",":
            self._field_is_whole()

    def _close(self) -> None:
        self._depth -= 1
        self.ended = self._depth <= 0
        if self.ended:
            self._field_is_whole()

    def _begin_text(self) -> None:
        self._in_string = True
        if self._depth == 1:
            self._string = []
            self._is_message = self._is_value and self._name in MESSAGE
            self.has_message = self.has_message or self._is_message

    def _in_text(self, sign: str) -> None:
        if not self._escaped and sign == '"':
            self._in_string = False
            if self._string is not None and not self._is_value:
                self._name = "".join(self._string)
            self._string, self._is_message = None, False
            return
        self._escaped = not self._escaped and sign == "\\"
        if self._is_message:
            self._pending += sign
        elif self._string is not None and not self._is_value:
            self._string.append(sign)

    def _field_is_whole(self) -> None:
        if self._is_value:
            self.whole.append(self._name)
        self._is_value, self._name = False, ""

    def _message(self) -> str:
        if not self._pending:
            return ""
        half = _HALF.search(self._pending) if self._is_message else None
        end = half.start() if half else len(self._pending)
        raw, self._pending = self._pending[:end], self._pending[end:]
        return _plain(raw)


def _plain(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        # An escape that JSON does not have: the sign behind the backslash is meant.
        return re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)
