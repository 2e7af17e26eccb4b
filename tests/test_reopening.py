"""Going back: what a revise or a reset changes, how a team catches up, and how it is taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from lib.facilitation import describe_act, group_by_act
from lib.store.errors import Conflict, StoreUnavailable
from lib.store.port import Decision
from lib.store.sql.schema import metadata
from lib.store.sql.store import SqlStore
from lib.team import reopen
from lib.team.confirm import NotReady
from lib.team.edits import Edit
from lib.team.replies import Replies
from lib.workshop import steps
from lib.workshop.agenda import Agenda
from lib.workshop.artifacts import summaries
from lib.workshop.cascade import dependants, move, why_stale
from lib.workshop.ids import greeting_id
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.status import Event, Phase, Status, TransitionRefused, current_step
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.fakes import FakeGuide, eventually, new_step, proposal, question
from tests.living_workshop import VARIANTS, edited
from tests.memory_store.store import MemoryStore
from tests.servers import Server
from tests.test_criteria import GOOD
from tests.test_store_sql import both, connected, everything, failing, opened, url

__all__ = ["url"]

RESEARCH_DEPENDANTS = [
    "sense-making",
    "persona",
    "journey-mapping",
    "reframe",
    "ideation",
    "concept",
    "validate",
]


class Hooked(MemoryStore):
    """A store in which something happens between two calls."""

    before_apply: Callable[[], None] | None = None

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """Let it happen once, then go on."""
        work, self.before_apply = self.before_apply, None
        if work is not None:
            work()
        super().apply(team, decision)


@pytest.fixture
def store() -> Hooked:
    return Hooked()


@pytest.fixture
def server(store: Hooked) -> Server:
    """Return a server of a finished workshop."""
    server = Server(store, new_step(store))
    server.finish()
    return server


def changed(server: Server, step: str) -> None:
    """Revise a step, change something others use, and confirm it."""
    server.do(step, Event.REVISE)
    server.write(step, VARIANTS[step][1])
    server.do(step, Event.CONFIRM)


def said(server: Server, text: str = "Hm.") -> Message:
    """Return a message sent just now."""
    return replace(question(text), created_at=server.clock())


@contextmanager
def listening(store: SqlStore, work: Callable[..., None]) -> Iterator[None]:
    """Call *work* before each statement of a store."""
    event.listen(store._door.engine, "before_cursor_execute", work)
    try:
        yield
    finally:
        event.remove(store._door.engine, "before_cursor_execute", work)


def hand(step: str, field: str, value: object, epoch: int, was: object = None) -> Edit:
    """Return a field as a tab sends it."""
    return Edit(field, value, was, "tab", 1, "Ben", epoch)


# Scenarios 10 to 15, 17 and 20


def test_10_viewing_a_complete_step_changes_nothing_and_takes_no_edit(
    store: Hooked, server: Server
) -> None:
    key, before = server.at("persona"), store.standing(server.key.team)
    held = store.draft(key)
    server.drafts.current(key)
    taken = server.drafts.apply_edit(key, hand("persona", "personas", [{"name": "X"}], held.epoch))

    assert taken.aside
    assert store.standing(server.key.team) == before
    assert [each.author for each in store.asides(key)] == ["Ben"]


def test_11_revising_step_3_leaves_exactly_its_dependants_stale_and_says_why(
    store: Hooked, server: Server
) -> None:
    artifacts = store.artifacts(server.key.team)
    server.do("user-research", Event.REVISE)
    standing = store.standing(server.key.team)

    assert server.among(Status.IN_PROGRESS) == ["user-research"]
    assert server.among(Status.NEEDS_REGENERATION) == RESEARCH_DEPENDANTS
    assert server.among(Status.COMPLETE) == ["challenge", "stakeholder-mapping"]
    marks = [standing.states[slug].stale for slug in RESEARCH_DEPENDANTS]
    assert {mark.cause for mark in marks if mark} == {"user-research"}
    assert store.artifacts(server.key.team) == artifacts
    assert {slug: store.draft(server.at(slug)).fields for slug in steps.SLUGS} == GOOD


def test_11_steps_nobody_started_stay_locked() -> None:
    server = Server(store := MemoryStore(), new_step(store))
    server.finish(4)
    server.do("user-research", Event.REVISE)

    assert server.among(Status.NEEDS_REGENERATION) == ["sense-making"]
    assert server.among(Status.NOT_STARTED) == list(steps.SLUGS[5:])


def test_12_still_valid_makes_a_stale_step_complete_again(server: Server) -> None:
    changed(server, "user-research")
    server.do("sense-making", Event.STILL_VALID)

    assert server.statuses["sense-making"] is Status.COMPLETE
    assert server.store.steps(server.key.team)["sense-making"].stale is None
    assert len(server.store.versions(server.at("sense-making"))) == 1


def test_12_still_valid_starts_no_step_that_is_held() -> None:
    server = Server(store := MemoryStore(), new_step(store))
    store.save_agenda(server.key.workshop_id, Agenda(open_until="sense-making", revision=1))
    server.finish(4)
    changed(server, "user-research")
    server.do("sense-making", Event.STILL_VALID)

    assert server.statuses["sense-making"] is Status.COMPLETE
    assert server.statuses["persona"] is Status.NOT_STARTED


def test_12_still_valid_is_refused_while_what_changed_is_still_open(server: Server) -> None:
    server.do("user-research", Event.REVISE)

    with pytest.raises(TransitionRefused, match="Finish User Research first"):
        server.do("sense-making", Event.STILL_VALID)


def asked_in(server: Server, step: str) -> FakeGuide:
    """Have the guide answer in a step; return it with what it was asked."""
    guide = FakeGuide()
    replies = Replies(server.store, server.autosave, server.drafts, guide)
    replies.ask(server.at(step), [question("Well?")])

    assert eventually(lambda: replies.live(server.at(step)) is None)
    return guide


def test_13_what_was_confirmed_again_is_used_downstream_with_its_summary(server: Server) -> None:
    server.store.append(server.at("user-research"), [question("The old last word.")])
    changed(server, "user-research")
    server.do("user-research", Event.REVISE)
    server.write("user-research", VARIANTS["user-research"][2])
    server.store.append(server.at("user-research"), [question("The new last word.")])
    server.do("user-research", Event.CONFIRM)
    server.do("sense-making", Event.REVISE)
    [request] = asked_in(server, "sense-making").requests
    newest = server.store.versions(server.at("user-research"))[-1]

    assert newest.version == 3
    assert request.artifacts["user-research"] == newest.fields
    assert newest.fields["interview_questions"][0] == "Something else"
    assert request.summaries["user-research"] == newest.summary
    assert "The new last word." in newest.summary


def test_14_the_way_back_leads_to_the_first_step_that_is_not_complete(server: Server) -> None:
    server.do("reframe", Event.REVISE)
    server.do("user-research", Event.REVISE)

    assert current_step(server.statuses) == "user-research"


def test_15_a_reset_archives_messages_and_draft_and_marks_the_dependants(
    store: Hooked, server: Server
) -> None:
    key = server.at("user-research")
    store.append(key, [question("Who?")])
    before = store.draft(key)
    server.do("user-research", Event.RESET)
    state, draft = store.steps(key.team)[key.step], store.draft(key)

    assert (state.status, state.phase) == (Status.IN_PROGRESS, Phase.ORIENT)
    assert (draft.fields, draft.epoch) == ({}, before.epoch + 1)
    assert store.messages(key) == []
    assert [each.text for each in store.messages(key, era=0)] == ["Who?"]
    assert server.among(Status.NEEDS_REGENERATION) == RESEARCH_DEPENDANTS
    assert store.artifacts(key.team)[key.step].fields == GOOD["user-research"]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["this process", "another process"])
def test_15_a_pending_save_of_before_cannot_come_back(
    store: Hooked, server: Server, elsewhere: bool
) -> None:
    server.do("concept", Event.REVISE)
    key, writer = server.at("concept"), server.beside() if elsewhere else server
    [blank] = store.append(
        key, [replace(question(""), role=Role.ASSISTANT, status=MessageStatus.STREAMING)]
    )
    concepts = edited("concept", "concepts", 0, "usp", value="typed too late")["concepts"]
    held = writer.drafts.current(key)
    edit = hand("concept", "concepts", concepts, held.epoch, held.fields["concepts"])
    if elsewhere:
        writer.drafts.apply_edit(key, edit)
        writer.autosave.note(key, [blank.revised("half a word", MessageStatus.INTERRUPTED)])
        server.do("concept", Event.RESET)
    else:
        # The reset saves first what its own process holds; a reply goes on growing.
        store.before_apply = lambda: (
            writer.drafts.apply_edit(key, edit),
            writer.autosave.note(key, [blank.revised("half a word", MessageStatus.INTERRUPTED)]),
        )  # type: ignore[func-returns-value, assignment]
        server.do("concept", Event.RESET)
    writer.save("concept")

    assert store.draft(key).fields == {}
    assert store.messages(key) == []
    assert [each.text for each in store.messages(key, era=0)] == ["half a word"]
    assert [each.value for each in store.asides(key)] == [concepts]


def test_15_what_was_typed_while_a_late_save_was_on_its_way_cannot_come_back_either(
    store: Hooked, server: Server
) -> None:
    server.do("challenge", Event.REVISE)
    key, late = server.at("challenge"), server.beside()
    late.drafts.edit(key, "target_user", "typed first")
    server.do("challenge", Event.RESET)
    honest, typed = late.store.draft, []

    def slow(key: StepKey) -> Any:
        if not typed:
            typed.append(True)
            late.drafts.edit(key, "desired_outcome", "typed during the save")
        return honest(key)

    late.store.draft = slow  # type: ignore[method-assign]
    late.save("challenge")
    late.save("challenge")

    assert typed
    assert store.draft(key).fields == {}
    assert {each.value for each in store.asides(key)} == {"typed first", "typed during the save"}


def test_15_a_late_edit_of_an_empty_field_is_kept_as_a_conflict(
    store: Hooked, server: Server
) -> None:
    """The new draft has that field empty too: only the epoch says that the edit is of before."""
    server.do("challenge", Event.REVISE)
    key = server.at("challenge")
    server.drafts.edit(key, "target_user", "")
    server.save("challenge")
    late = server.beside()
    late.drafts.edit(key, "target_user", "typed too late")
    server.do("challenge", Event.RESET)
    late.save("challenge")

    assert store.draft(key).fields == {}
    assert [each.value for each in store.asides(key)] == ["typed too late"]


def test_15_the_greeting_comes_once_in_the_new_era(store: Hooked, server: Server) -> None:
    key = server.at("persona")
    servers = [server, server.beside()]
    rooms = [Replies(store, each.autosave, each.drafts, FakeGuide()) for each in servers]

    def attended() -> list[str]:
        for replies in rooms * 2:
            replies.ensure_answered(key, store.messages(key))

            assert eventually(lambda at=replies: at.live(key) is None)  # type: ignore[misc]
        return [each.id for each in store.messages(key)]

    first = attended()
    server.do("persona", Event.RESET)
    second = attended()

    assert first == [greeting_id(*key)]
    assert second == [greeting_id(*key, store.steps(key.team)["persona"].era)]
    assert first != second


def test_15_a_reply_on_its_way_ends_in_the_archive(store: Hooked, server: Server) -> None:
    server.do("concept", Event.REVISE)
    key, guide = server.at("concept"), FakeGuide()
    guide.queue.append(["Half", " more", proposal({"concepts": []}, Phase.VALIDATE)])
    replies = Replies(store, server.autosave, server.drafts, guide)
    guide.hold()
    replies.ask(key, [question("Why?")])

    assert eventually(lambda: bool((live := replies.live(key)) and live.so_far().text))

    server.do("concept", Event.RESET)
    replies.abandon(key)
    guide.go_on()

    assert eventually(lambda: replies.live(key) is None)
    assert eventually(lambda: server.save("concept"))
    assert [each.text for each in store.messages(key) if each.role is Role.USER] == []
    assert [each.text for each in store.messages(key, era=0)] == ["Why?", "Half"]
    assert store.draft(key).fields == {}


def test_17_of_two_who_change_the_same_words_the_second_is_set_aside_before_it_is_confirmed(
    store: Hooked, server: Server
) -> None:
    server.do("challenge", Event.REVISE)
    key, other = server.at("challenge"), server.beside()
    server.drafts.edit(key, "target_user", "Young families")
    other.drafts.edit(key, "target_user", "Old gardeners")
    other.drafts.edit(key, "desired_outcome", GOOD["challenge"]["desired_outcome"] + " soon")
    other.save("challenge")
    server.do("challenge", Event.CONFIRM)
    artifact = store.artifacts(key.team)["challenge"].fields

    assert artifact == store.draft(key).fields
    assert artifact["target_user"] == "Old gardeners"
    assert artifact["desired_outcome"].endswith(" soon")
    assert [each.value for each in store.asides(key)] == ["Young families"]


def test_17_of_two_who_revise_at_once_the_second_hears_of_it(store: Hooked, server: Server) -> None:
    other = server.beside()
    store.before_apply = lambda: other.do("persona", Event.REVISE)
    with pytest.raises(TransitionRefused, match="is open already"):
        server.do("persona", Event.REVISE)

    assert [e.actor for e in store.events(server.key.workshop_id) if e.event is Event.REVISE] == [
        "Ben"
    ]


def test_20_what_is_missing_keeps_a_step_from_being_complete_by_every_path(
    server: Server,
) -> None:
    server.do("concept", Event.REVISE)
    server.write("concept", {})
    with pytest.raises(NotReady):
        server.do("concept", Event.CONFIRM)

    assert server.statuses["concept"] is Status.IN_PROGRESS


# What is confirmed is what is stored


def test_an_edit_of_another_server_in_the_last_moment_is_confirmed_with_the_rest(
    store: Hooked, server: Server
) -> None:
    server.do("challenge", Event.REVISE)
    key, other = server.at("challenge"), server.beside()

    def late() -> None:
        other.drafts.edit(key, "target_user", "People on the list, and their children")
        other.save("challenge")

    store.before_apply = late
    server.do("challenge", Event.CONFIRM)
    artifact = store.artifacts(key.team)["challenge"].fields

    assert artifact["target_user"] == "People on the list, and their children"
    assert artifact == store.draft(key).fields


def test_an_edit_of_a_stale_step_in_the_last_moment_is_not_confirmed_behind_anybodys_back(
    store: Hooked, server: Server
) -> None:
    server.do("concept", Event.REVISE)
    other = server.beside()

    def late() -> None:
        other.write("validate", VARIANTS["validate"][1])
        other.save("validate")

    store.before_apply = late
    server.do("concept", Event.CONFIRM)

    assert server.statuses["validate"] is Status.IN_PROGRESS
    assert store.draft(server.at("validate")).fields == VARIANTS["validate"][1]


def test_an_unsaved_edit_of_a_stale_step_keeps_it_open_when_another_is_confirmed(
    store: Hooked, server: Server
) -> None:
    server.do("concept", Event.REVISE)
    server.write("validate", VARIANTS["validate"][1])
    server.do("concept", Event.CONFIRM)

    assert server.statuses["validate"] is Status.IN_PROGRESS
    assert store.draft(server.at("validate")).fields == VARIANTS["validate"][1]


def test_what_a_process_has_not_saved_of_another_step_counts_as_work(
    store: Hooked, server: Server
) -> None:
    started = Server(store, new_step(store))
    started.finish(4)
    started.write("persona", GOOD["persona"])
    started.do("sense-making", Event.REVISE)

    assert started.statuses["persona"] is Status.NEEDS_REGENERATION


def test_the_summary_has_the_last_message_sent_just_before(server: Server) -> None:
    key = server.at("persona")
    server.do("persona", Event.REVISE)
    server.store.append(key, [question("And she has\na dog.")])
    server.do("persona", Event.CONFIRM)
    first, second = server.store.versions(key)

    assert second.summary.endswith("1 message by Ada.\nSaid last: “And she has a dog.”")
    assert first.summary == summaries.summary("persona", first.fields, [])


def test_an_override_needs_a_reason_and_keeps_the_draft_as_it_was_typed(server: Server) -> None:
    server.do("sense-making", Event.REVISE)
    pains = [f"pain {number}" for number in range(7)]
    server.drafts.edit(server.at("sense-making"), "pains", pains)
    with pytest.raises(TransitionRefused, match="please give a reason"):
        server.do("sense-making", Event.OVERRIDE, reason=" ")
    server.do("sense-making", Event.OVERRIDE, reason="Seven are fine.")
    told = [e for e in server.store.events(server.key.workshop_id) if e.event is Event.OVERRIDE]

    assert server.store.artifacts(server.key.team)["sense-making"].fields["pains"] == pains
    assert [(each.step, each.actor, each.reason) for each in told] == [
        ("sense-making", "Ada", "Seven are fine.")
    ]


def test_confirming_what_was_completed_with_gaps_is_refused_in_a_sentence(server: Server) -> None:
    server.do("concept", Event.REVISE)
    server.write("concept", {})
    server.do("concept", Event.OVERRIDE)

    with pytest.raises(TransitionRefused, match="already complete"):
        server.do("concept", Event.CONFIRM)


def test_a_stale_draft_nobody_confirmed_goes_on_however_little_is_in_it() -> None:
    server = Server(store := MemoryStore(), new_step(store))
    server.finish(4)
    server.write("persona", {"personas": [{"name": "Lena"}]})
    changed(server, "sense-making")

    assert server.statuses["persona"] is Status.NEEDS_REGENERATION

    server.do("persona", Event.STILL_VALID)

    assert server.statuses["persona"] is Status.IN_PROGRESS
    assert server.store.draft(server.at("persona")).fields == {"personas": [{"name": "Lena"}]}


@pytest.mark.postgres
def test_what_moves_while_the_standing_is_read_makes_what_rests_on_it_a_conflict(
    postgres_url: str,
) -> None:
    with opened(postgres_url) as sql, opened(postgres_url) as elsewhere:
        server = Server(sql, new_step(sql))
        server.finish()
        changed(server, "user-research")
        other = Server(elsewhere, server.key, "Ben", server.clock)
        moved: list[bool] = []

        def meanwhile(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not moved and "FROM artifact_versions" in statement:
                moved.append(True)
                other.do("sense-making", Event.STILL_VALID)

        with listening(sql, meanwhile):
            standing = sql.standing(server.key.team)
        changes = move(standing, "challenge", Event.REVISE, at=server.clock())
        with pytest.raises(Conflict):
            sql.apply(server.key.team, Decision(changes, "Ada", server.clock(), basis=standing))

        assert moved
        assert server.statuses["sense-making"] is Status.COMPLETE
        assert server.statuses["challenge"] is Status.COMPLETE


# The whole story


def test_a_team_revises_step_3_catches_up_and_the_story_is_told_in_a_few_lines(
    store: Hooked, server: Server
) -> None:
    begun = len(store.events(server.key.workshop_id))
    changed(server, "user-research")
    why = why_stale(store.standing(server.key.team), "sense-making")

    assert why is not None
    assert (why.mark.cause, why.changed) == ("user-research", ("user-research",))

    anew = {"sense-making": ("pains", 0), "persona": ("personas", 0, "location")}
    for slug, path in anew.items():
        server.do(slug, Event.REGENERATE)
        server.write(slug, edited(slug, *path))
        server.do(slug, Event.CONFIRM)
    for slug in RESEARCH_DEPENDANTS[2:]:
        server.do(slug, Event.STILL_VALID)

    assert server.among(Status.COMPLETE) == list(steps.SLUGS)
    lines = group_by_act(store.events(server.key.workshop_id)[begun:])
    assert [describe_act(line) for line in lines] == [
        "User Research was reopened; Research Sense Making, Persona Development, Journey "
        "Mapping, Reframing Challenge, Ideation, Concept Development and Validate need another look",
        "User Research was confirmed",
        "Research Sense Making is being redrafted",
        "Research Sense Making was confirmed",
        "Persona Development is being redrafted",
        "Persona Development was confirmed",
        "Journey Mapping was kept: still valid",
        "Reframing Challenge was kept: still valid",
        "Ideation was kept: still valid",
        "Concept Development was kept: still valid",
        "Validate was kept: still valid",
    ]


# Taking it back


def test_a_revise_is_taken_back_until_something_was_built_on_it(server: Server) -> None:
    server.do("persona", Event.REVISE)
    free = reopen.may_undo(server.store, server.drafts, server.at("persona"))
    server.write("persona", VARIANTS["persona"][1])
    built_on = reopen.may_undo(server.store, server.drafts, server.at("persona"))

    assert (free, built_on) == (True, False)
    with pytest.raises(TransitionRefused, match="has been edited since"):
        server.do("persona", Event.UNDO)


@pytest.mark.parametrize("step", ["persona", "validate"])
def test_a_message_since_is_work(server: Server, step: str) -> None:
    server.do("persona", Event.REVISE)
    server.store.append(server.at(step), [said(server)])

    assert not reopen.may_undo(server.store, server.drafts, server.at("persona"))


def test_a_greeting_since_is_no_work_even_where_it_moves_the_draft(server: Server) -> None:
    server.do("persona", Event.RESET)
    key, guide = server.at("persona"), FakeGuide()
    guide.queue.append(["Welcome", proposal({"personas": [{"name": "Lena"}]})])
    replies = Replies(server.store, server.autosave, server.drafts, guide)
    replies.ensure_answered(key, [])

    assert eventually(lambda: replies.live(key) is None)

    server.do("persona", Event.UNDO)

    assert server.among(Status.COMPLETE) == list(steps.SLUGS)
    assert server.store.draft(key).fields == GOOD["persona"]


def test_a_step_that_was_stale_already_does_not_keep_another_from_being_taken_back(
    server: Server,
) -> None:
    changed(server, "journey-mapping")
    before = server.store.standing(server.key.team)
    stale = server.among(Status.NEEDS_REGENERATION)
    server.do(stale[0], Event.REVISE)
    server.do(stale[0], Event.UNDO)

    assert server.store.standing(server.key.team).states == before.states
    assert stale[0] != stale[-1]


@pytest.mark.parametrize("step", ["persona", "validate"])
def test_an_edit_in_the_moment_of_the_undo_is_never_lost(
    store: Hooked, server: Server, step: str
) -> None:
    server.do("persona", Event.REVISE)
    other = server.beside()

    def late() -> None:
        other.write(step, VARIANTS[step][1])
        other.save(step)

    store.before_apply = late
    with pytest.raises(Conflict):
        server.do("persona", Event.UNDO)

    assert store.draft(server.at(step)).fields == VARIANTS[step][1]
    assert server.statuses["persona"] is Status.IN_PROGRESS


def test_an_edit_that_comes_after_the_undo_is_set_aside(store: Hooked, server: Server) -> None:
    server.do("challenge", Event.REVISE)
    key, other = server.at("challenge"), server.beside()
    other.drafts.edit(key, "target_user", "typed too late")
    server.do("challenge", Event.UNDO)
    other.save("challenge")

    assert store.draft(key).fields == GOOD["challenge"]
    assert [each.value for each in store.asides(key)] == ["typed too late"]


def test_restoring_a_version_is_a_revise_with_it_as_the_draft(server: Server) -> None:
    changed(server, "persona")
    first, _ = server.store.versions(server.at("persona"))
    server.do("persona", Event.REVISE, version=first)
    server.do("persona", Event.CONFIRM)
    found = server.store.versions(server.at("persona"))

    assert [each.version for each in found] == [1, 2, 3]
    assert found[2].fields == first.fields


def content(url: str) -> dict[str, list[str]]:
    """Return every row but for the story and the number of lives, in an order of their own."""
    with connected(url) as connection:
        return {
            name: sorted(
                str({c: value for c, value in row._mapping.items() if c != "epoch"})
                for row in connection.execute(table.select())
            )
            for name, table in metadata.tables.items()
            if name != "events"
        }


@both
@pytest.mark.parametrize("step", ["user-research", "challenge", "validate"])
def test_undo_gives_the_databases_content_back_row_for_row(url: str, step: str) -> None:
    with opened(url) as sql:
        server = Server(sql, new_step(sql))
        server.finish()
        sql.append(server.at(step), [said(server)])
        before, epoch = content(url), sql.draft(server.at(step)).epoch
        finished = sql.steps(server.at(step).team).values()
        server.do(step, Event.REVISE)
        between = content(url)
        server.do(step, Event.UNDO)
        moved = {step, *dependants(step)}

        # A column that is never written would come back too.
        assert all(each.completed_at and each.made_from is not None for each in finished)
        assert between != before
        assert content(url) == before
        assert sql.draft(server.at(step)).epoch == epoch + 2
        assert {slug for slug in steps.SLUGS if sql.draft(server.at(slug)).epoch > 1} == moved


@both
def test_undo_of_a_reset_gives_the_content_back_but_for_when_it_was_written(url: str) -> None:
    with opened(url) as sql:
        server = Server(sql, new_step(sql))
        server.finish()
        sql.append(server.at("persona"), [said(server)])
        before = everything(url)
        server.do("persona", Event.RESET)
        server.do("persona", Event.UNDO)
        after = everything(url)
        lives = {slug: sql.draft(server.at(slug)).epoch for slug in steps.SLUGS}

    assert [
        name for name in before if sorted(map(str, before[name])) != sorted(map(str, after[name]))
    ] == ["steps", "draft_history", "events"]
    assert lives["persona"] == 3


# A crash at any statement


def typed(server: Server) -> None:
    """Leave user research open with an edit in it that is stored."""
    server.do("user-research", Event.REVISE)
    server.write("user-research", VARIANTS["user-research"][1])
    server.save("user-research")


def revised(server: Server) -> None:
    server.do("user-research", Event.REVISE)


def reset(server: Server) -> None:
    server.do("user-research", Event.RESET)


def stale(server: Server) -> None:
    changed(server, "user-research")


#: By what is done: what comes before, to which step, and what.
MOVES: dict[str, tuple[Callable[[Server], None], str, Event]] = {
    "revise": (lambda _: None, "user-research", Event.REVISE),
    "reset": (lambda _: None, "user-research", Event.RESET),
    "confirm unchanged": (revised, "user-research", Event.CONFIRM),
    "confirm changed": (typed, "user-research", Event.CONFIRM),
    "override": (typed, "user-research", Event.OVERRIDE),
    "undo of a revise": (revised, "user-research", Event.UNDO),
    "undo of a reset": (reset, "user-research", Event.UNDO),
    "still valid": (stale, "sense-making", Event.STILL_VALID),
    "regenerate": (stale, "sense-making", Event.REGENERATE),
}


@both
@pytest.mark.parametrize("name", MOVES)
def test_a_crash_at_any_statement_leaves_before_or_after_and_never_between(
    url: str, name: str
) -> None:
    prepare, step, event = MOVES[name]
    with opened(url) as sql:
        server = Server(sql, new_step(sql))
        server.finish()
        prepare(server)
        before = everything(url)
        for at in range(1, 100):
            with failing(sql, at) as seen:
                try:
                    server.do(step, event)
                except StoreUnavailable:
                    assert everything(url) == before
                else:
                    break
        after = everything(url)

        assert at > 10
        assert seen[0] < at
        assert after != before


@both
def test_a_restored_version_is_there_wholly_or_not_at_all(url: str) -> None:
    with opened(url) as sql:
        server = Server(sql, new_step(sql))
        server.finish()
        changed(server, "validate")
        [first, _] = sql.versions(server.at("validate"))
        before = everything(url)
        for at in range(1, 100):
            with failing(sql, at):
                try:
                    server.do("validate", Event.REVISE, version=first)
                except StoreUnavailable:
                    assert everything(url) == before
                else:
                    break

        assert at > 10
        assert sql.draft(server.at("validate")).fields == first.fields
