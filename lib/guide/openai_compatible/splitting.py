"""
Splits a model's answer into the structured part and the text for the team, as it comes.

A model is asked for the structured part first, so that it is checked before the team reads a word.
Models do this well or badly: the markers come in pieces or are forgotten, the text comes first, the
whole is one JSON object with the text in it, or the model thinks aloud before it answers.
"""

import re
from collections.abc import Callable

from lib.guide.openai_compatible.json_stream import CHANGING, ObjectStream
from lib.guide.openai_compatible.reasoning import Piece, Thoughts, without

#: The line before the structured part, and the line between it and the text.
MARKER, TEXT_MARKER = "===CHANGES===", "===MESSAGE==="

#: The start of a line, or behind a tag that closes what was thought aloud.
_LINE = r"(?:^|(?<=[\n>\]▷]))"
_DECORATION = r"[*`#> \t]{0,20}"


def _mark(words: str) -> str:
    return rf"{_DECORATION}={{2,40}}[ \t]{{0,20}}(?:{words})[ \t]{{0,20}}={{2,40}}[*`]{{0,20}}"


#: Where the structured part begins: a marker anywhere, or a line that begins an object.
_BEGIN = re.compile(
    rf"(?P<mark>{_mark('CHANGES|DRAFT')})"
    rf"|{_LINE}[ \t]{{0,20}}(?:```\w*\s{{0,20}}\{{|\{{\s{{0,20}}\")",
    re.IGNORECASE,
)
_TEXT = re.compile(rf"{_LINE}{_mark('MESSAGE')}", re.IGNORECASE)

#: What may yet become a beginning: held back until it is clear.
_MAY_BEGIN = re.compile(
    rf"(?:{_DECORATION}={{1,40}}[ \t]{{0,20}}(?:[A-Z]{{1,7}}[ \t]{{0,20}}={{0,40}})?"
    rf"|[*`#> \t]{{1,20}}|{_LINE}[ \t]{{0,20}}(?:`{{1,3}}|```\w*\s{{0,20}}|\{{\s{{0,20}}))\Z",
    re.IGNORECASE,
)

#: Where the JSON begins: an object, or a list of objects.
_OBJECT = re.compile(r"\{|\[(?=\s*[\{\]])")

#: What may stand between the structured part and the text.
_FENCE = re.compile(r"\A\s*(?:```)?\s*")

#: Characters of the longest beginning; longer rows of such signs are text.
_LONGEST = 160

#: Characters of an answer's start that are looked at together, so that no tag inside the structured
#: part is taken for reasoning.
_SLICE = 16


class Splitter:
    """
    Takes an answer in pieces; gives out what the team may read once the structured part is whole.

    Text that comes first is held back to the end: the structured part comes behind it.

    >>> splitter = Splitter()
    >>> [splitter.feed(each) for each in ("===CHAN", "GES===\\n{}", "\\n===MESSAGE===\\nHello", "!")]
    ['', '', 'Hello', '!']
    >>> splitter.parts
    ['{}']
    """

    def __init__(self) -> None:
        self._raw = ""
        self._taken = 0
        self._thoughts = Thoughts()
        self._head = ""
        self._feed: Callable[[str], str] = self._at_start
        self._loose = ""
        self._object: ObjectStream | None = None
        self._text = _Text()
        self._message = self._recent = ""
        self._is_closed = False
        self._given: list[str] = []
        #: Whether something came behind the text, so that it cannot have been cut off.
        self.is_text_whole = False

    @property
    def parts(self) -> list[str]:
        """The structured parts without their markers, in order."""
        first = self._object.text if self._object else self._loose
        return [each for each in (first.lstrip("=*"), self._text.behind) if each.strip()]

    @property
    def visible(self) -> str:
        """What was given out for the team."""
        return "".join(self._given)

    def feed(self, piece: str) -> str:
        """Take *piece* in; return what is new for the team, often nothing."""
        return self._note(self._feed(piece))

    def close(self) -> str:
        """Return what was held back and turned out to be text; once."""
        if self._is_closed:
            return ""
        self._is_closed = True
        if self._feed in (self._at_start, self._text_first):
            return self._note(self._split_whole())
        text = self._note(self._text.close())
        self.is_text_whole = self.is_text_whole or bool(self._text.behind)
        return text

    def _note(self, text: str) -> str:
        self._given += [text] if text else []
        return text

    # The structured part comes first

    def _at_start(self, piece: str) -> str:
        self._raw += piece
        while self._taken < len(self._raw):
            part = self._raw[self._taken : self._taken + _SLICE]
            self._taken += len(part)
            found = self._thoughts.feed(part)
            self._head = (found.text if found.restarts else self._head + found.text).lstrip()
            begin = _BEGIN.match(self._head)
            if begin:
                at = self._taken - len(self._thoughts.held) - len(self._head)
                at += begin.end() if begin["mark"] else 0
                self._feed = self._before_object
                return self._before_object(self._raw[at:])
            if self._head and not _MAY_BEGIN.fullmatch(self._head):
                self._feed = self._text_first
                break
        return ""

    def _text_first(self, piece: str) -> str:
        self._raw += piece
        return ""

    def _before_object(self, piece: str) -> str:
        before = self._loose
        self._loose += piece
        begin = _OBJECT.search(self._loose, max(0, len(before) - _LONGEST))
        text = None if begin else _text_marker(self._loose, len(before))
        if text:
            rest, self._loose = self._loose[text.end() :], self._loose[: text.start()]
            return self._begin_text(rest)
        if begin is None:
            return ""
        rest, self._loose = self._loose[begin.start() :], ""
        self._object = ObjectStream()
        self._feed = self._in_object
        return self._in_object(rest)

    def _in_object(self, piece: str) -> str:
        assert self._object is not None
        self._message += self._object.feed(piece)
        if self._object.ended:
            return self._behind_object(self._object)
        if self._object.has_message:
            return self._said() if CHANGING & {*self._object.whole} else ""
        self._recent = (self._recent + piece)[-_LONGEST - len(piece) :]
        if _text_marker(self._recent, 0) and (text := _text_marker(self._object.text, 0)):
            # The object is broken: it does not end where the text begins.
            self._loose = self._object.text[: text.start()]
            rest, self._object = self._object.text[text.end() :], None
            return self._begin_text(rest)
        return ""

    def _said(self) -> str:
        said, self._message = self._message, ""
        return self._text.feed(said)

    def _behind_object(self, whole: ObjectStream) -> str:
        if whole.has_message and (self._message.strip() or self._given):
            self.is_text_whole = True
            self._feed = _nothing
            return self._said()
        self._feed = self._between
        return self._between(whole.rest)

    def _between(self, piece: str) -> str:
        self._loose += piece
        marker, bare = _behind_marker(self._loose)
        if not bare.strip() or (not marker and _MAY_BEGIN.fullmatch(bare)):
            return ""
        return self._begin_text(bare)

    def _begin_text(self, piece: str) -> str:
        self._feed = self._text.feed
        return self._text.feed(piece)

    # The text comes first

    def _split_whole(self) -> str:
        """Split an answer that did not begin with the structured part; return its text."""
        begin = self._first_part()
        if begin is None:
            return without(self._raw).strip()
        text = without(self._raw[: begin.start()]).strip()
        part = self._raw[begin.end() if begin["mark"] else begin.start() :]
        found = _OBJECT.search(part)
        if found is None:
            self._loose, self.is_text_whole = part, True
            return text
        self._object = ObjectStream()
        message = self._object.feed(part[found.start() :])
        marker, behind = _behind_marker(self._object.rest)
        said = without(message).strip() or (without(behind).strip() if marker or not text else "")
        self.is_text_whole = not said or not marker
        return said or text

    def _first_part(self) -> re.Match[str] | None:
        """Return where the structured part begins, outside of what was thought aloud."""
        at = 0
        while begin := _BEGIN.search(self._raw, at):
            thoughts = Thoughts()
            thoughts.feed(self._raw[: begin.start()])
            was_open = thoughts.is_open
            thoughts.feed(self._raw[begin.start() :])
            if not was_open or thoughts.is_open:
                return begin
            at = begin.end()
        return None


class _Text:
    """Text for the team while it comes: no white space at its ends, and no structured part behind it."""

    def __init__(self) -> None:
        self._thoughts = Thoughts()
        self._held = ""
        self._is_begun = False
        #: Another structured part behind the text; empty without one.
        self.behind = ""

    def feed(self, piece: str) -> str:
        """Take *piece* in; return what is new and certain."""
        if self.behind:
            self.behind += piece
            return ""
        return self._took(self._thoughts.feed(piece), last=False)

    def close(self) -> str:
        """Return what was held back and is text."""
        return "" if self.behind else self._took(self._thoughts.close(), last=True)

    def _took(self, piece: Piece, *, last: bool) -> str:
        if piece.restarts and not self._is_begun:
            self._held = ""
        self._held += piece.text
        if not self._is_begun:
            self._held = self._held.lstrip()
        # What is held begins a line where nothing was given out.
        inside = "." if self._is_begun else ""
        text = inside + self._held
        found = _BEGIN.search(text, max(0, len(text) - len(piece.text) - _LONGEST))
        may = None if found or last else _MAY_BEGIN.search(text, max(0, len(text) - _LONGEST))
        end = (found or may).start() if found or may else len(text)  # type: ignore[union-attr]
        visible = text[len(inside) : end].rstrip()
        if found:
            self.behind = text[found.end() if found["mark"] else found.start() :] or "\n"
        self._held = self._held[len(visible) :]
        self._is_begun = self._is_begun or bool(visible)
        return visible


def _text_marker(text: str, known: int) -> re.Match[str] | None:
    """Return the text's marker, once it is whole; *known* characters of *text* were searched before."""
    found = _TEXT.search(text, max(0, known - _LONGEST))
    return found if found and found.end() < len(text) else None


def _behind_marker(text: str) -> tuple[bool, str]:
    """Return whether *text* begins with the text's marker, and what is behind that and a fence."""
    bare = _FENCE.sub("", text, count=1)
    marker = re.match(_mark("MESSAGE"), bare, re.IGNORECASE)
    return bool(marker), bare[marker.end() :] if marker else bare


def _nothing(piece: str) -> str:
    """Ignore what comes behind an answer that is one whole object."""
    return ""
