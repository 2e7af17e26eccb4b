"""
Making the demo, through the functions every workshop is made with, at the times it tells of.

The afternoon ends the moment it is made, so that the room looks as a facilitator finds it: one team
has just begun, another has said nothing for a while.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.demo import story as story_
from lib.demo.conversation import talk
from lib.demo.story import Act, Story
from lib.guide.port import Request
from lib.store import backdating
from lib.store.port import Store, upstream_artifacts
from lib.team import confirm
from lib.team import reopen as reopening
from lib.team.drafts import Drafts
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Team, Workshop

#: How the id of every demo begins: its mark, whatever it is called later.
MARK = "de300000-"

TITLE = story_.load().title

#: Told what share of the demo is made, from 0 to 1.
Progress = Callable[[float], None]

_one_at_a_time = threading.Lock()


def _tell_nobody(share: float) -> None:
    """Make the demo without a word."""


def open_or_create(
    store: Store,
    drafts: Drafts,
    now: datetime,
    progress: Progress = _tell_nobody,
    owner: str = "",
) -> Workshop:
    """
    Return the demo of somebody, or of the house: the newest there is, however it was changed since,
    else one made *now*.

    One that was broken off while it was made does not count. Raises StoreError.
    """
    story = story_.load()
    with _one_at_a_time:
        for workshop in store.workshops():
            is_theirs = is_demo(workshop) and workshop.owner == owner
            if is_theirs and _is_whole(store, story, workshop):
                return workshop
        return _create(store, drafts, story, now, progress, owner=owner)


def is_demo(workshop: Workshop) -> bool:
    """Whether *workshop* was made as the demo, whatever became of it since."""
    return workshop.id.startswith(MARK)


def _is_whole(store: Store, story: Story, workshop: Workshop) -> bool:
    """Whether what is told last was stored; messages stay, also where their step was reset."""
    last = story.acts[-1]
    team = next((each for each in store.teams(workshop.id) if each.name == last.team), None)
    # Whoever has taken that team out has had a whole demo before them.
    return team is None or bool(store.messages(team.step_key(last.step), last=1, era=0))


def _create(
    store: Store, drafts: Drafts, story: Story, now: datetime, progress: Progress, *, owner: str
) -> Workshop:
    begin = now - timedelta(minutes=story.minutes)
    id_ = MARK + new_id()[len(MARK) :]
    workshop = Workshop(id_, story.title, story.challenge, begin, owner=owner)
    teams = {
        name: Team(workshop.id, new_id(), name, new_link(), place)
        for place, name in enumerate(story.teams, 1)
    }
    store.create_workshop(workshop, list(teams.values()))
    stage = _Stage(store, drafts, workshop)
    for place, (minute, act, play) in enumerate(_in_order(story), 1):
        at = begin + timedelta(minutes=minute)
        with backdating.dated(at):
            play(stage, teams[act.team], act, at)
        progress(place / (len(story.acts) + 1))
    return workshop


@dataclass(frozen=True)
class _Stage:
    """Where the story is played."""

    store: Store
    drafts: Drafts
    workshop: Workshop

    def reopen(self, team: Team, act: Act, at: datetime) -> None:
        """Revise the step, as whoever speaks first in the act."""
        key, actor = team.step_key(act.step), act.says[0][0]
        reopening.revise(self.store, self.drafts, key, actor=actor, at=at)

    def play(self, team: Team, act: Act, at: datetime) -> None:
        """Store what is said in an act, what it comes to, and how it ends."""
        key = team.step_key(act.step)
        base = self.drafts.current(key)
        said = talk(key, act, self.workshop.created_at, self._request(team, act, base))
        # What stays open has been silent since its last word, not since the act was over.
        with backdating.dated(said.messages[-1].created_at):
            placed = {each.id: each for each in self.store.append(key, said.begun)}
            proposed, phase = said.proposal.draft, said.proposal.phase
            self.drafts.note_reply(key, said.ended(placed), base, proposed, phase)
            self.drafts.flush(team.key)
        if act.end == "confirm":
            actor = act.says[-1][0]
            confirm.confirm(self.store, self.drafts, key, actor=actor, at=at)

    def _request(self, team: Team, act: Act, base: Draft) -> Request:
        key = team.step_key(act.step)
        said, made_from = self.store.messages(key), upstream_artifacts(self.store, key)
        challenge = self.workshop.challenge
        return Request(act.step, base.phase, said, base.fields, made_from, challenge, team.name)


_Play = Callable[[_Stage, Team, Act, datetime], None]


def _in_order(story: Story) -> Iterator[tuple[int, Act, _Play]]:
    """Yield when a step is reopened and when an act is over, as the afternoon goes by."""
    reopened = [(act.begins, act, _Stage.reopen) for act in story.acts if act.is_revision]
    over = [(act.ends, act, _Stage.play) for act in story.acts]
    yield from sorted([*reopened, *over], key=lambda moment: moment[0])
