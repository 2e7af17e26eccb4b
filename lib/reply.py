"""
One reply while it is written: its writer appends, pages follow, and it ends once.

Free of the store and of the guide: what is to be saved is handed out as a message.
"""

import threading
import time
from collections.abc import Iterator

from lib.transcript import Message, MessageStatus

#: Seconds between two drawings of a growing reply: each sends its whole text to the browser again.
DRAW_EVERY = 0.1

#: Seconds of silence after which a follower looks up all the same, so that a page may leave.
LOOK_UP_EVERY = 1.0


class Reply:
    """
    One reply while it is written.

    Its writer alone appends; anybody may follow, read or cancel it, from any thread.
    """

    def __init__(self, message: Message, kept: str = "") -> None:
        self._message = message
        self._kept = kept
        self._changed = threading.Condition()
        self._cancelled = threading.Event()
        self._chunks: list[str] = []
        self._over = threading.Event()

    @property
    def id(self) -> str:
        """The id of the message this reply is."""
        return self._message.id

    @property
    def text(self) -> str:
        """What has been written so far."""
        return "".join(self._chunks)

    @property
    def cancelled(self) -> bool:
        """Whether somebody pressed Stop."""
        return self._cancelled.is_set()

    @property
    def over(self) -> bool:
        """Whether nothing more will be written."""
        return self._over.is_set()

    def wait_over(self, timeout: float) -> bool:
        """Wait at most *timeout* seconds; return whether the reply is over."""
        return self._over.wait(timeout)

    def cancel(self) -> None:
        """Ask the writer to stop; what was written stays."""
        self._cancelled.set()

    def follow(self) -> Iterator[str]:
        """
        Yield all that is written so far, whenever that has grown; end when the reply is over.

        In silence the same text comes again every LOOK_UP_EVERY seconds: a chance to stop following.
        """
        seen = 0
        while True:
            with self._changed:
                if seen == len(self._chunks) and not self.over:
                    self._changed.wait(timeout=LOOK_UP_EVERY)
                grown, over = len(self._chunks) > seen, self.over
                seen = len(self._chunks)
            yield self.text
            if over:
                return
            if grown:
                time.sleep(DRAW_EVERY)

    def add(self, chunk: str) -> Message:
        """Append a chunk; return the message to save."""
        with self._changed:
            self._chunks.append(chunk)
            self._changed.notify_all()
        return self.so_far()

    def so_far(self) -> Message:
        """Return the message to save while the reply is being written."""
        return self._as(MessageStatus.STREAMING)

    def end(self, status: MessageStatus) -> Message:
        """Return the message as it ends; followers are let go by `release`."""
        return self._as(status)

    def release(self) -> None:
        """Tell everybody who follows that nothing more will come."""
        with self._changed:
            self._over.set()
            self._changed.notify_all()

    def _as(self, status: MessageStatus) -> Message:
        """Return the message one revision on; once it has ended, as it ended."""
        # A second attempt never leaves less than the first one had: until it is whole, or longer,
        # what the first one wrote is what is kept.
        with self._changed:
            if self._message.status is not MessageStatus.STREAMING:
                return self._message
            text = self.text
            if status is not MessageStatus.COMPLETE and len(text) < len(self._kept):
                text = self._kept
            self._message = self._message.revised(text, status)
            return self._message
