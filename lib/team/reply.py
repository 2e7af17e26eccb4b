"""
One attempt at a reply: its writer appends, pages follow, and it ends once.

Knows neither the store nor the guide: it returns the message to save.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from lib.workshop.transcript import ATTEMPT, Message, MessageStatus, next_attempt

#: Seconds between two renderings of a growing reply; each sends the whole text to the browser.
DRAW_EVERY = 0.1

#: A follower waits this many times the duration of its last rendering, so that a busy server
#: renders less often.
DRAW_SHARE = 10

#: The longest wait between two renderings, seconds.
DRAW_AT_LATEST = 1.0

#: Seconds of silence after which a follower yields again, so that a page may leave.
LOOK_UP_EVERY = 1.0


def pause_after(took: float) -> float:
    """
    Return the seconds to wait after a rendering that took *took* seconds.

    >>> pause_after(0.001), pause_after(0.05), pause_after(2.0)
    (0.1, 0.5, 1.0)
    """
    return min(max(DRAW_EVERY, DRAW_SHARE * took), DRAW_AT_LATEST)


class Reply:
    """
    One attempt at a reply, started from the message that was placed or taken over for it.

    Only its writer appends; any thread may follow, read or end it.
    """

    def __init__(self, placed: Message) -> None:
        # The first revision after a stop is left to the writer that was stopped: see `end_if_superseded`.
        self._message = replace(placed, revision=placed.revision + 1)
        self._kept = placed.text
        self._changed = threading.Condition()
        self._chunks: list[str] = []
        self._waits_until = 0.0
        self._ended = False
        self._over = threading.Event()

    @property
    def id(self) -> str:
        """The id of the message this reply is."""
        return self._message.id

    @property
    def is_redraft(self) -> bool:
        """Whether it drafts its step again, beside the draft."""
        return self._message.anew

    @property
    def position(self) -> int:
        """Where in its step's transcript this reply stands."""
        return self._message.position

    @property
    def text(self) -> str:
        """What has been written so far."""
        return "".join(self._chunks)

    @property
    def wait(self) -> float:
        """Seconds until the guide continues; 0 if it is not waiting."""
        return max(0.0, self._waits_until - time.monotonic())

    def waits(self, seconds: float) -> None:
        """Show followers that the guide waits *seconds* before it begins; 0 when it continues."""
        with self._changed:
            self._waits_until = time.monotonic() + seconds if seconds else 0.0
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether it has ended: further chunks are dropped."""
        return self._ended

    def wait_over(self, timeout: float) -> bool:
        """Wait at most *timeout* seconds; return whether the reply was released."""
        return self._over.wait(timeout)

    def follow(self) -> Iterator[str]:
        """
        Yield the text so far whenever it has grown, until the reply is released.

        Yields the same text every LOOK_UP_EVERY seconds of silence, so that a page can stop following.
        """
        seen = 0
        while True:
            with self._changed:
                if seen == len(self._chunks) and not self._over.is_set():
                    self._changed.wait(timeout=LOOK_UP_EVERY)
                grown, over = len(self._chunks) > seen, self._over.is_set()
                seen = len(self._chunks)
            began = time.monotonic()
            yield self.text
            if over:
                return
            if grown:
                took = time.monotonic() - began
                self._over.wait(pause_after(took))

    def add(self, chunk: str) -> Message:
        """Append a chunk; return the message to save."""
        with self._changed:
            if not self._ended:
                self._chunks.append(chunk)
                self._changed.notify_all()
        return self.so_far()

    def so_far(self) -> Message:
        """Return the message to save now; after the end, the final one."""
        with self._changed:
            if not self._ended:
                self._message = self._revised(MessageStatus.STREAMING)
            return self._message

    def end(self, status: MessageStatus, suggestions: tuple[str, ...] = ()) -> Message:
        """End with *status*, unless it has ended before; return the final message."""
        with self._changed:
            if not self._ended:
                self._message = replace(self._revised(status), suggestions=suggestions)
                self._ended = True
            return self._message

    def fail(self) -> Message:
        """
        End with status ERROR, unless it was interrupted; return the final message.

        Also if it was complete: what it does to the draft could not be noted with it.
        """
        with self._changed:
            if not self._ended or self._message.status is MessageStatus.COMPLETE:
                self._message = self._revised(MessageStatus.ERROR)
                self._ended = True
            return self._message

    def end_if_superseded(self, stored: Message) -> bool:
        """
        End if *stored* belongs to a later attempt; return whether it ended now.

        If another server stopped the reply, and the text here continues the text stored there, the
        longer text is kept, because people have read it. Its revision is the first after the stop's,
        so that it loses to any later attempt.
        """
        with self._changed:
            if self._ended or stored.revision < next_attempt(self._message.revision):
                return False
            longer = self._revised(MessageStatus.INTERRUPTED).text
            is_interrupted = stored.status is MessageStatus.INTERRUPTED and not stored.lapsed
            is_stop = is_interrupted and not stored.revision % ATTEMPT
            self._message = stored
            if is_stop and longer != stored.text and longer.startswith(stored.text):
                self._message = stored.revised(longer, MessageStatus.INTERRUPTED)
            self._ended = True
            return True

    def release(self) -> None:
        """Let all followers finish."""
        with self._changed:
            self._over.set()
            self._changed.notify_all()

    def _revised(self, status: MessageStatus) -> Message:
        # A retry never leaves less text than the first attempt: keep that until the new text is
        # complete or longer.
        text = self.text
        if status is not MessageStatus.COMPLETE and len(text) < len(self._kept):
            text = self._kept
        return self._message.revised(text, status)
