"""
Cuts out what a model thinks aloud: tagged blocks, a closing tag that nothing opened, channels.

Works on pieces of any size. A tag right behind a quotation mark or a backtick, and a closing tag
within a sentence, are text about tags and stay.
"""

import re
from dataclasses import dataclass

_NAMES = r"(?:think(?:ing)?|thoughts?|reasoning|reflection)"
_BARE = r"(?<![\"'`“‘«„])"
_END = rf"{_BARE}(?:</{_NAMES}>|\[/THINK\]|◁/think▷)"
_CHANNEL = r"(?:<\|start\|>assistant)?<\|channel\|>"
_HEADER = r"[^<\n]{0,80}<\|message\|>"

#: Where reasoning begins.
_OPEN = (
    rf"(?P<open>{_BARE}(?:<{_NAMES}>|\[THINK\]|◁think▷"
    rf"|{_CHANNEL}(?:analysis|commentary){_HEADER}))"
)
#: Where the answer begins, and all before it was reasoning; behind a closing tag in a sentence come
#: a space or a sign.
_ANSWER = rf"{_CHANNEL}final{_HEADER}|{_END}(?=[ \t]{{0,20}}\n|[^\s.,;:?!)\"'`”’»\\]"

_MARK = re.compile(rf"{_OPEN}|{_ANSWER})", re.IGNORECASE)
_LAST_MARK = re.compile(rf"{_OPEN}|{_ANSWER}|\s*\Z)", re.IGNORECASE)

#: Where reasoning that was opened ends. Some servers drop the brackets of channels.
_CLOSE = re.compile(
    rf"{_END}|<\|end\|>|(?=<\|start\|>)|(?=<\|channel\|>final)|assistantfinal(?=\S)", re.IGNORECASE
)
_BARE_CHANNEL = re.compile(r"\s{0,20}(?:analysis|commentary)(?=[A-Z\"'“])")
_MAY_BE_BARE = re.compile(
    r"\s{0,20}(?:a(?:n(?:a(?:l(?:y(?:s(?:is?)?)?)?)?)?)?|c(?:o(?:m(?:m(?:e[a-z]{0,5})?)?)?)?)?\Z"
)

#: Marks of channels that are no text, wherever they are left.
_LEFTOVER = re.compile(r"<\|(?:start\|>assistant|end\|>|return\|>|call\|>)", re.IGNORECASE)

#: What may yet become a mark: held back until that is clear.
_MAY_COME = re.compile(
    r"[\"'`“‘«„]?(?:<(?:/?[a-z]{0,11}>?|\|[^\n]{0,120})?|\[/?[A-Z]{0,5}\]?|◁/?[a-z]{0,5}▷?)?"
    r"[ \t]{0,20}\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Piece:
    """Text without reasoning, and whether everything before it was reasoning too."""

    text: str = ""
    restarts: bool = False


class Thoughts:
    """
    Takes a text in pieces and gives it back without what was thought aloud.

    >>> thoughts = Thoughts()
    >>> [thoughts.feed(each).text for each in ("<th", "ink>Hm.</thi", "nk>Good.", " Who?")]
    ['', '', 'Good.', ' Who?']
    """

    def __init__(self) -> None:
        self._held = ""
        #: How much of what is held was searched for the end of a block; None outside a block.
        self._searched: int | None = None
        self._begun = False

    @property
    def held(self) -> str:
        """What has come and was not given out."""
        return self._held

    @property
    def is_open(self) -> bool:
        """Whether a block of reasoning is open."""
        return self._searched is not None

    def feed(self, piece: str) -> Piece:
        """Take *piece* in; return what is certain to be text."""
        self._held += piece
        return self._taken(last=False)

    def close(self) -> Piece:
        """Return what was held back and is text after all."""
        return self._taken(last=True)

    def _taken(self, *, last: bool) -> Piece:
        given, restarts = "", False
        while self._skipped():
            mark = self._next_mark(last=last)
            if mark is None:
                given += self._released(last=last)
                break
            if mark["open"] is None:
                given, restarts, self._held = "", True, self._held[mark.end() :]
                self._begun = False
                continue
            given += self._held[: mark.start()]
            self._held = self._held[mark.start() :]
            self._searched = mark.end() - mark.start()
            self._begun = self._begun or bool(given.strip())
        if last:
            given += self._unclosed()
        self._begun = self._begun or bool(given.strip())
        return Piece(_LEFTOVER.sub("", given), restarts)

    def _skipped(self) -> bool:
        """Cut out an open block; return False if its end has not come yet."""
        if self._searched is None:
            return True
        closing = _CLOSE.search(self._held, self._searched)
        if closing is None:
            # A closing tag may have come in part.
            self._searched = max(self._searched, len(self._held) - 30)
            return False
        self._held, self._searched = self._held[closing.end() :], None
        return True

    def _next_mark(self, *, last: bool) -> re.Match[str] | None:
        if not self._begun and (bare := _BARE_CHANNEL.match(self._held)):
            self._held = f"<|channel|>analysis<|message|>{self._held[bare.end() :]}"
        return (_LAST_MARK if last else _MARK).search(self._held)

    def _released(self, *, last: bool) -> str:
        may = None if last else _MAY_COME.search(self._held, max(0, len(self._held) - 160))
        end = may.start() if may else len(self._held)
        if not last and not self._begun and _MAY_BE_BARE.match(self._held):
            end = 0
        given, self._held = self._held[:end], self._held[end:]
        return given

    def _unclosed(self) -> str:
        """Return what a tag that was never closed held back: nothing if the answer began with it."""
        held, self._held = self._held, ""
        is_text = self._searched is not None and self._begun
        self._searched = None
        return held if is_text else ""


def without(text: str) -> str:
    """
    Return a whole *text* without what was thought aloud.

    >>> without("The user greets.</think>\\nHello!"), without("Our bot prints </think> at the end.")
    ('\\nHello!', 'Our bot prints </think> at the end.')
    """
    thoughts = Thoughts()
    pieces = [thoughts.feed(text), thoughts.close()]
    return pieces[1].text if pieces[1].restarts else pieces[0].text + pieces[1].text
