"""
The ways a model fails: a kind and a sentence for the team each.

    GuideError
    └── ModelFailure      a model did not answer, or not to the end; `kind` says how
"""

import re
from enum import StrEnum

import openai

from lib.guide.port import GuideError


class Kind(StrEnum):
    """How a model failed."""

    #: The key was refused.
    WRONG_KEY = "wrong_key"
    #: The server does not know the model, or the address is not that of a guide.
    UNKNOWN_MODEL = "unknown_model"
    #: No server answers at the address.
    REFUSED = "refused"
    #: Nothing came in time.
    SLOW = "slow"
    #: It fell silent in mid-reply.
    STALLED = "stalled"
    #: The connection broke in mid-reply.
    CUT = "cut"
    #: The provider's filter stepped in.
    FILTERED = "filtered"
    #: An answer without a word for the team.
    EMPTY = "empty"
    #: It wrote more than anybody reads.
    ENDLESS = "endless"
    #: It reached its output limit.
    LENGTH = "length"
    #: Too many requests.
    RATE_LIMIT = "rate_limit"
    #: Nothing left to pay with.
    NO_CREDIT = "no_credit"
    #: The conversation does not fit into the model.
    TOO_LONG = "too_long"
    #: The server has trouble of its own.
    TROUBLE = "trouble"
    #: What came is no answer by the protocol.
    NONSENSE = "nonsense"


_KEPT = "What it wrote is kept; press Retry to have it go on with your message."
_SAVED = "Your message is saved; press Retry in a moment."
_SETUP = "Your message is saved. Please tell your facilitator"

#: What the team reads. {wait} is how long to wait.
SENTENCES = {
    Kind.WRONG_KEY: f"The guide's key was refused. {_SETUP}: the key needs a look.",
    Kind.UNKNOWN_MODEL: f"The guide's model is unknown at its address. {_SETUP}.",
    Kind.REFUSED: f"The guide cannot be reached right now. {_SAVED}",
    Kind.SLOW: f"The guide took too long to answer. {_SAVED}",
    Kind.STALLED: f"The guide fell silent in the middle of its reply. {_KEPT}",
    Kind.CUT: f"The connection to the guide broke in the middle of its reply. {_KEPT}",
    Kind.FILTERED: "The guide's provider filtered this reply. Please put your message in other "
    "words; it is saved.",
    Kind.EMPTY: f"The guide's reply was empty. {_SAVED}",
    Kind.ENDLESS: "The guide did not come to an end and was stopped. What it wrote is kept; "
    "press Retry to ask it again.",
    Kind.LENGTH: "The guide's reply was cut off at the most it may write. What it wrote is kept; "
    "press Retry to ask it again.",
    Kind.RATE_LIMIT: "The guide has too much to do right now. Your message is saved; "
    "press Retry in {wait}.",
    Kind.NO_CREDIT: f"The guide's account is used up. {_SETUP}.",
    Kind.TOO_LONG: f"The conversation has become too long for the guide's model. {_SETUP}.",
    Kind.TROUBLE: f"The guide's server has trouble right now. {_SAVED}",
    Kind.NONSENSE: f"The guide's server gave no answer that can be read. {_SETUP}.",
}


class ModelFailure(GuideError):
    """A model did not answer, or not to the end."""

    def __init__(self, kind: Kind, wait: float | None = None) -> None:
        """*wait* is how long the server asks to be left alone, in seconds."""
        super().__init__(SENTENCES[kind].replace("{wait}", _spoken(wait)))
        self.kind = kind


def _spoken(wait: float | None) -> str:
    if wait is None or wait <= 0:
        return "a moment"
    if wait < 90:
        return f"{max(1, round(wait))} seconds"
    return f"{round(wait / 60)} minutes"


def kind_of(exc: Exception, *, begun: bool) -> Kind:
    """Return what *exc*, from the client, means; *begun* says whether a reply had begun."""
    if isinstance(exc, ModelFailure):
        return exc.kind
    if isinstance(exc, openai.APITimeoutError):
        return Kind.STALLED if begun else Kind.SLOW
    if isinstance(exc, openai.APIConnectionError):
        return Kind.CUT if begun else Kind.REFUSED
    if isinstance(exc, openai.APIStatusError):
        return _of_status(exc)
    # An error that a server puts into a stream has no status.
    if isinstance(exc, openai.APIError) and not isinstance(exc, openai.APIResponseValidationError):
        return _by_words(exc) or Kind.TROUBLE
    return Kind.NONSENSE


def _of_status(exc: openai.APIStatusError) -> Kind:
    if exc.status_code in (401, 403):
        return Kind.WRONG_KEY
    if exc.status_code == 404:
        return Kind.UNKNOWN_MODEL
    if exc.status_code == 429:
        return Kind.NO_CREDIT if exc.code == "insufficient_quota" else Kind.RATE_LIMIT
    if exc.status_code >= 500 or exc.status_code == 408:
        return Kind.TROUBLE
    return _by_words(exc) or Kind.NONSENSE


#: Servers agree on little where they refuse a request; these words are what they share.
_WORDS = (
    (Kind.FILTERED, re.compile(r"content[_ ](?:filter|policy|management)|safety", re.I)),
    (
        Kind.TOO_LONG,
        re.compile(r"context[_ ](?:length|window)|maximum context|too many tokens", re.I),
    ),
    (Kind.WRONG_KEY, re.compile(r"api[_ -]?key", re.I)),
    (
        Kind.UNKNOWN_MODEL,
        re.compile(
            r"\A(?>.*?model\b).*?\b(?:not (?:exist|found)|unknown|invalid)", re.I | re.DOTALL
        ),
    ),
    (Kind.RATE_LIMIT, re.compile(r"rate[_ ]limit|too many requests|overloaded", re.I)),
)


def _by_words(exc: openai.APIError) -> Kind | None:
    text = f"{exc.code or ''} {exc.message}"[:2_000]
    return next((kind for kind, words in _WORDS if words.search(text)), None)
