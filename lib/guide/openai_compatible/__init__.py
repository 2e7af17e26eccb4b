"""
A guide that asks a model on any server with OpenAI's Chat Completions API.

The model proposes, our code decides. Text for the team is streamed. The structured part for the draft
is held back and checked; if it is unusable, the model is asked once more, then it is dropped. A model
cannot change a step's status.
"""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from lib.guide.openai_compatible import context, prompts, summary, tokens
from lib.guide.openai_compatible.client import ChatMessage, Client, Ending
from lib.guide.openai_compatible.failures import Kind, ModelFailure
from lib.guide.openai_compatible.parsing import Splitter, Structured, Unreadable, read
from lib.guide.openai_compatible.patching import patched
from lib.guide.openai_compatible.phase import decide
from lib.guide.openai_compatible.quotes import check_quotes
from lib.guide.port import GuideError, Proposal, Request
from lib.guide.usage import Usage
from lib.workshop.records import Recollection
from lib.workshop.status import Phase
from lib.workshop.transcript import Role, clean
from lib.workshop.usage import Call

log = logging.getLogger(__name__)

#: Seconds a reply waits for a summary of the messages that do not fit; then it continues without.
SUMMARY_WITHIN = 20.0


class ModelGuide:
    """
    A guide that asks a model.

    Keeps no state between calls except usage records, and summaries in a request's memory.
    """

    name = "Guide"

    def __init__(
        self,
        client: Client,
        *,
        budget: int = context.BUDGET,
        usage: Usage | None = None,
        summary_within: float = SUMMARY_WITHIN,
    ) -> None:
        """*budget* is the most tokens of one request, by `tokens.count`."""
        self._client = client
        self._budget = budget
        self.usage = usage or Usage()
        self._summary_within = summary_within

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield the reply as the port requires. Raises ModelFailure, a GuideError."""
        prompt = context.prompt(request, self._budget)
        if prompt.left_out:
            prompt = yield from self._with_summary(request, prompt)
        splitter, ending = Splitter(), Ending("")
        with closing(self._asked(request, prompt.messages, streamed=True)) as pieces:
            for piece in pieces:
                if isinstance(piece, Ending):
                    ending = piece
                else:
                    yield clean(splitter.feed(piece))
        yield clean(splitter.close())
        _refuse_unfinished(splitter, ending)
        yield from self._proposal(request, prompt, splitter)

    def _asked(
        self,
        request: Request,
        messages: Sequence[ChatMessage],
        *,
        streamed: bool,
        prompt: str = "",
    ) -> Generator[str | Ending]:
        """
        Yield what the client yields, and record the call's usage however it ends.

        *prompt* is its fingerprint, if it is not the step's.
        """
        began, written, ending = time.monotonic(), [], Ending("")
        outcome = "stopped"
        try:
            pieces = self._client.answer(messages, request.on_wait, streamed=streamed)
            with closing(pieces):
                for piece in pieces:
                    if isinstance(piece, Ending):
                        ending = piece
                        outcome = "complete" if ending.finish == "stop" else ending.finish or "cut"
                    else:
                        written.append(piece)
                    yield piece
        except ModelFailure as failure:
            outcome = failure.kind.value
            raise
        finally:
            estimated = not (ending.tokens_in or ending.tokens_out)
            sent = sum(tokens.count(each["content"]) for each in messages)
            self.usage.note(
                Call(
                    team=request.team_key,
                    step=request.step,
                    turn=request.turn,
                    model=self._client.model,
                    prompt_hash=prompt or prompts.fingerprint(request.step),
                    tokens_in=sent if estimated else ending.tokens_in,
                    tokens_out=tokens.count("".join(written)) if estimated else ending.tokens_out,
                    estimated=estimated,
                    seconds=time.monotonic() - began,
                    outcome=outcome,
                )
            )

    # Messages that do not fit

    def _with_summary(
        self, request: Request, prompt: context.Prompt
    ) -> Generator[str, None, context.Prompt]:
        """Yield signs of life; return the prompt with a summary of what it leaves out."""
        known = request.memory.recall()
        if known:
            prompt = context.prompt(request, self._budget, known.text)
        task = summary.task(request.transcript, prompt.left_out, known, self._budget)
        text = (yield from self._summed_up(request, task)) if task else ""
        if not task or not text:
            return prompt
        request.memory.remember(Recollection(task.upto, text))
        return context.prompt(request, self._budget, text)

    def _summed_up(self, request: Request, task: summary.Task) -> Generator[str, None, str]:
        """Yield signs of life; return a summary, or "" if that fails: the reply continues."""
        # The team waits for a reply: show it only that one's waits.
        quiet = replace(request, on_wait=lambda _: None)
        until = time.monotonic() + self._summary_within
        answer, ending = "", Ending("")
        prompt = prompts.summary_fingerprint()
        try:
            with closing(
                self._asked(quiet, task.messages, streamed=False, prompt=prompt)
            ) as pieces:
                for piece in pieces:
                    if isinstance(piece, Ending):
                        ending = piece
                    elif time.monotonic() > until:
                        pieces.throw(ModelFailure(Kind.SLOW))
                    else:
                        answer += piece
                        yield ""
        except GuideError as exc:
            log.warning("What was said before in %s is not summed up: %s", request.step, exc)
            return ""
        return summary.read(answer) if ending.finish not in ("length", "content_filter") else ""

    # The structured part

    def _proposal(
        self, request: Request, prompt: context.Prompt, splitter: Splitter
    ) -> Iterator[str | Proposal]:
        """Yield the proposal; before it signs of life if the model is asked once more."""
        found, problems = _understood(splitter.structured)
        first = patched(request.step, request.draft, found.draft, prompt.shortened)
        fields, problems = first.fields, problems or " ".join(first.problems)
        # A greeting adds nothing to a draft, so it is not worth a second call.
        if problems and any(message.role is Role.USER for message in request.transcript):
            written = splitter.visible + (splitter.structured or "")
            answer: list[str] = []
            yield from self._once_more(request, prompt.messages, written, problems, answer)
            better, _ = _understood("".join(answer))
            fields = patched(request.step, fields, better.draft, prompt.shortened).fields
            found = Structured(
                {}, better.phase or found.phase, better.suggestions or found.suggestions
            )
        fields = check_quotes(request, fields, splitter.visible)
        phase = decide(request, fields, found.phase)
        yield Proposal(fields, phase, () if phase is Phase.COMPLETE else found.suggestions)

    def _once_more(
        self,
        request: Request,
        messages: Sequence[ChatMessage],
        written: str,
        problems: str,
        answer: list[str],
    ) -> Iterator[str]:
        """Ask for the structured part again, into *answer*; a failure here fails no reply."""
        log.info("The structured part in %s could not be used: %s", request.step, problems[:300])
        asked = prompts.AGAIN.replace("{problems}", problems[:1_500])
        again = [
            *messages,
            {"role": "assistant", "content": written[:20_000]},
            {"role": "user", "content": asked},
        ]
        try:
            with closing(self._asked(request, again, streamed=False)) as pieces:
                for piece in pieces:
                    if isinstance(piece, str):
                        answer.append(piece)
                        yield ""
        except GuideError as exc:
            log.warning("The structured part in %s stays unusable: %s", request.step, exc)


def _refuse_unfinished(splitter: Splitter, ending: Ending) -> None:
    """Raise ModelFailure if the team has not read a whole reply."""
    if ending.finish == "content_filter":
        raise ModelFailure(Kind.FILTERED)
    # Once the structured part has begun, the text for the team is complete.
    if ending.finish in ("", "length") and splitter.visible and splitter.structured is None:
        raise ModelFailure(Kind.LENGTH if ending.finish else Kind.CUT)
    if not splitter.visible:
        raise ModelFailure(Kind.EMPTY)


def _understood(structured: str | None) -> tuple[Structured, str]:
    """Return the parsed structured part, and the reason if it cannot be parsed."""
    try:
        if structured is None:
            raise Unreadable("it was missing")
        return read(structured), ""
    except Unreadable as exc:
        return Structured({}, None, ()), f"The reason: {exc}."
