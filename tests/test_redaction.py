"""A message that was redacted is nowhere any more, and nothing that is saved late brings it back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from lib.autosave.unsaved import Unsaved
from lib.facilitation import reset_archive
from lib.settings import Settings
from lib.store import open_store
from lib.store.errors import Conflict, NotFound
from lib.store.port import Store
from lib.team import reopen
from lib.team.edits import Edit
from lib.team.process import Process, assemble
from lib.team.working_copy import WorkingCopy
from lib.workshop.choices import Choice, How
from lib.workshop.ids import new_id
from lib.workshop.notes import Kind, Note
from lib.workshop.read_back import Change, Offer, Operation, Place, ReadBack, Taken, reverse
from lib.workshop.records import Aside, Draft, Recollection, StepKey, Unsent
from lib.workshop.redaction import MARKER, NOBODY, RUN, Late, Redaction, Sought, new_salt
from lib.workshop.status import Event, Status
from lib.workshop.transcript import Message, MessageStatus, Role, next_attempt
from lib.workshop.updates import Outcome
from tests.fakes import FakeGuide, eventually, new_step, placed, proposal, question
from tests.memory_store.store import MemoryStore
from tests.test_store_contract import confirm, opens, store

__all__ = ["opens", "store"]

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

SENTENCE = "The head nurse shouted at Ines in front of everybody."
SAID = f"{SENTENCE} She cried.\nNobody on ward 4 dares to speak up"
#: What no table may hold any more: each in the letters of the database.
WORDS = ("head nurse shouted at Ines", "ward 4 dares to speak", "shouted at Ines in front")


# Finding words


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        f"You said: “{SENTENCE}” How often?",
        SENTENCE.upper(),
        "the HEAD  nurse, shouted at ines — in front of everybody",
        "Quoted: nobody on ward 4 dares to speak up!",
        "Also: head nurse shouted at Ines",
        "She cried.",
    ],
)
def test_a_text_with_words_of_the_message_in_a_row_loses_them(text: str) -> None:
    redacted = Sought(SAID).redacted(text)

    assert MARKER in redacted
    assert not any(word.casefold() in redacted.casefold() for word in WORDS)


@pytest.mark.parametrize("text", ["", "Who shouted?", "The head of ward 4", "at Ines", "high"])
def test_a_text_with_a_few_of_the_same_words_stays(text: str) -> None:
    assert Sought(SAID).redacted(text) == text


def test_accents_and_widths_make_no_difference() -> None:
    sought = Sought("Zoë était très fâchée contre José hier")

    assert (
        sought.redacted("Zoe\u0308 e\u0301tait tre\u0300s fa\u0302che\u0301e contre Jose\u0301")
        == MARKER
    )
    assert (
        Sought("护士长在大家面前骂她").redacted("她说护士长在大家面前骂她。") == f"她说{MARKER}。"
    )


def test_an_entry_that_stands_in_the_message_goes_and_a_choice_stays() -> None:
    sought = Sought("We talked in core terms: the ward manager, high pressure")

    assert sought.redacted("ward manager", is_entry=True) == MARKER
    assert sought.redacted("core", is_entry=True) == "core"
    assert sought.redacted("ward manager") == "ward manager"
    assert Sought("high").redacted("high", is_entry=True) == "high"


def test_finding_is_linear_in_the_length_of_the_texts() -> None:
    """Every word is looked at a bounded number of times: counted, not timed."""
    looked = []

    class Counted(Sought):
        pass

    long = "so it goes on and on " * 2_000
    sought = Counted(long)
    looked.append(len(sought._runs))

    assert len(sought.redacted(long)) == len(MARKER) + 1
    assert looked[0] <= 6 * RUN


def test_digests_recognise_what_was_redacted_and_hold_none_of_it() -> None:
    salt, sought = new_salt(), Sought(SAID)
    sought.redacted("ward 4", is_entry=True)
    digests = sought.digests(salt)
    late = Late([(salt, digests)])
    value = {"pains": [SAID, f"New. {SENTENCE} More.", "ward 4", "kept"], "n": 3}

    assert late.redacted(value) == {
        "pains": [MARKER, f"New. {MARKER}. More.", MARKER, "kept"],
        "n": 3,
    }
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in digests)


# Every place


def redaction(message: Message, key: StepKey, **changes: Any) -> Redaction:
    made = Redaction(
        new_id(), key.team_id, key.step, message.id, "Facilitator", "She asked for it.", AT
    )
    return replace(made, **changes)


def everywhere(store: Store) -> tuple[StepKey, Message]:
    """Return a step and a message whose words stand in everything that is kept of its team."""
    key = new_step(store)
    asked = question(SAID)
    reply = replace(
        placed(f"You said: {SENTENCE}", 2), role=Role.ASSISTANT, status=MessageStatus.STREAMING
    )
    placed_ = store.append(key, [asked], reply=reply)
    whole = replace(placed_[1], status=MessageStatus.COMPLETE, revision=2, suggestions=(SENTENCE,))
    store.save(key, [whole], Draft({"pains": [SENTENCE, "kept"], "name": SAID}, revision=1))
    base = store.draft(key)
    taken_out = Draft({"pains": base.fields["pains"]}, base.phase, base.revision + 1, base=base)
    store.save(key, (), taken_out)
    store.discard(key, reply.id)
    again = replace(whole, revision=next_attempt(2) + 1, text=f"Again: {SAID}")
    line = Taken(asked.id, "Ada", SENTENCE, Place(("pains",), "Pains"), _adding(SENTENCE))
    offer = Offer("Take it out", f"“{SENTENCE}” goes out.", reverse(_adding(SENTENCE)))
    store.finish(key, again, Outcome(read_back=ReadBack((line,), (offer,))))
    chosen = Choice(reply.id, "taken/0", How.EDITED, "Ada", 1, again.revision, _adding(SENTENCE))
    assert store.choose(key, chosen, replace(store.draft(key), revision=9))
    store.set_aside(key, Aside("name", new_id(), "Ben", {"text": SENTENCE}, 1))
    store.keep_unsent(key, unsent(f"{SENTENCE} And"))
    store.remember(key, 0, Recollection(1, f"They say: {SENTENCE}"))
    for note in (
        Note(new_id(), Kind.FLAG, key.team_id, "Ada", SENTENCE, AT),
        Note(new_id(), Kind.MESSAGE, None, "Facilitator", f"About “{SENTENCE}”", AT),
    ):
        store.post(key.workshop_id, note)
    (team,) = store.teams(key.workshop_id)
    confirm(store, team, key.step, artifact={"pains": [SENTENCE]}, summary=f"- {SAID}")
    process = assemble(Settings(), store, FakeGuide())
    reopen.reset(store, process.drafts, key, actor="Ada", at=AT)
    return key, store.messages(key, era=0)[0]


def _adding(text_: str) -> tuple[Operation, ...]:
    return (Operation(Change.ADD, ("pains", 0), text_),)


def unsent(text_: str) -> Unsent:
    names = dict.fromkeys(Unsent.__dataclass_fields__, "")
    known = {"writer": new_id(), "member": "Ada", "text": text_, "revision": 1}
    return Unsent(**{name: known[name] for name in names if name in known})


def held(store: Store, url: str = "") -> str:
    """Return all that is stored, as one text."""
    if isinstance(store, MemoryStore):
        kept = {name: each for name, each in vars(store).items() if name != "_lock"}
        return repr(kept).replace("\\n", "\n")
    engine = store._door.engine  # type: ignore[attr-defined]
    with engine.connect() as connection:
        return "\n".join(
            str(row)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))
        )


def words_in(content: str) -> list[str]:
    return [word for word in WORDS if word.casefold() in content.casefold()]


def test_the_words_are_in_every_kind_of_place_before(store: Store) -> None:
    """What the tests below redact really holds the words."""
    key, message = everywhere(store)
    found = [each.where for each in store.traces(key, message.id)]

    assert len(found) >= 14
    assert SAID in [each.fields.get("name") for each in store.earlier_drafts(key, 10)]
    assert all(MARKER not in each.text for each in store.traces(key, message.id))
    assert words_in(held(store)) == list(WORDS)


def test_a_redacted_message_is_in_no_table_any_more(store: Store) -> None:
    key, message = everywhere(store)
    store.redact(key, redaction(message, key))

    assert words_in(held(store)) == []
    assert store.traces(key, message.id) == []
    (gone, *_) = store.messages(key, era=0)
    assert (gone.text, gone.position, gone.author) == (MARKER, 1, "Ada")
    assert gone.status is MessageStatus.COMPLETE


def test_what_is_not_of_the_message_stays(store: Store) -> None:
    key, message = everywhere(store)
    other = new_step(store)
    store.append(other, [question(SAID)])
    store.append(key, [question("Something else entirely")])
    store.redact(key, redaction(message, key))
    (before,) = store.versions(key)

    assert store.messages(other)[0].text == SAID
    assert [each.text for each in store.messages(key)] == ["Something else entirely"]
    assert before.fields == {"pains": [MARKER]}
    (reset,) = [e for e in store.events(key.workshop_id) if e.event is Event.RESET]
    kept = store.snapshots(key.workshop_id, [reset.id])[key.step]
    assert kept.draft.fields["pains"] == [MARKER, "kept"]


def test_places_to_keep_stay_as_they_are(store: Store) -> None:
    key, message = everywhere(store)
    kept = [each.place for each in store.traces(key, message.id) if "note" not in each.where]
    store.redact(key, redaction(message, key), keeping=kept)

    assert {each.place for each in store.traces(key, message.id)} == set()
    assert store.versions(key)[0].fields == {"pains": [SENTENCE]}


def test_the_author_goes_too_where_that_is_chosen(store: Store) -> None:
    key, message = everywhere(store)
    store.redact(key, redaction(message, key), author_too=True)

    assert store.messages(key, era=0)[0].author == NOBODY


def test_the_lines_of_a_redacted_message_go_with_the_names_in_them(store: Store) -> None:
    key = new_step(store)
    asked, growing = store.append(
        key, [replace(question("Oh no"), author="Zoraya")], reply=_growing()
    )
    line = Taken(asked.id, "Zoraya", "Nurses", Place(("pains",), "Pains"), _adding("Nurses"))
    whole = growing.revised("Noted.", MessageStatus.COMPLETE)
    store.finish(key, whole, Outcome(read_back=ReadBack((line,))))
    before = store.messages(key)[-1].read_back
    store.redact(key, redaction(asked, key), author_too=True)

    assert before == ReadBack((line,))
    assert store.messages(key)[-1].read_back is None
    assert "Zoraya" not in held(store)


def test_a_message_that_says_remove_is_no_trace_in_every_line(store: Store) -> None:
    key = new_step(store)
    asked, other, growing = store.append(
        key, [question("Remove"), question("Late")], reply=_growing()
    )
    gone = (Operation(Change.REMOVE, ("pains", 0), was="Cold"),)
    line = Taken(other.id, "Ada", "Cold", Place(("pains",), "Pain"), gone)
    whole = growing.revised("Noted.", MessageStatus.COMPLETE)
    store.finish(key, whole, Outcome(read_back=ReadBack((line,))))
    store.redact(key, redaction(asked, key))

    assert store.messages(key)[-1].read_back == ReadBack((line,))


def _growing() -> Message:
    return replace(placed("", 2), role=Role.ASSISTANT, status=MessageStatus.STREAMING)


def test_the_log_says_who_when_and_why_and_not_what(store: Store) -> None:
    key, message = everywhere(store)
    made = redaction(message, key)
    store.redact(key, made)
    store.redact(key, redaction(message, key, reason="Pressed twice."))

    assert store.redactions(key.workshop_id) == [made]


def test_a_message_nobody_knows_is_not_found(store: Store) -> None:
    key = new_step(store)

    with pytest.raises(NotFound):
        store.traces(key, "nobody's")
    with pytest.raises(NotFound):
        store.redact(key, redaction(question("x"), key))


def test_a_complete_step_stays_complete(store: Store) -> None:
    key = new_step(store)
    (message,) = store.append(key, [question(SAID)])
    (team,) = store.teams(key.workshop_id)
    confirm(store, team, key.step, artifact={"problem_statement": SENTENCE}, summary=SENTENCE)
    before = store.steps(key.team)
    store.redact(key, redaction(message, key))

    assert store.steps(key.team) == before
    assert store.steps(key.team)[key.step].status is Status.COMPLETE
    assert store.artifacts(key.team)[key.step].fields == {"problem_statement": MARKER}


def test_an_erased_workshop_takes_its_redactions_along(store: Store) -> None:
    key, message = everywhere(store)
    store.redact(key, redaction(message, key))
    store.delete(key.workshop_id, AT)
    store.prune()

    assert store.redactions(key.workshop_id) == []


def test_a_redacted_message_is_legible_in_none_of_the_files(
    sqlite_url: str, tmp_path: Path
) -> None:
    opened = open_store(sqlite_url)
    opened.prune()
    key, message = everywhere(opened)
    opened.redact(key, redaction(message, key))
    files = {file.name: file.read_bytes() for file in sorted(tmp_path.glob("workshop.db*"))}
    opened.close()

    assert [name for name, held_ in files.items() if WORDS[0].encode() in held_] == []


# Nothing brings it back


@pytest.fixture
def guide() -> FakeGuide:
    return FakeGuide()


@pytest.fixture
def server(store: Store, guide: FakeGuide) -> Iterator[Callable[[], Process]]:
    """Return what starts another server on the same database."""
    running: list[Process] = []

    def start() -> Process:
        running.append(assemble(Settings(), store, guide))
        return running[-1]

    yield start
    guide.go_on()
    for each in running:
        each.replies.stop_all(2)


def test_a_late_save_of_the_message_with_a_higher_revision_changes_nothing(store: Store) -> None:
    key, message = everywhere(store)
    store.redact(key, redaction(message, key))
    late = replace(message, revision=next_attempt(message.revision) * 8)
    store.save(key, [late, replace(late, status=MessageStatus.STREAMING)])
    store.append(key, [message])

    assert words_in(held(store)) == []


def test_a_draft_another_server_holds_does_not_bring_it_back(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, theirs, key = server(), server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    ours.drafts.edit(key, "target_user", "nurses")
    ours.autosave.flush(key)
    theirs.drafts.apply_edit(key, typed("problem_statement", SENTENCE, store.draft(key).epoch))
    theirs.drafts.apply_edit(key, typed("target_user", f"Nurses. {SENTENCE}", 0, was="nurses"))
    store.redact(key, redaction(message, key))
    theirs.autosave.flush(key)

    assert words_in(held(store)) == []
    # What else was typed is kept for the team to decide on.
    values = [each.value for each in store.asides(key)]
    assert f"Nurses. {MARKER}." in values
    assert theirs.autosave.report() == []


def typed(field: str, value: str, epoch: int, was: str | None = None) -> Edit:
    return Edit(field, value, was, new_id(), 1, "Ben", epoch)


def test_an_edit_from_a_tabs_own_copy_does_not_bring_it_back(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    ours.drafts.edit(key, "problem_statement", SENTENCE)
    ours.autosave.flush(key)
    epoch = store.draft(key).epoch
    store.redact(key, redaction(message, key))
    ours.drafts.apply_edit(
        key, typed("problem_statement", f"{SENTENCE} Always.", epoch, was=SENTENCE)
    )
    ours.autosave.flush(key)

    assert words_in(held(store)) == []
    assert store.draft(key).fields["problem_statement"] == MARKER


def test_a_tab_that_held_the_transcript_shows_the_marker_at_its_next_poll(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    store.append(key, [question(f"Number {n}") for n in range(5)])
    (team,) = store.teams(key.workshop_id)
    copy = WorkingCopy(team, store.workshop(key.workshop_id))
    copy.refresh(ours, key.step)
    before = store.fingerprints([(team.link, key.step)])
    store.redact(key, redaction(message, key))
    after = store.fingerprints([(team.link, key.step)])
    copy.refresh(ours, key.step)

    assert before != after
    assert copy.transcripts[key.step][0].text == MARKER


def test_a_reply_that_is_written_meanwhile_does_not_quote_it(
    store: Store, server: Callable[[], Process], guide: FakeGuide
) -> None:
    ours, key = server(), new_step(store)
    guide.hold()
    guide.queue.append(["You said: ", SENTENCE, proposal({"problem_statement": SENTENCE})])
    asked = question(SAID)
    ours.replies.ask(key, [asked])
    assert eventually(lambda: bool(guide.requests))
    store.redact(key, redaction(store.messages(key)[0], key))
    guide.go_on()
    assert eventually(lambda: ours.replies.live(key) is None)
    ours.autosave.flush(key)

    assert words_in(held(store)) == []
    assert store.messages(key)[1].status is MessageStatus.INTERRUPTED


def test_what_a_stopped_reply_wrote_on_does_not_bring_it_back(store: Store) -> None:
    key = new_step(store)
    reply = replace(placed("You", 2), role=Role.ASSISTANT, status=MessageStatus.STREAMING)
    message, growing = store.append(key, [question(SAID)], reply=reply)
    store.interrupt(key, growing.id)
    stopped = store.messages(key)[1]
    store.redact(key, redaction(message, key))
    store.save(key, [stopped.revised(f"You said: {SENTENCE}", MessageStatus.INTERRUPTED)])

    assert words_in(held(store)) == []


def test_a_whole_reply_that_was_not_saved_yet_does_not_bring_it_back(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    reply = replace(placed("", 2), role=Role.ASSISTANT, status=MessageStatus.STREAMING)
    message, growing = store.append(key, [question(SAID)], reply=reply)
    base = store.draft(key)
    store.redact(key, redaction(message, key))
    whole = growing.revised(f"You said: {SENTENCE}", MessageStatus.COMPLETE)
    draft = Draft({"problem_statement": SENTENCE}, revision=1, base=base)
    ours.drafts.save(key, Unsaved({whole.id: whole}, draft))

    assert words_in(held(store)) == []


def test_a_decision_on_what_stood_there_before_is_a_conflict(store: Store) -> None:
    key = new_step(store)
    (message,) = store.append(key, [question(SAID)])
    (team,) = store.teams(key.workshop_id)
    basis = store.standing(key.team)
    store.redact(key, redaction(message, key))

    with pytest.raises(Conflict):
        confirm(store, team, key.step, artifact={"problem_statement": SENTENCE}, basis=basis)


def test_an_old_version_a_tab_holds_is_restored_as_it_is_stored(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    (team,) = store.teams(key.workshop_id)
    confirm(store, team, key.step, artifact={"problem_statement": SENTENCE})
    (version,) = store.versions(key)
    store.redact(key, redaction(message, key))
    reopen.restore(store, ours.drafts, key, version, actor="Ada", at=AT)

    assert store.draft(key).fields == {"problem_statement": MARKER}
    assert words_in(held(store)) == []


def test_undoing_a_start_over_gives_back_what_was_redacted(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    ours.drafts.edit(key, "problem_statement", SENTENCE)
    reopen.reset(store, ours.drafts, key, actor="Ada", at=AT)
    store.redact(key, redaction(message, key))
    (era,) = reset_archive.archived(store, key)
    assert era.draft == {"problem_statement": MARKER}
    reopen.undo(store, ours.drafts, key, actor="Ada", at=AT)

    assert store.draft(key).fields == {"problem_statement": MARKER}
    assert [each.text for each in store.messages(key)] == [MARKER]
    assert words_in(held(store)) == []


def test_a_reopening_is_still_undone_after_a_redaction(
    store: Store, server: Callable[[], Process]
) -> None:
    ours, key = server(), new_step(store)
    (message,) = store.append(key, [question(SAID)])
    (team,) = store.teams(key.workshop_id)
    for slug in ("challenge", "stakeholder-mapping", "user-research"):
        confirm(store, team, slug, artifact={"x": slug})
    before = {slug: state.status for slug, state in store.steps(key.team).items()}
    reopen.revise(store, ours.drafts, key, actor="Ada", at=AT)
    reopened = {slug: state.status for slug, state in store.steps(key.team).items()}
    store.redact(key, redaction(message, key))
    reopen.undo(store, ours.drafts, key, actor="Ada", at=AT)

    assert list(reopened.values()).count(Status.NEEDS_REGENERATION) >= 2
    assert {slug: state.status for slug, state in store.steps(key.team).items()} == before


def test_a_summary_made_meanwhile_does_not_bring_it_back(store: Store) -> None:
    key, message = everywhere(store)
    store.redact(key, redaction(message, key))
    store.remember(key, 0, Recollection(9, f"- {SENTENCE}\n- They went on."))
    found = store.recollection(key, 0)

    assert found is not None
    assert found.text == f"- {MARKER}.\n- They went on."
