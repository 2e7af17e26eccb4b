"""
Reads an interview out of a file or a pasted text: VTT, SRT, Word, plain text and tables.

One reader takes subtitles, the transcripts of the common meeting tools and plain notes alike, line by line,
because what is pasted has often lost its blank lines, its header or its numbers, and is no valid VTT
any more. Every pattern is linear.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from lib.workshop.interviews.interview import Interview, Said, composed, with_who_asks

_TIME = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?"
_CUE = re.compile(rf"^\s*({_TIME})\s*-->\s*{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,80})?\s+([^>]{1,80})>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
#: "[10:02:33] Ada:", "10:02:33 From Ada to Everyone:" before what is said.
_TIME_FIRST = re.compile(rf"^\s*[\[(]?({_TIME})[\])]?\s*(?:[-–—|]\s*)?(?=\D|$)")
#: "Ada (10:02):", "Ada 0:03", "Ada Lovelace [00:03:11]" before what is said.
_TIME_AFTER = re.compile(rf"^([^\d\n:]{{1,60}}?)\s+[\[(]?({_TIME})[\])]?\s*(?::\s*|$)")
_LABEL = re.compile(r"^\s*(?:[-*•]\s*)?\**([^\W\d_][^:：\n]{0,59}?)\**\s*[:：]\**(?![/\d])\s*")
_FROM = re.compile(r"^From\s+(.+?)(?:\s+to\s+.+)?$", re.IGNORECASE)
_HEADER = re.compile(r"^(?:WEBVTT\b|(?:NOTE|STYLE|REGION)\b|(?:Kind|Language):)")
#: Words of a name; a longer label is the beginning of a sentence.
_NAME_WORDS = 5


class _Piece(NamedTuple):
    """What one line or row adds."""

    speaker: str
    time: str
    words: str


def read_text(name: str, text: str) -> Interview:
    """
    Return the interview in *text*: subtitles, a meeting tool's transcript, or notes with names before colons.

    >>> interview = read_text("a.vtt", "WEBVTT\\n\\n00:01.000 --> 00:02.000\\n<v Ada>I wait.</v>")
    >>> [interview.finding(each) for each in interview.answers()]
    [{'finding': 'I wait.', 'quote': 'I wait.', 'origin': 'a.vtt, 00:01', 'source': 'Ada'}]
    """
    return _built(name, _pieces(text.splitlines()))


def read_rows(
    name: str, rows: Iterable[Sequence[str]], text: int, speaker: int = -1, time: int = -1
) -> Interview:
    """Return the interview in a table; the columns count from 0, and -1 means that there is none."""

    def cell(row: Sequence[str], at: int) -> str:
        return row[at].strip() if 0 <= at < len(row) else ""

    pieces = [_Piece(cell(row, speaker), cell(row, time), cell(row, text)) for row in rows]
    return _built(name, (each for each in pieces if each.words))


def _pieces(lines: Sequence[str]) -> Iterator[_Piece]:
    """Yield what each line adds, with its speaker as far as the line names one."""
    is_subtitles = any(_CUE.match(line) for line in lines)
    names_alone = _names_on_lines(lines) if is_subtitles else frozenset()
    in_header, time, speaker, last = False, "", "", ""
    for place, raw in enumerate(lines):
        line = raw.strip().lstrip("\ufeff")
        if found := _CUE.match(line):
            in_header, time, speaker = False, _shown(found[1]), speaker if is_subtitles else ""
            continue
        if not line or _HEADER.match(line):
            in_header = bool(line)
            continue
        if in_header or _is_cue_number(lines, place):
            continue
        if line in names_alone and _CUE.match(lines[place - 1] if place else ""):
            speaker = line
            continue
        read = _read_line(line)
        speaker = read.speaker or speaker
        words = read.words
        # Rolling captions repeat the line before.
        if words and not (is_subtitles and words == last):
            yield _Piece(speaker, read.time or time, words)
        last, time = words, read.time or time


def _read_line(line: str) -> _Piece:
    """Return who speaks in a line and when, as far as it says so, and the rest of it."""
    time = speaker = ""
    if voice := _VOICE.search(line):
        speaker = voice[1].strip()
    line = _TAG.sub("", line)
    if found := _TIME_FIRST.match(line):
        time, line = _shown(found[1]), line[found.end() :]
    elif (found := _TIME_AFTER.match(line)) and _is_name(found[1]):
        return _Piece(found[1].strip(" *"), _shown(found[2]), line[found.end() :].strip())
    if not speaker and (found := _LABEL.match(line)):
        label = found[1].strip()
        sent = _FROM.match(label)
        if _is_name(sent[1] if sent else label):
            speaker, line = (sent[1] if sent else label), line[found.end() :]
    return _Piece(speaker, time, line.strip())


def _is_name(label: str) -> bool:
    words = label.split()
    return 0 < len(words) <= _NAME_WORDS and not any(mark in label for mark in '.!?;"“”«»')


def _built(name: str, pieces: Iterable[_Piece]) -> Interview:
    """Put pieces of one speaker together into turns, and the turns into an interview."""
    said = (_turn(speaker, list(each)) for speaker, each in groupby(pieces, lambda p: p.speaker))
    return with_who_asks(composed(name, said))


def _turn(speaker: str, pieces: Sequence[_Piece]) -> Said:
    words: list[str] = []
    times: list[tuple[int, str]] = []
    length = 0
    for each in pieces:
        if each.time and (not times or times[-1][1] != each.time):
            times.append((length, each.time))
        words.append(each.words)
        length += len(each.words) + 1
    return Said(speaker, " ".join(words), tuple(times))


def _shown(time: str) -> str:
    """Return a time without fractions of a second."""
    return re.split(r"[.,]", time)[0]


def _is_cue_number(lines: Sequence[str], place: int) -> bool:
    """Whether a line is the number or the id of the cue that begins on the next one."""
    following = lines[place + 1] if place + 1 < len(lines) else ""
    line = lines[place].strip()
    return bool(_CUE.match(following)) and (line.isdigit() or " " not in line)


def _names_on_lines(lines: Sequence[str]) -> frozenset[str]:
    """Return what stands alone on the first line of several cues: some tools put the speaker there."""
    first = [
        lines[place + 1].strip()
        for place, line in enumerate(lines[:-2])
        if _CUE.match(line) and lines[place + 2].strip()
    ]
    often = Counter(each for each in first if each and _is_name(each) and ":" not in each)
    return frozenset(each for each, number in often.items() if number > 1)
