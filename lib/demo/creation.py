"""
Creates the demo through the use cases of any workshop, with back-dated times.

The afternoon ends now, so that the review looks live: one team has just begun, another has been
silent for a while.
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
from lib.workshop.transcript import Role

#: The prefix of every demo's id, which survives renaming.
MARK = "de300000-"

TITLE = story_.load().title

#: Called with the share of the demo that is done, from 0 to 1.
Progress = Callable[[float], None]

_one_at_a_time = threading.Lock()


def _ignore(share: float) -> None:
    """Report no progress."""


def open_or_create(
    store: Store,
    drafts: Drafts,
    now: datetime,
    progress: Progress = _ignore,
    owner: str = "",
) -> Workshop:
    """
    Return the newest demo of *owner*, or create one that ends *now*.

    A demo whose creation was interrupted does not count. Raises StoreError.
    """
    story = story_.load()
    with _one_at_a_time:
        for workshop in store.workshops():
            is_theirs = is_demo(workshop) and workshop.owner == owner
            if is_theirs and _is_whole(store, story, workshop):
                return workshop
        return _create(store, drafts, story, now, progress, owner=owner)


def is_demo(workshop: Workshop) -> bool:
    """Whether *workshop* was created as a demo."""
    return workshop.id.startswith(MARK)


def _is_whole(store: Store, story: Story, workshop: Workshop) -> bool:
    """Whether the last act was stored; its messages stay even after a reset."""
    last = story.acts[-1]
    team = next((each for each in store.teams(workshop.id) if each.name == last.team), None)
    # If that team was removed, the demo was complete before.
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
    """Plays the acts of the story into the store."""

    store: Store
    drafts: Drafts
    workshop: Workshop

    def reopen(self, team: Team, act: Act, at: datetime) -> None:
        """Revise the step as the first speaker of the act."""
        key, actor = team.step_key(act.step), act.says[0][0]
        reopening.revise(self.store, self.drafts, key, actor=actor, at=at)

    def play(self, team: Team, act: Act, at: datetime) -> None:
        """Store the messages of an act, its draft and its end."""
        key = team.step_key(act.step)
        base = self.drafts.current(key)
        conversation = talk(key, act, self.workshop.created_at, self._request(team, act, base))
        # A step that stays open is silent since its last message, not since the act's end.
        with backdating.dated(conversation.messages[-1].created_at):
            placed = {each.id: each for each in self.store.append(key, conversation.begun)}
            proposed, phase = conversation.proposal.draft, conversation.proposal.phase
            said = [each for each in conversation.messages if each.role is Role.USER]
            ended = conversation.ended(placed)
            self.drafts.note_reply(key, ended, base, proposed, phase, questions=said)
            self.drafts.flush(team.key)
        if act.end == "confirm":
            actor = act.says[-1][0]
            confirm.confirm(self.store, self.drafts, key, actor=actor, at=at)

    def _request(self, team: Team, act: Act, base: Draft) -> Request:
        key = team.step_key(act.step)
        transcript, made_from = self.store.messages(key), upstream_artifacts(self.store, key)
        challenge = self.workshop.challenge
        return Request(
            act.step, base.phase, transcript, base.fields, made_from, challenge, team.name
        )


_Play = Callable[[_Stage, Team, Act, datetime], None]


def _in_order(story: Story) -> Iterator[tuple[int, Act, _Play]]:
    """Yield each reopening and each act with its minute, in order."""
    reopened = [(act.begins, act, _Stage.reopen) for act in story.acts if act.is_revision]
    over = [(act.ends, act, _Stage.play) for act in story.acts]
    yield from sorted([*reopened, *over], key=lambda moment: moment[0])
