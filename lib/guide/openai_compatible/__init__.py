"""
A guide that asks a model on any server with OpenAI's Chat Completions API.

The model proposes, our code decides. The structured part comes first and is checked before the team
reads a word; where it cannot be used, the model is asked once more, and no text says that it was. What
would remove or replace something becomes an offer. A model cannot change a step's status.
"""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from lib.guide.openai_compatible import context, prompts, schema, summary, tokens
from lib.guide.openai_compatible.client import ChatMessage, Client, Ending, Form
from lib.guide.openai_compatible.failures import Kind, ModelFailure
from lib.guide.openai_compatible.phase import decide
from lib.guide.openai_compatible.reading import Answer
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
        prompt, form = yield from self._prompt(request)
        answer, ending = Answer(request, prompt.shortened), Ending("")
        try:
            with closing(self._asked(request, prompt, form)) as pieces:
                for piece in pieces:
                    if isinstance(piece, Ending):
                        ending = piece
                    else:
                        yield clean(answer.feed(piece))
        except ModelFailure:
            # What was written is kept, held back or not.
            yield clean(answer.broken_off())
            raise
        answer.close()
        if failure := _unfinished(answer, ending):
            yield clean(answer.broken_off())
            raise failure
        yield from self._finished(request, prompt, answer)

    def _prompt(self, request: Request) -> Generator[str, None, tuple[context.Prompt, Form | None]]:
        """Yield signs of life; return the prompt, and the form of the answer if it may have one."""
        known = ""
        prompt = context.prompt(request, self._budget, schema=self._client.takes_schema)
        if prompt.left_out:
            known = yield from self._summary(request, prompt)
            prompt = context.prompt(request, self._budget, known, schema=self._client.takes_schema)
        if not self._client.takes_schema:
            return prompt, None
        otherwise = context.prompt(request, self._budget, known).messages
        return prompt, Form(schema.response_format(request.step), otherwise)

    def _asked(
        self,
        request: Request,
        prompt: context.Prompt,
        form: Form | None = None,
        *,
        streamed: bool = True,
    ) -> Generator[str | Ending]:
        """Yield what the client yields, and record the call's usage however it ends."""
        began, written, ending = time.monotonic(), [], Ending("")
        outcome = "stopped"
        try:
            pieces = self._client.answer(
                prompt.messages, request.on_wait, streamed=streamed, form=form
            )
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
            sent = sum(tokens.count(each["content"]) for each in prompt.messages)
            self.usage.note(
                Call(
                    team=request.team_key,
                    step=request.step,
                    turn=request.turn,
                    model=self._client.model,
                    prompt_hash=prompt.version,
                    tokens_in=sent if estimated else ending.tokens_in,
                    tokens_out=tokens.count("".join(written)) if estimated else ending.tokens_out,
                    estimated=estimated,
                    seconds=time.monotonic() - began,
                    outcome=outcome,
                )
            )

    # Messages that do not fit

    def _summary(self, request: Request, prompt: context.Prompt) -> Generator[str, None, str]:
        """Yield signs of life; return a summary of what *prompt* leaves out, "" without one."""
        known = request.memory.recall()
        text = known.text if known else ""
        if known:
            prompt = context.prompt(request, self._budget, text, schema=self._client.takes_schema)
        task = summary.task(request.transcript, prompt.left_out, known, self._budget)
        new = (yield from self._summed_up(request, task)) if task else ""
        if task and new:
            request.memory.remember(Recollection(task.upto, new))
        return new or text

    def _summed_up(self, request: Request, task: summary.Task) -> Generator[str, None, str]:
        """Yield signs of life; return a summary, or "" if that fails: the reply continues."""
        # The team waits for a reply: show it only that one's waits.
        quiet = replace(request, on_wait=lambda _: None)
        until = time.monotonic() + self._summary_within
        answer, ending = "", Ending("")
        prompt = context.Prompt(task.messages, prompts.summary_fingerprint())
        try:
            with closing(self._asked(quiet, prompt, streamed=False)) as pieces:
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

    # The end of a reply

    def _finished(
        self, request: Request, prompt: context.Prompt, answer: Answer
    ) -> Iterator[str | Proposal]:
        """Yield the rest of the text and the proposal; before it signs of life if it asks again."""
        # A greeting adds nothing to a draft, so it is not worth a second call.
        if answer.problems and any(each.role is Role.USER for each in request.transcript):
            again: list[str] = []
            yield from self._once_more(request, prompt, answer, again)
            answer.correct("".join(again))
        yield clean(answer.rest())
        found = answer.outcome
        phase = decide(request, found.fields, answer.phase)
        suggestions = () if phase is Phase.COMPLETE else answer.suggestions
        yield Proposal(found.fields, phase, suggestions, found.read_back(request))

    def _once_more(
        self, request: Request, prompt: context.Prompt, answer: Answer, written: list[str]
    ) -> Iterator[str]:
        """Ask for the structured part again, into *written*; a failure here fails no reply."""
        problems = " ".join(answer.problems)
        log.info("The structured part in %s could not be used: %s", request.step, problems[:300])
        asked = prompts.AGAIN.replace("{problems}", problems[:1_500])
        messages: Sequence[ChatMessage] = [
            *prompt.messages,
            {"role": "assistant", "content": answer.written[:20_000]},
            {"role": "user", "content": asked},
        ]
        try:
            again = replace(prompt, messages=messages)
            with closing(self._asked(request, again, streamed=False)) as pieces:
                for piece in pieces:
                    if isinstance(piece, str):
                        written.append(piece)
                        yield ""
        except GuideError as exc:
            log.warning("The structured part in %s stays unusable: %s", request.step, exc)


def _unfinished(answer: Answer, ending: Ending) -> ModelFailure | None:
    """Return the failure if the team could not read a whole reply."""
    if ending.finish == "content_filter":
        return ModelFailure(Kind.FILTERED)
    if ending.finish in ("", "length") and answer.text and not answer.is_text_whole:
        return ModelFailure(Kind.LENGTH if ending.finish else Kind.CUT)
    return None if answer.text else ModelFailure(Kind.EMPTY)
