"""
What went wrong, told from a history alone: free of servers, sockets and clocks.

Each finding belongs to one column of the table. A history without a fault in it gives none.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from itertools import pairwise
from typing import Any, NamedTuple

from faults.history import Bubble, Edit, History, Look, Place, Row, Screen, Sent
from lib.team.working_copy import WINDOW
from lib.ui.components import bubbles
from lib.workshop.ids import reply_id
from lib.workshop.transcript import MessageStatus, Role

#: The columns that must be 0, in the table's order.
COLUMNS = (
    "lost",
    "doubled",
    "truncated",
    "reordered",
    "stale overwrites",
    "never-ending",
    "without a right",
)


class Finding(NamedTuple):
    """One thing that went wrong."""

    column: str
    place: Place
    what: str


def check(history: History) -> list[Finding]:
    """Return everything that went wrong, each once."""
    found: dict[Finding, None] = {}
    for rule in _RULES:
        found |= dict.fromkeys(rule(history))
    return list(found)


def counts(history: History, findings: Sequence[Finding]) -> dict[str, int]:
    """Return the table's figures by column."""
    known = Counter(finding.column for finding in findings)
    acknowledged = sum(each.acknowledged_at is not None for each in history.sent.values())
    edited = sum(each.acknowledged_at is not None for each in history.edits)
    first = {"trials": history.trials, "messages acknowledged": acknowledged}
    if history.edits:
        first["edits acknowledged"] = edited
    done = {
        "conflicts settled": len(history.settled),
        "started over": len(history.restarts),
        "given back": sum(each.undone for each in history.restarts),
        "links replaced": len(history.revoked) - len(history.without_another),
        "links revoked": len(history.without_another),
    }
    first |= {name: number for name, number in done.items() if number}
    return first | {column: known[column] for column in COLUMNS}


# Messages people sent


def _messages(history: History) -> Iterator[Finding]:
    """Each is stored as it was sent, once, in its own step."""
    stored = {row.id: (place, row) for place, end in history.end.items() for row in end.rows}
    for sent in history.sent.values():
        place, row = stored.get(sent.id, (None, None))
        if row is None and sent.acknowledged_at is not None:
            yield Finding("lost", sent.place, f"acknowledged, not stored: {_short(sent.text)}")
        elif sent.acknowledged_at is None and not sent.abandoned:
            yield Finding("never-ending", sent.place, f"never acknowledged: {_short(sent.text)}")
        if row is not None and (row.text != sent.text or place != sent.place):
            yield Finding("truncated", sent.place, f"not what was sent: {_short(sent.text)}")
    for place, end in history.end.items():
        said = Counter(row.text for row in end.rows if row.role is Role.USER)
        for text, times in said.items():
            if times > 1:
                yield Finding("doubled", place, f"{times} times: {_short(text)}")


def _is_late(history: History, what: Sent | Edit) -> bool:
    """Whether something was sent when its link was known to open nothing any more."""
    return what.sent_at > history.revoked.get(what.link, math.inf)


def _order(history: History) -> Iterator[Finding]:
    """What a person sent first stands first, in one conversation or in an earlier one."""
    places = {row.id: (row.era, row.position) for end in history.end.values() for row in end.rows}
    # After an undo an older conversation goes on.
    undone = {restart.place for restart in history.restarts if restart.undone}
    mine: dict[tuple[str, Place], list[Sent]] = defaultdict(list)
    for sent in history.sent.values():
        if sent.id in places:
            mine[sent.person, sent.place].append(sent)
    for (_, place), messages in mine.items():
        messages.sort(key=lambda each: each.sent_at)
        for before, after in _promised(messages):
            (one, first), (other, second) = places[before.id], places[after.id]
            if (one, first) > (other, second) and (one == other or place not in undone):
                what = f"{_short(after.text)} before {_short(before.text)}"
                yield Finding("reordered", place, what)


def _questions(history: History) -> Iterator[Finding]:
    """A reply stands behind its question."""
    for place, end in history.end.items():
        places = {row.id: (row.era, row.position) for row in end.rows}
        for row in end.rows:
            here = row.era, row.position
            if row.role is Role.USER and places.get(reply_id(row.id), here) < here:
                yield Finding("reordered", place, f"answered before it: {_short(row.text)}")


def _promised(messages: Sequence[Sent]) -> Iterator[tuple[Sent, Sent]]:
    """Yield pairs whose order is promised: of one tab, or the first was known to be stored."""
    for at, before in enumerate(messages):
        for after in messages[at + 1 :]:
            known = before.acknowledged_at is not None and before.acknowledged_at < after.sent_at
            if before.tab == after.tab or known:
                yield before, after


# Replies


def _replies(history: History) -> Iterator[Finding]:
    """Each whole reply is one the guide gave there; the others are the beginning of one."""
    given: dict[tuple[Place, str], list[str]] = defaultdict(list)
    for streamed in history.streamed:
        given[streamed.place, streamed.turn].append(streamed.text)
    for place, end in history.end.items():
        for era in sorted({row.era for row in end.rows}):
            rows = [row for row in end.rows if row.era == era]
            yield from _conversation(place, rows, given, shown=era == end.era)


def _conversation(
    place: Place, rows: Sequence[Row], given: Mapping[tuple[Place, str], list[str]], *, shown: bool
) -> Iterator[Finding]:
    before: Row | None = None
    for row in rows:
        if row.role is Role.ASSISTANT:
            yield from _reply(
                place, row, before, given.get((place, before.id if before else ""), [])
            )
        before = row
    # What was not answered when its step was started over is archived as it was.
    if shown and before is not None and before.role is Role.USER:
        yield Finding("never-ending", place, f"never answered: {_short(before.text)}")
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        yield Finding("lost", place, "a position of the conversation holds no message")


def _reply(place: Place, row: Row, before: Row | None, texts: list[str]) -> Iterator[Finding]:
    if before is not None and before.role is Role.ASSISTANT:
        yield Finding("doubled", place, f"a second reply to one question: {_short(row.text)}")
    if row.status is MessageStatus.STREAMING:
        yield Finding("never-ending", place, f"nobody writes it: {_short(row.text)!r}")
    elif row.status is MessageStatus.COMPLETE and row.text not in texts:
        yield Finding("truncated", place, f"whole, and not what was streamed: {_short(row.text)}")
    elif not any(text.startswith(row.text) for text in ["", *texts]):
        yield Finding("truncated", place, f"no beginning of what was streamed: {_short(row.text)}")


# What was on screen


def _screens(history: History) -> Iterator[Finding]:
    """No page ever showed a message twice, in another order, cut or with words nobody said."""
    places = {row.id: (row.era, row.position) for end in history.end.values() for row in end.rows}
    by_html = {bubbles.plain(sent.text): sent for sent in history.sent.values()}
    spoken: dict[Place, list[str]] = defaultdict(list)
    for streamed in history.streamed:
        spoken[streamed.place].append(_letters(streamed.text))
    seen: set[tuple[Place, Bubble]] = set()
    for screen in history.screens:
        yield from _sequence(screen, by_html, places)
        for bubble in screen.bubbles:
            if (screen.place, bubble) not in seen:
                seen.add((screen.place, bubble))
                yield from _bubble(screen.place, bubble, by_html, spoken[screen.place])


def _bubble(
    place: Place, bubble: Bubble, by_html: dict[str, Sent], spoken: list[str]
) -> Iterator[Finding]:
    if bubble.role == Role.USER.value:
        if bubble.said not in by_html:
            yield Finding("truncated", place, f"shown, never sent: {_short(bubble.said)}")
        return
    letters = _letters(_text(bubble.said))
    # Of a reply that was interrupted before its first word nothing was ever streamed.
    if (
        letters
        and not bubble.said.count("The guide is thinking")
        and not any(text.startswith(letters) for text in spoken)
    ):
        yield Finding("truncated", place, f"shown, never streamed: {_short(bubble.said)}")


def _sequence(
    screen: Screen, by_html: dict[str, Sent], places: dict[str, tuple[int, int]]
) -> Iterator[Finding]:
    shown = [by_html[each.said] for each in screen.bubbles if each.said in by_html]
    for before, after in pairwise(shown):
        if before.id == after.id:
            yield Finding("doubled", screen.place, f"shown twice: {_short(after.text)}")
        elif places.get(before.id, (0, 0)) > places.get(after.id, (1 << 60, 0)):
            what = f"shown in another order than stored: {_short(after.text)}"
            yield Finding("reordered", screen.place, what)


def _last_screens(history: History) -> Iterator[Finding]:
    """In the end everybody sees what is stored, all of it and nothing else."""
    for screen in history.last_screens:
        end = history.end[screen.place]
        rows = [row for row in end.rows if row.era == end.era][-WINDOW:]
        stored = Counter(map(_shown, rows))
        shown = Counter((each.role, each.said.strip()) for each in screen.bubbles)
        for (_, said), _times in (stored - shown).items():
            yield Finding("lost", screen.place, f"stored, not shown to the last: {_short(said)}")
        for (_, said), _times in (shown - stored).items():
            column = "doubled" if stored[_, said] else "truncated"
            yield Finding(column, screen.place, f"shown to the last, not stored: {_short(said)}")
        ordered = [_shown(row) for row in rows]
        if stored == shown and ordered != [(b.role, b.said.strip()) for b in screen.bubbles]:
            yield Finding("reordered", screen.place, f"the last screen of {screen.person}")


def _shown(row: Row) -> tuple[str, str]:
    said = bubbles.plain(row.text) if row.role is Role.USER else bubbles.markdown(row.text)
    return row.role.value, said.strip()


# What was stored, looked at again and again


def _overwritten(history: History) -> Iterator[Finding]:
    """Nothing stored ever became older, shorter once whole, or went away."""
    known: dict[tuple[Place, str], Row] = {}
    revisions: dict[Place, tuple[int, int]] = {}
    ends = history.end.values()
    for look in [*history.looks, *ends]:
        now = look.epoch, look.draft_revision
        if now < revisions.get(look.place, (0, 0)):
            yield Finding("stale overwrites", look.place, "the draft went back a revision")
        revisions[look.place] = now
        present = {row.id for row in look.rows}
        for (place, id_), before in list(known.items()):
            if place == look.place and id_ not in present:
                yield Finding("lost", place, f"was stored, is not: {_short(before.text)}")
        for row in look.rows:
            before_ = known.get((look.place, row.id))
            if before_ is not None:
                yield from _changed(look.place, before_, row)
            known[look.place, row.id] = row


def _changed(place: Place, before: Row, after: Row) -> Iterator[Finding]:
    whole = before.status is MessageStatus.COMPLETE
    if after.revision < before.revision or (whole and after != before):
        what = f"revision {before.revision} ({before.status}) became {after.revision}"
        yield Finding("stale overwrites", place, f"{what}: {_short(before.text)}")
    elif len(after.text) < len(before.text) and after.status is not MessageStatus.COMPLETE:
        yield Finding("stale overwrites", place, f"became shorter: {_short(before.text)}")
    if after.position != before.position:
        yield Finding("reordered", place, f"was moved: {_short(after.text)}")


# Drafts


def _edits(history: History) -> Iterator[Finding]:
    """What was acknowledged is in the draft, set aside, or was changed by somebody who knew it."""
    for edit in history.edits:
        if edit.acknowledged_at is None:
            if not edit.abandoned:
                yield Finding("never-ending", edit.place, f"never acknowledged: {edit.value}")
        elif edit.added or edit.removed:
            continue
        elif not _kept(history, edit, history.end[edit.place]):
            column = "stale overwrites" if _older(history, edit) else "lost"
            yield Finding(column, edit.place, f"{edit.field}: {_short(edit.value)}")


def _entries(history: History) -> Iterator[Finding]:
    """An entry somebody added to a list is there once, kept beside it, or was taken out knowingly."""
    for edit in history.edits:
        if not edit.added:
            continue
        end = history.end[edit.place]
        times = str(end.draft.get(edit.field, "")).count(f"'{edit.added}'")
        if times > 1:
            yield Finding("doubled", edit.place, f"{times} times in {edit.field}: {edit.added}")
        elif not times and edit.acknowledged_at is not None and not _put_away(history, edit):
            yield Finding("lost", edit.place, f"an entry of {edit.field}: {edit.added}")


def _put_away(history: History, edit: Edit) -> bool:
    """Whether an entry that is not in its list is kept somewhere, or somebody did not want it."""
    name = f"'{edit.added}'"
    here = [each for each in history.edits if each.place == edit.place]
    settled = [text for each in history.settled if each.place == edit.place for text in each.values]
    return (
        any(name in text for text in (*history.end[edit.place].aside, *settled))
        or any(edit.added == other.removed for other in here)
        or any(
            name in str(each.knew.get(edit.field)) and name not in str(each.proposed)
            for each in history.streamed
            if each.place == edit.place
        )
    )


def _rights(history: History) -> Iterator[Finding]:
    """A link that was replaced or revoked opens nothing, and what is sent with it is stored nowhere."""
    for tried in history.tried_links.values():
        if tried.opened or not tried.refused:
            yield Finding(
                "without a right", tried.place, "a link that was taken away is not refused"
            )
    stored = {row.id for end in history.end.values() for row in end.rows}
    for sent in history.sent.values():
        if sent.id in stored and _is_late(history, sent):
            yield Finding("without a right", sent.place, f"sent too late: {_short(sent.text)}")
    for edit in history.edits:
        end = history.end[edit.place]
        own = edit.added or (
            edit.value if isinstance(edit.value, str) and "[" in edit.value else ""
        )
        held = (*map(str, end.draft.values()), *end.aside)
        if own and _is_late(history, edit) and any(own in each for each in held):
            yield Finding("without a right", edit.place, f"typed too late: {_short(own)}")


def _restarts(history: History) -> Iterator[Finding]:
    """What a step held when it was started over is archived; after an undo it is there again."""
    for restart in history.restarts:
        end = history.end[restart.place]
        before = [
            row.id
            for look in history.looks
            if look.place == restart.place
            for row in look.rows
            if row.era == restart.era
        ]
        archived = {row.id for row in end.rows if row.era == restart.era}
        if set(before) - archived:
            yield Finding("lost", restart.place, "what was started over is not archived whole")
        if restart.last and restart.undone and end.era != restart.era:
            yield Finding("lost", restart.place, "what was given back is not there again")
        if restart.last and not restart.undone and end.era <= restart.era:
            yield Finding("stale overwrites", restart.place, "what was started over came back")


def _kept(history: History, edit: Edit, end: Look) -> bool:
    """
    Whether an edit's words are there, or have been followed by what was made from them.

    One walk from value to value: each edit that knew a value, and each reply of the guide that was
    given it, leads on to the next. An edit need not be confirmed for that: where its tab was closed
    before, it may have been stored all the same.
    """
    reached, todo = set[str](), [edit.value]
    archived = [each.draft for each in history.restarts if each.place == edit.place]
    settled = [
        text
        for each in history.settled
        if (each.place, each.field) == (edit.place, edit.field)
        for text in each.values
    ]
    while todo:
        value = todo.pop()
        if value in reached:
            continue
        reached.add(value)
        drafts = (end.draft, *archived)
        beside = (*end.aside, *settled)
        if any(_same(each.get(edit.field), value) for each in drafts):
            return True
        # What somebody has seen, and discarded, they did not want.
        if any(value in each for each in beside):
            return True
        todo += _followers(history, edit, value)
    return False


def _followers(history: History, edit: Edit, value: str) -> list[str]:
    follows = [
        other.value
        for other in history.edits
        if (other.place, other.field) == (edit.place, edit.field)
        and (
            _same(other.was, value)
            or (
                other.writer == edit.writer
                and value == edit.value
                and other.revision > edit.revision
            )
        )
    ]
    given = [
        str(each.proposed.get(edit.field, ""))
        for each in history.streamed
        if each.place == edit.place and _same(each.knew.get(edit.field), value)
    ]
    return [*follows, *given]


def _older(history: History, edit: Edit) -> bool:
    """Whether the field holds what somebody gave it before this edit."""
    now = history.end[edit.place].draft.get(edit.field)
    return any(
        other.sent_at < edit.sent_at and _same(now, other.value)
        for other in history.edits
        if (other.place, other.field) == (edit.place, edit.field)
    )


def _same(held: Any, value: str) -> bool:
    return held is not None and str(held) == value


_RULES: tuple[Callable[[History], Iterator[Finding]], ...] = (
    _messages,
    _order,
    _questions,
    _replies,
    _screens,
    _last_screens,
    _overwritten,
    _edits,
    _entries,
    _rights,
    _restarts,
)


# Reading what a page drew


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def _letters(text: str) -> str:
    """Return the letters of a text: what Markdown and HTML have in common."""
    return "".join(each for each in text if each.isalpha())


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:28]} … {flat[-28:]}"
