"""
A server of an earlier release at work: run with that release's `lib` in front, in a process of its own.

It opens the database, says so, and goes on when it is told to: meanwhile the database may have been
upgraded. Prints what it did and read as one line of JSON. Uses nothing newer than commit 80463c5, so
it imports modules by the names they had there: leave them as they are when modules are renamed here.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import lib
from lib import completion, reopening
from lib.calls import Call
from lib.guide.scripted import ScriptedGuide
from lib.ids import new_id, new_link
from lib.notes import Closing, Kind, Note
from lib.process import Process, assemble
from lib.settings import Settings
from lib.store import open_store
from lib.transcript import Message, Role
from lib.ways import new_code
from lib.workshop import Aside, Recollection, StepKey, Team, Unsent, Workshop

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def main(url: str) -> None:
    assert Path(lib.__file__).is_relative_to(Path.cwd()), lib.__file__
    store = open_store(url)
    before = started(store, "Begun before")
    process = assemble(Settings(), store, ScriptedGuide(pace=0))
    walked(process, before)
    say("open")
    told = json.loads(sys.stdin.readline())
    during = started(store, "Begun meanwhile")
    theirs = Team(**told["team"])
    for team in (before, during, theirs):
        walked(process, team)
        watched(store, team)
    house(store, told["erase"])
    saved = process.close()
    say({"teams": [[t.workshop_id, t.id, t.link] for t in (before, during)], "saved": saved})


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


def started(store: object, title: str) -> Team:
    workshop = Workshop(new_id(), title, "Half of them leave.", now())
    team = Team(workshop.id, new_id(), "Ladder crew", new_link(), 1)
    store.create_workshop(workshop, [team])
    return team


def walked(process: Process, team: Team) -> None:
    """Send, edit, confirm, revise, take that back, start over, stop, retry and rewrite."""
    store, drafts, key = process.store, process.drafts, team.step_key("challenge")
    if store.steps(team.key)["challenge"].status == "complete":
        reopening.revise(store, drafts, key, actor="Ben", at=now())
    for text in ("New nurses leave within a year.", "The ward managers feel it most."):
        process.replies.ask(key, [Message(new_id(), Role.USER, "Ada", text, now())])
        finished(process, key)
    process.replies.rewrite(key, store.messages(key)[-1])
    finished(process, key)
    drafts.edit(key, "target_user", "nurses")
    store.set_aside(key, Aside("target_user", new_id(), "Ben", "managers", 1))
    store.keep_unsent(key, Unsent(new_id(), "Ada", "And then", 1))
    store.remember(key, 0, Recollection(1, "They talked."))
    store.record_call(Call(team.key, "challenge", new_id(), "m", "h", 1, 1, False, 0.1, "complete"))
    completion.override(store, drafts, key, actor="Ada", at=now(), reason="No time.")
    reopening.revise(store, drafts, key, actor="Ada", at=now())
    reopening.undo(store, drafts, key, actor="Ada", at=now())
    reopening.reset(store, drafts, key, actor="Ada", at=now())
    process.replies.ask(key, [Message(new_id(), Role.USER, "Ada", "Once more.", now())])
    finished(process, key)
    drafts.edit(key, "target_user", "night nurses")
    completion.override(store, drafts, key, actor="Ada", at=now(), reason="No time.")


def finished(process: Process, key: StepKey) -> None:
    end = time.monotonic() + 60
    while process.replies.live(key) is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    process.autosave.flush(key)


def watched(store: object, team: Team) -> None:
    """Read all that a team's page and the facilitator's pages read."""
    key, workshop = team.step_key("challenge"), team.workshop_id
    assert store.team_by_link(team.link).id == team.id
    assert store.fingerprints([(team.link, "challenge")])
    assert store.steps(team.key)["challenge"].status == "complete"
    assert store.draft(key).fields["target_user"] == "night nurses"
    assert store.messages(key)
    assert store.versions(key)
    assert store.discarded(key)
    assert store.asides(key) is not None
    assert store.roster(workshop)[1]
    assert store.overview(workshop)
    assert store.made_with(workshop, ["nurses"], 10)
    assert store.activity(workshop, 60)
    assert store.events(workshop)
    note = Note(new_id(), Kind.MESSAGE, team.id, "Facilitator", "Five more minutes", now())
    store.post(workshop, note)
    assert not store.briefing(team.key).is_put_away
    store.close_note(workshop, note.id, Closing(team.id, "Ada", now()))
    assert store.desk(workshop)


def house(store: object, erase: str) -> None:
    """Let somebody in, and erase a workshop the newer release has filled."""
    team = started(store, "With a code")
    code = new_code(now())
    store.set_code(team.key, code)
    assert store.team_by_code(code.code).id == team.id
    store.keep_pass("digest", code.expires_at)
    assert store.holds_pass("digest")
    assert store.attempt("passcode", "somebody", 60.0) == 1
    store.change_link(team.key, new_link(), revoked=False)
    store.delete(erase, LONG_AGO)
    store.erase(erase, now())
    assert erase not in [each.id for each in store.workshops()]


if __name__ == "__main__":
    main(sys.argv[1])
