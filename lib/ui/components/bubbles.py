"""
Messages as one piece of HTML: fifty of them cost one element instead of a hundred.

Everything a rerun draws is sent again, so a transcript drawn message by message took most of a
page's time. What people wrote is escaped. What the guide wrote is Markdown, rendered by a parser with HTML and
images disabled: an image would request its address when drawn.
"""

from collections.abc import Callable, Sequence
from html import escape

from markdown_it import MarkdownIt

from lib.workshop.bounded import remembered
from lib.workshop.transcript import Message, MessageStatus, Role

#: Shown while a reply has no text yet.
THINKING = "The guide is thinking …"

#: Bytes of drawn messages that are kept for the next rerun: twenty busy teams' windows.
KEPT = 32_000_000

#: Characters of Markdown that are drawn as such; the parser takes tens of microseconds for some.
MOST_MARKDOWN = 20_000

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_markdown.disable("image")


def _nothing(message: Message) -> str:
    return ""


def html(
    messages: Sequence[Message], most: int, *, note_of: Callable[[Message], str] = _nothing
) -> str:
    """
    Return *messages* in order; what is over *most* characters of one is left out.

    The text *note_of* returns for a message follows its author. The messages take the focus as one
    group, so that they can be scrolled with the arrow keys.
    """
    bubbles = "".join(_message(message, most, note_of(message)) for message in messages)
    return f'<div class="talk" role="group" aria-label="Conversation" tabindex="0">{bubbles}</div>'


def _message(message: Message, most: int, note: str) -> str:
    if message.status is MessageStatus.STREAMING:
        return growing(message.author, message.text)
    return bubble(message.role, message.author, _cut(message.text, most), note)


def growing(guide: str, text: str, wait: int = 0) -> str:
    """
    Return a reply that is being written.

    Nothing written yet reads as thinking, or as busy, where the guide waits *wait* seconds.
    """
    busy = f"*The guide is busy. It continues in {wait} s.*" if wait else ""
    shown = text or busy or f"*{THINKING}*"
    return bubble(Role.ASSISTANT, guide, shown, is_growing=True)


@remembered(KEPT)
def bubble(role: Role, author: str, text: str, note: str = "", *, is_growing: bool = False) -> str:
    """
    Return one message.

    >>> print(bubble(Role.USER, "Ada", "<b>\\n*x*"))
    <div class="bubble user" role="group" aria-label="Message from Ada"><p \
class="author">Ada</p><div class="said">&lt;b&gt;<br>*x*</div></div>
    """
    body = plain(text) if role is Role.USER else markdown(text)
    behind = f" · {escape(note)}" if note else ""
    kind = f"bubble {role.value}{' growing' if is_growing else ''}"
    return (
        f'<div class="{kind}" role="group" aria-label="Message from {escape(author)}">'
        f'<p class="author">{escape(author)}{behind}</p><div class="said">{body}</div></div>'
    )


def plain(text: str) -> str:
    """
    Return *text* as HTML that reads as it was typed, spaces at the beginning of a line included.

    >>> plain("1 < 2\\n  & so on")
    '1 &lt; 2<br>&nbsp;&nbsp;&amp; so on'
    """
    return "<br>".join(_line(line) for line in text.splitlines())


def _line(line: str) -> str:
    bare = line.lstrip(" \t")
    return "&nbsp;" * min(len(line) - len(bare), 40) + escape(bare)


def markdown(text: str) -> str:
    """
    Return a guide's Markdown as HTML without pictures and without HTML of its own.

    What is longer than MOST_MARKDOWN reads as it was written.

    >>> markdown("**bold** ![](http://example.org/) <i>").strip()
    '<p><strong>bold</strong> !<a href="http://example.org/"></a> &lt;i&gt;</p>'
    """
    if len(text) > MOST_MARKDOWN:
        return f"<p>{plain(text)}</p>"
    return str(_markdown.render(text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " …"
