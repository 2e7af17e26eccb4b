"""
The replies this process is writing; pages follow them.

A reply runs in its own thread and is saved as it grows. Pages follow it and may leave. A question is
stored before the guide is asked.

The reply's row holds a lease, renewed with the text every RENEW_EVERY seconds. If the writer dies,
the lease expires, the message reads as interrupted, and Retry, in any process, starts a new attempt.
Stop works from any process: at each renewal the writer checks whether it was superseded.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from lib.autosave.autosave import Autosave, QueueFull
from lib.guide.port import Guide, GuideError, Proposal
from lib.store import permits
from lib.store.errors import StoreError
from lib.store.port import Closed, Store
from lib.store.sql import deadline
from lib.team import guide_request
from lib.team.drafts import Drafts
from lib.team.reply import Reply
from lib.workshop.bounded import Bounded, Locks
from lib.workshop.clock import Now, utc_now
from lib.workshop.ids import greeting_id, new_id, reply_id
from lib.workshop.records import StepKey
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import is_read_only
from lib.workshop.transcript import Message, MessageStatus, Role, unanswered

log = logging.getLogger(__name__)

#: Seconds between two renewals of a lease, each of which saves the text. A fifth of the lease, so
#: that four may fail before it expires.
RENEW_EVERY = 2.0

#: Bytes of all sentences that say why the guide could not answer.
SENTENCES = 1_000_000


class Replies:
    """
    Writes replies, at most one per step at a time.

    Asks the guide in separate threads. The guide's proposal for the draft is saved in the same
    transaction as the complete reply.
    """

    def __init__(
        self,
        store: Store,
        autosave: Autosave,
        drafts: Drafts,
        guide: Guide,
        *,
        now: Now = utc_now,
        renew_every: float = RENEW_EVERY,
    ) -> None:
        self._renew_every = renew_every
        self._store = store
        self._autosave = autosave
        self._drafts = drafts
        self._guide = guide
        self._now = now
        self._locks: Locks[StepKey, threading.Lock] = Locks(threading.Lock)
        self._live: dict[StepKey, Reply] = {}
        self._sentences: Bounded[StepKey, str] = Bounded(SENTENCES)
        self._stopping = False

    @property
    def guide_name(self) -> str:
        """The name shown beside replies."""
        return self._guide.name

    def sentence(self, key: StepKey) -> str:
        """Return why the guide last failed in a step, as a sentence; empty if it did not."""
        return self._sentences.get(key, "")

    def live(self, key: StepKey) -> Reply | None:
        """Return the reply that is being written in a step, if any."""
        return self._live.get(key)

    def ask(self, key: StepKey, questions: Sequence[Message]) -> None:
        """
        Store *questions*, then have them answered.

        They are in the database on return. While any server writes a reply in this step, they wait;
        the next reply then answers them together. Idempotent. Raises StoreError, and then nothing
        was asked.
        """
        self._flush_earlier_reply(key)
        with deadline.holding(self._locks[key]):
            if key in self._live or self._stopping:
                self._store.append(key, questions)
                return
            reply = self._blank(reply_id(questions[-1].id))
            new = self._store.append(key, questions, reply=reply)
            self._start(key, [message for message in new if message.id == reply.id])

    def ensure_answered(
        self, key: StepKey, transcript: Sequence[Message], redraft: str | None = None
    ) -> None:
        """
        Start the reply a step needs: a greeting, an answer, or a waiting *redraft*.

        *redraft* is the id of the reply that drafts the step again, if any. Called whenever an open
        step is shown; idempotent across processes. Raises StoreError.
        """
        if any(message.status is MessageStatus.STREAMING for message in transcript):
            return
        questions = unanswered(transcript)
        if transcript and not questions and not redraft:
            return
        self._flush_earlier_reply(key)
        with deadline.holding(self._locks[key]):
            if key in self._live or self._stopping:
                return
            if redraft:
                reply = replace(self._blank(redraft), anew=True)
            else:
                id_ = reply_id(questions[-1].id) if questions else self._greeting(key)
                reply = self._blank(id_)
            self._start(key, self._store.append(key, [], reply=reply))

    def _flush_earlier_reply(self, key: StepKey) -> None:
        """Flush an earlier reply, because the next request reads it from the store."""
        if key not in self._live:
            self._autosave.flush(key)

    def _greeting(self, key: StepKey) -> str:
        return greeting_id(*key, self._store.steps(key.team)[key.step].era)

    def redraft(self, key: StepKey) -> None:
        """
        Have the guide draft the step again, beside the draft.

        The wish is stored first. If another reply is being written, the server that ends it starts
        the redraft. Raises StoreError.
        """
        self._store.want_redraft(key, new_id())
        self._answer_waiting(key)

    def abandon(self, key: StepKey) -> None:
        """Stop the reply of a step whose transcript was just archived."""
        if reply := self._live.get(key):
            self.stop(key, reply.id)

    def retry(self, key: StepKey, message: Message) -> None:
        """
        Start a new attempt at an unfinished reply: same position, same question.

        Does nothing if its writer is alive or it is complete. Raises StoreError.
        """
        self._autosave.flush(key)
        with deadline.holding(self._locks[key]):
            if key in self._live or self._stopping:
                return
            taken = self._store.take_over(key, message.id)
            self._start(key, [taken] if taken else [])

    def rewrite(self, key: StepKey, message: Message) -> None:
        """
        Archive the last reply of a step, undo its changes of the draft, and write another.

        Does nothing if it is not complete, no longer the last message, or its step is complete.
        Raises StoreError.
        """
        self._autosave.flush(key)
        with deadline.holding(self._locks[key]):
            if key in self._live or self._stopping:
                return
            if is_read_only(self._store.steps(key.team)[key.step].status):
                return
            begun = self._drafts.rewrite(key, message.id)
            self._start(key, [begun] if begun else [])

    def stop(self, key: StepKey, message_id: str) -> None:
        """
        Interrupt a reply on any server; the text so far stays.

        Does nothing if it has ended. Raises StoreError if another server writes it.
        """
        reply = self._live.get(key)
        if reply is None or reply.id != message_id or self._is_superseded(key, reply):
            self._store.interrupt(key, message_id)
        elif self._interrupt(key, reply):
            self._close(key, reply)

    def renew(self, key: StepKey) -> None:
        """
        Save the text of a reply and renew its lease.

        Ends the reply if it was stopped or taken over elsewhere.
        """
        reply = self._live.get(key)
        if reply is not None:
            growing = reply.so_far()
            # Its writer saves a complete reply together with the proposal.
            if growing.status is not MessageStatus.COMPLETE:
                self._note(key, growing)
            self._autosave.flush(key)
            self._is_superseded(key, reply)

    def stop_all(self, within: float) -> None:
        """
        Interrupt every reply; wait at most *within* seconds for those that are just complete.

        Their texts are noted for autosave, not saved.
        """
        self._stopping = True
        end = time.monotonic() + within
        for key, reply in list(self._live.items()):
            if self._interrupt(key, reply):
                reply.release()
            else:
                reply.wait_over(max(0.0, end - time.monotonic()))

    # The writing

    def _blank(self, id_: str) -> Message:
        return Message(
            id_, Role.ASSISTANT, self._guide.name, "", self._now(), MessageStatus.STREAMING
        )

    def _start(self, key: StepKey, placed: Sequence[Message]) -> None:
        """Start writing the *placed* reply, if this process placed one."""
        for message in placed:
            reply = self._live[key] = Reply(message)
            for name, work in (("reply-writer", self._write), ("reply-keeper", self._keep)):
                threading.Thread(target=work, args=(key, reply), name=name, daemon=True).start()

    def _keep(self, key: StepKey, reply: Reply) -> None:
        """Renew the lease of a reply while its guide may be silent."""
        while not reply.wait_over(self._renew_every):
            self.renew(key)

    def _is_superseded(self, key: StepKey, reply: Reply) -> bool:
        """Whether a later attempt is stored; then end the reply here."""
        place = reply.position
        try:
            stored = self._store.messages(key, since=place, before=place + 1)
        except StoreError:
            # Unknown: the lease and the revision of later writes still guard the row.
            return False
        known = [each for each in stored if each.id == reply.id]
        # A missing message was archived: its step was reset.
        gives_way = (
            any(reply.end_if_superseded(each) for each in known)
            if known
            else self._interrupt(key, reply)
        )
        if gives_way:
            self._note(key, reply.so_far())
            self._close(key, reply)
        return gives_way

    def _interrupt(self, key: StepKey, reply: Reply) -> bool:
        """Interrupt a reply; return False if it was complete before."""
        ended = reply.end(MessageStatus.INTERRUPTED)
        if ended.status is MessageStatus.COMPLETE:
            return False
        self._note(key, ended)
        return True

    def _write(self, key: StepKey, reply: Reply) -> None:
        try:
            self._attempt(key, reply)
        # An exception in a thread reaches nobody: mark the reply and log it.
        except Exception as exc:
            self._failed(key, reply, exc)
        finally:
            self._close(key, reply)

    def _failed(self, key: StepKey, reply: Reply, exc: Exception) -> None:
        """Mark a reply as failed, unless it was already interrupted."""
        if reply.ended and reply.so_far().status is not MessageStatus.COMPLETE:
            return
        foreseen = isinstance(exc, GuideError)
        level = logging.WARNING if foreseen else logging.ERROR
        log.log(level, "Reply in %s ended early: %s", key.step, exc, exc_info=not foreseen)
        self._sentences[key] = str(exc) if foreseen else ""
        self._note(key, reply.fail())

    def _note(self, key: StepKey, message: Message) -> None:
        """
        Note a message for autosave.

        If autosave is full, the message noted before stays: the row is in the database, and a later
        chunk or Retry brings the rest.
        """
        try:
            self._autosave.note(key, [message])
        except QueueFull as exc:
            log.error("A reply in %s cannot be kept up with: %s", key.step, exc)

    def _attempt(self, key: StepKey, reply: Reply) -> None:
        base = self._drafts.current(key)
        request = guide_request.request(
            self._store, key, base, before=reply.position, turn=reply.id, on_wait=reply.waits
        )
        request = replace(request, is_redraft=reply.is_redraft)
        proposal: Proposal | None = None
        for piece in takewhile(lambda _: not reply.ended, self._guide.reply(request)):
            if isinstance(piece, Proposal):
                proposal = piece
            else:
                self._note(key, reply.add(piece))
                self._autosave.poll(key)
        # Check once more: the proposal of a stopped reply must not reach the draft.
        if proposal is None or self._is_superseded(key, reply):
            self._interrupt(key, reply)
            return
        whole = reply.end(MessageStatus.COMPLETE, proposal.suggestions)
        if whole.status is not MessageStatus.COMPLETE:
            return
        self._drafts.note_reply(
            key,
            whole,
            base,
            proposal.draft,
            proposal.phase,
            claimed=proposal.read_back,
            questions=unanswered(request.transcript),
        )

    def _close(self, key: StepKey, reply: Reply) -> None:
        """Save the final message, release followers, then answer waiting questions; once."""
        self._autosave.flush(key)
        with self._locks[key]:
            if self._live.get(key) is not reply:
                return
            del self._live[key]
        reply.release()
        if self._stopping:
            return
        try:
            # Answer only if the step still accepts messages.
            with permits.held(TeamPermit(Action.SAY, key.team, None, key.step)):
                self._answer_waiting(key)
        except (AccessRefused, Closed) as exc:
            log.info("Questions in %s need no answer: %s", key.step, exc)
        except Exception as exc:
            # The questions are stored; the next page that opens the step has them answered.
            log.warning("Questions in %s wait for an answer: %s", key.step, exc)

    def _answer_waiting(self, key: StepKey) -> None:
        redraft = self._store.steps(key.team)[key.step].redraft
        self.ensure_answered(key, self._store.messages(key, last=50), redraft)
