"""
One reply while it is written: its writer appends, pages follow, and it ends once.

Free of the store and of the guide: what is to be saved is handed out as a message.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from lib.workshop.transcript import ATTEMPT, Message, MessageStatus, next_attempt

#: Seconds between two drawings of a growing reply: each sends its whole text to the browser again.
DRAW_EVERY = 0.1

#: How many times as long as a drawing took a follower waits before the next. On a busy server a
#: drawing takes longer, and fewer of them leave time for whoever else asks something of it.
DRAW_SHARE = 10

#: The longest wait between two drawings, seconds.
DRAW_AT_LATEST = 1.0

#: Seconds of silence after which a follower looks up all the same, so that a page may leave.
LOOK_UP_EVERY = 1.0


def pause_after(took: float) -> float:
    """
    Return the seconds between two drawings, where the last one took so many.

    >>> pause_after(0.001), pause_after(0.05), pause_after(2.0)
    (0.1, 0.5, 1.0)
    """
    return min(max(DRAW_EVERY, DRAW_SHARE * took), DRAW_AT_LATEST)


class Reply:
    """
    One attempt at a reply, begun from the message that was placed or taken over for it.

    Its writer alone appends; anybody may follow, read or end it, from any thread.
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
        """Whether it drafts its step anew, beside the draft."""
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
        """Seconds until the guide goes on; 0 where it is not waiting."""
        return max(0.0, self._waits_until - time.monotonic())

    def waits(self, seconds: float) -> None:
        """Tell followers that the guide has to wait before it can begin; 0 where it goes on."""
        with self._changed:
            self._waits_until = time.monotonic() + seconds if seconds else 0.0
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether its last word is known: whatever its writer still has is dropped."""
        return self._ended

    def wait_over(self, timeout: float) -> bool:
        """Wait at most *timeout* seconds; return whether followers have been let go."""
        return self._over.wait(timeout)

    def follow(self) -> Iterator[str]:
        """
        Yield all that is written so far, whenever that has grown; end when the reply is over.

        In silence the same text comes again every LOOK_UP_EVERY seconds: a chance to stop following.
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
        """Return the message to save while the reply is being written; once ended, as it ended."""
        with self._changed:
            if not self._ended:
                self._message = self._revised(MessageStatus.STREAMING)
            return self._message

    def end(self, status: MessageStatus, suggestions: tuple[str, ...] = ()) -> Message:
        """Return the message as it ends: with *status*, unless it has ended before."""
        with self._changed:
            if not self._ended:
                self._message = replace(self._revised(status), suggestions=suggestions)
                self._ended = True
            return self._message

    def end_if_superseded(self, stored: Message) -> bool:
        """
        End where *stored* belongs to a later attempt; return whether that is so now.

        Where that is a stop, and what was written goes on from the text it kept, the longer text is
        handed in: everybody who saw it keeps it. Its revision is the first after the stop's: it
        loses to whoever takes the turn over, and no writer's first is as low.
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
        """Tell everybody who follows that nothing more will come."""
        with self._changed:
            self._over.set()
            self._changed.notify_all()

    def _revised(self, status: MessageStatus) -> Message:
        # A second attempt never leaves less than the first one had: until it is whole, or longer,
        # what the first one wrote is what is kept.
        text = self.text
        if status is not MessageStatus.COMPLETE and len(text) < len(self._kept):
            text = self._kept
        return self._message.revised(text, status)
