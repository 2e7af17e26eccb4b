"""
An interview: its text, who said which part of it, and who asked the questions.

The text never changes once it was read. A quote is a span of it, so that it stands there to the letter.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, NamedTuple

from lib.workshop.interviews.sentences import spans

#: Share of a speaker's sentences that are questions, from which on the speaker seems to interview.
_ASKS = 0.4

#: Labels that people give to who asks, in the languages of the app.
_ASKING = frozenset(
    "q question frage pregunta interviewer interviewerin moderator moderatorin moderadora "
    "moderateur modérateur entrevistador entrevistadora intervieweur intervieweuse".split()
)


@dataclass(frozen=True)
class Turn:
    """What one speaker said at a stretch: a span of the interview's text."""

    speaker: str
    start: int
    end: int
    #: Where in the text which time of the recording was reached: pairs of offset and "00:12:31".
    times: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Sentence:
    """One sentence somebody said: a span of the interview's text."""

    start: int
    end: int
    speaker: str
    #: When it was said, "00:12:31", or empty.
    time: str = ""


@dataclass(frozen=True)
class Interview:
    """What was said, in order."""

    #: What the team calls it, such as the name of the file.
    name: str
    text: str
    turns: tuple[Turn, ...]
    #: Speakers who ask the questions: nothing they say is a finding.
    asking: frozenset[str] = frozenset()
    #: Names the team gave to speakers, by the name in the text.
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def speakers(self) -> list[str]:
        """Return everybody who speaks, as the text names them, in order of appearance."""
        return list(dict.fromkeys(each.speaker for each in self.turns))

    def shown(self, speaker: str) -> str:
        """Return what a speaker is called: by the team, or in the text."""
        return self.names.get(speaker) or speaker

    def sentences(self) -> Iterator[Sentence]:
        """Yield every sentence, also of those who ask, in order."""
        for turn in self.turns:
            for start, end in spans(self.text, turn.start, turn.end):
                reached = bisect_right(turn.times, start, key=itemgetter(0))
                time = turn.times[reached - 1][1] if reached else ""
                yield Sentence(start, end, turn.speaker, time)

    def answers(self) -> Iterator[Sentence]:
        """Yield the sentences of those who were interviewed."""
        return (each for each in self.sentences() if each.speaker not in self.asking)

    def quote(self, sentence: Sentence) -> str:
        """Return the words of a span, as they stand in the text."""
        return self.text[sentence.start : sentence.end]

    def finding(self, sentence: Sentence) -> dict[str, str]:
        """Return a sentence as an entry of the research artifact, with where it comes from."""
        quote = self.quote(sentence)
        where = f"{self.name}, {sentence.time}" if sentence.time else self.name
        found = {"finding": quote, "quote": quote, "origin": where}
        source = self.shown(sentence.speaker)
        return found | {"source": source} if source else found


class InterviewTitle(NamedTuple):
    """What a list shows of an interview."""

    id: str
    name: str
    #: The name of the member who brought it.
    author: str


@dataclass(frozen=True)
class StoredInterview:
    """An interview a team keeps with its step."""

    #: Minted by the browser that brought it.
    id: str
    #: The name of the member who brought it.
    author: str
    interview: Interview
    #: Grows with every change of who is called what, and of who asks.
    revision: int = 1
    #: Place in the list, from 1; given by the store.
    position: int = 0


class Said(NamedTuple):
    """What one speaker said at a stretch, before the text is put together."""

    speaker: str
    words: str
    #: Where in these words which time of the recording was reached.
    times: tuple[tuple[int, str], ...] = ()


def composed(name: str, said: Iterable[Said]) -> Interview:
    """Return the interview in which people said this, one after the other."""
    text: list[str] = []
    turns: list[Turn] = []
    length = 0
    for speaker, words, times in said:
        lead = ("\n\n" if turns else "") + (f"{speaker}: " if speaker else "")
        start = length + len(lead)
        length = start + len(words)
        text += [lead, words]
        turns.append(Turn(speaker, start, length, tuple((start + at, time) for at, time in times)))
    return Interview(name, "".join(text), tuple(turns))


def as_json(interview: Interview) -> dict[str, Any]:
    """
    Return an interview as plain data; `from_json` reads it.

    Each turn has its words, and no span of a text: a redaction may change their length.
    """
    return {
        "name": interview.name,
        "turns": [
            [
                each.speaker,
                interview.text[each.start : each.end],
                [[place - each.start, time] for place, time in each.times],
            ]
            for each in interview.turns
        ],
        "asking": sorted(interview.asking),
        "names": dict(interview.names),
    }


def from_json(data: Mapping[str, Any]) -> Interview:
    """Return what `as_json` wrote."""
    said = (
        Said(speaker, words, tuple((place, time) for place, time in times))
        for speaker, words, times in data["turns"]
    )
    whole = composed(data["name"], said)
    return replace(whole, asking=frozenset(data["asking"]), names=data["names"])


def who_asks(interview: Interview) -> frozenset[str]:
    """
    Return who seems to ask the questions: by their label, or because most of what they say are questions.

    If everybody asks, nobody is taken for the interviewer.
    """
    said: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for each in interview.sentences():
        said[each.speaker] += 1
        asked[each.speaker] += interview.quote(each).rstrip("\"'”»’ ").endswith(("?", "？", "؟"))
    asking = {
        each
        for each in interview.speakers
        if each.casefold().strip(". ") in _ASKING
        or (said[each] and asked[each] / said[each] >= _ASKS)
    }
    return frozenset() if asking == set(interview.speakers) else frozenset(asking)


def with_who_asks(interview: Interview) -> Interview:
    """Return *interview* with the speakers who seem to ask."""
    return replace(interview, asking=who_asks(interview))
