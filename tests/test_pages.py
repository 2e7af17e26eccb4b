"""The pages a team and its facilitator walk through: what they show, store, refuse and survive."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from streamlit.testing.v1 import AppTest

from lib.guide.port import GuideError
from lib.settings import Settings
from lib.store.errors import StoreUnavailable
from lib.store.port import LEASE
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons, escape, navigation
from lib.ui.components import bubbles
from lib.ui.front_door import MAX_CHALLENGE, MAX_TEAM_NAME, MAX_TEAMS, MAX_TITLE
from lib.ui.pending_clicks import Press
from lib.workshop import roles as permissions
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Team, Workshop
from lib.workshop.rights import NO_TEAM
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import Event, Status
from lib.workshop.transcript import MAX_CHARACTERS, Message, MessageStatus, Role
from tests import pages
from tests.fakes import FakeGuide, eventually, placed, proposal, question
from tests.pages import WatchedStore, box, conversation, entry, heading, keys, links
from tests.test_debouncer import FakeClock

CHALLENGE = navigation.STEP_PAGES["challenge"]
STAKEHOLDERS = navigation.STEP_PAGES["stakeholder-mapping"]

START = "start-workshop"
JOIN = "enter"


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def guide() -> FakeGuide:
    return FakeGuide()


@pytest.fixture(autouse=True)
def process(store: WatchedStore, guide: FakeGuide) -> Iterator[Process]:
    with pages.running(store, guide) as process:
        yield process
        guide.go_on()


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return pages.new_team(store)


def stored(store: WatchedStore, team: Team, step: str = "challenge") -> list[Message]:
    return store.inner.messages(team.step_key(step))


def said(store: WatchedStore, team: Team, step: str = "challenge") -> list[str]:
    """Return what people said, as it is stored."""
    return [each.text for each in stored(store, team, step) if each.role is Role.USER]


def write(
    store: WatchedStore,
    team: Team,
    *texts: str,
    step: str = "challenge",
    last: MessageStatus = MessageStatus.COMPLETE,
) -> None:
    """Store a conversation, people and guide in turns, that ends with the guide."""
    roles = [Role.ASSISTANT, Role.USER]
    messages = [
        Message(new_id(), roles[place % 2], "Ada", text, datetime.now(UTC))
        for place, text in enumerate(reversed(texts))
    ][::-1]
    messages[-1] = messages[-1].revised(messages[-1].text, last)
    store.inner.append(team.step_key(step), messages)


def statuses(store: WatchedStore, team: Team) -> list[Status]:
    return [state.status for state in store.inner.steps(team.key).values()]


def settled_page(app: AppTest) -> AppTest:
    """Run a page that may have been drawn while a reply was still being written."""
    return pages.drawn(app.run())


# The front door: a workshop starts


def start(app: AppTest, title: str, challenge: str, teams: str) -> AppTest:
    app.text_input(key="title").input(title)
    app.text_area(key="challenge").input(challenge)
    app.text_area(key="teams").input(teams)
    return pages.drawn(app.button(key=START).click().run())


def test_starting_a_workshop_gives_each_team_a_link_and_leads_to_the_review(
    store: WatchedStore,
) -> None:
    app = start(pages.opened(navigation.FRONT_DOOR), " Newcomers ", "They leave.", "Ladder\n\nHose")
    (workshop,) = store.inner.workshops()
    teams = store.inner.teams(workshop.id)

    assert (workshop.title, [team.name for team in teams]) == ("Newcomers", ["Ladder", "Hose"])
    assert "Newcomers" in app.title[0].value
    assert app.query_params[navigation.WORKSHOP] == workshop.id
    assert "ready" in app.info[0].value
    assert [code.value.partition("?team=")[2] for code in app.code] == [t.link for t in teams]
    assert [statuses(store, team) for team in teams] == [
        [Status.IN_PROGRESS, *[Status.NOT_STARTED] * 9]
    ] * 2


def test_a_workshop_in_another_language_is_asked_in_it(
    store: WatchedStore, guide: FakeGuide
) -> None:
    app = pages.opened(navigation.FRONT_DOOR)
    app.selectbox(key="language").select("de")
    start(app, "Neulinge", "Die Hälfte geht wieder.", "Leiter")
    (workshop,) = store.inner.workshops()
    (team,) = store.inner.teams(workshop.id)
    pages.opened_step(team, "challenge")

    assert workshop.language == "de"
    assert [each.language for each in guide.requests] == ["de"]


@pytest.mark.parametrize(
    ("title", "challenge", "teams", "sentence"),
    [
        ("", "They leave.", "Ladder", "Please give the workshop a title."),
        (" \x00 ", "They leave.", "Ladder", "Please give the workshop a title."),
        ("Newcomers", "  ", "Ladder", "Please describe the challenge in one sentence."),
        ("Newcomers", "They leave.", " \n \x00 \n", "Please name at least one team."),
        ("Newcomers", "They leave.", "Ladder\nHose\nladder ", "Two teams are called “Ladder”"),
        (
            "Newcomers",
            "They leave.",
            "\n".join(map(str, range(MAX_TEAMS + 1))),
            f"A workshop can have at most {MAX_TEAMS} teams, and you entered {MAX_TEAMS + 1}.",
        ),
        ("Newcomers", "They leave.", "x" * (MAX_TEAM_NAME + 1), "is too long for a team's name"),
        ("x" * (MAX_TITLE + 1), "They leave.", "Ladder", "The title is 1 character too long"),
        (
            "Newcomers",
            "x" * (MAX_CHALLENGE + 190),
            "Ladder",
            "The challenge is 190 characters too long",
        ),
    ],
    ids=[
        "no title",
        "NUL title",
        "no challenge",
        "no team",
        "twins",
        "many teams",
        "long name",
        "long title",
        "long challenge",
    ],
)
def test_what_is_wrong_with_a_new_workshop_is_said_and_what_was_typed_stays(
    store: WatchedStore, title: str, challenge: str, teams: str, sentence: str
) -> None:
    app = start(pages.opened(navigation.FRONT_DOOR), title, challenge, teams)

    assert escape.escaped(sentence) in app.error[0].value
    assert (app.text_input(key="title").value, app.text_area(key="challenge").value) == (
        title,
        challenge,
    )
    assert app.text_area(key="teams").value == teams
    assert store.written == []


@pytest.mark.parametrize(
    ("title", "challenge"),
    [("x" * (MAX_TITLE + 1), "They leave."), ("Newcomers", "x" * (MAX_CHALLENGE + 1))],
    ids=["title", "challenge"],
)
def test_a_text_that_only_a_forged_browser_can_send_starts_nothing(
    store: WatchedStore, title: str, challenge: str
) -> None:
    app = start(pages.opened(navigation.FRONT_DOOR), title, challenge, "Ladder")

    assert app.error
    assert store.written == []


def test_what_no_database_can_hold_is_left_out_of_names(store: WatchedStore) -> None:
    start(pages.opened(navigation.FRONT_DOOR), "New\x00comers", "They\x00 leave.", "Lad\x00der")
    (workshop,) = store.inner.workshops()

    assert (workshop.title, workshop.challenge) == ("Newcomers", "They leave.")
    assert [team.name for team in store.inner.teams(workshop.id)] == ["Ladder"]


def test_a_name_in_a_complaint_is_shown_as_text() -> None:
    app = start(pages.opened(navigation.FRONT_DOOR), "Newcomers", "They leave.", "![](x)\n![](x)")

    assert escape.escaped("![](x)") in app.error[0].value


def test_a_workshop_that_cannot_be_stored_is_not_lost_from_the_form(store: WatchedStore) -> None:
    app = pages.opened(navigation.FRONT_DOOR)
    create, store.inner.create_workshop = store.inner.create_workshop, away  # type: ignore[method-assign]
    start(app, "Newcomers", "They leave.", "Ladder")

    assert "Couldn't start the workshop" in app.error[0].value
    assert app.text_input(key="title").value == "Newcomers"

    store.inner.create_workshop = create  # type: ignore[method-assign]
    app.button(key=START).click().run()

    assert len(store.inner.workshops()) == 1


def test_a_workshop_of_which_nobody_knows_whether_it_was_stored_is_started_once(
    store: WatchedStore,
) -> None:
    create = store.inner.create_workshop

    def cut_off(workshop: Workshop, teams: Sequence[Team]) -> None:
        create(workshop, teams)
        raise StoreUnavailable("The database is away.")

    app = pages.opened(navigation.FRONT_DOOR)
    store.inner.create_workshop = cut_off  # type: ignore[method-assign]
    start(app, "Newcomers", "They leave.", "Ladder")
    store.inner.create_workshop = create  # type: ignore[method-assign]
    app.button(key=START).click().run()
    (workshop,) = store.inner.workshops()

    assert app.title[0].value == "Newcomers"
    assert len(store.inner.teams(workshop.id)) == 1


def test_a_workshop_that_was_started_is_listed_with_a_way_in_for_each_team(team: Team) -> None:
    ways = links(pages.opened(navigation.FRONT_DOOR))

    assert ways["Review"] == ("review", {navigation.WORKSHOP: team.workshop_id})
    assert ways["Ladder crew"] == ("", {navigation.TEAM: team.link})


def test_names_in_the_list_are_shown_as_text(store: WatchedStore) -> None:
    pages.new_team(store, "![x](http://example.org)")

    assert escape.escaped("![x](http://example.org)") in links(pages.opened(navigation.FRONT_DOOR))


# The front door: a team comes in


def test_a_teams_link_leads_through_a_name_to_its_current_step(
    store: WatchedStore, team: Team
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    app = pages.opened(navigation.FRONT_DOOR, team=team.link)

    assert heading(app) == "Welcome, Ladder crew"

    app.text_input(key="member-name").input(" Ada\x00 ")
    pages.drawn(app.button(key=JOIN).click().run())

    assert heading(app) == "2. Stakeholder Mapping"
    assert app.query_params == {"team": team.link, "member": "Ada"}


def test_a_name_may_be_left_out(team: Team) -> None:
    app = pages.opened(navigation.FRONT_DOOR, team=team.link)
    pages.drawn(app.button(key=JOIN).click().run())

    assert heading(app) == "1. Challenge"
    assert app.query_params == {"team": team.link}


@pytest.mark.parametrize("file", [navigation.FRONT_DOOR, CHALLENGE])
@pytest.mark.parametrize("link", ["A" * 32, "short", "\x00", "' OR 1=1 --", "ü" * 32, "x" * 10_000])
def test_every_link_that_opens_nothing_is_refused_in_the_same_words(
    store: WatchedStore, team: Team, file: str, link: str
) -> None:
    app = pages.opened(file, team=link)

    assert app.title[0].value == "You don't have access to this page"
    assert app.error[0].value.startswith("This link does not open a team.")
    assert links(app) == {"Go to the start page": ("", {})}
    assert store.written == []


def test_a_step_without_a_link_is_refused_like_a_wrong_one() -> None:
    assert pages.opened(CHALLENGE).error[0].value.startswith("This link does not open a team.")


def test_the_link_and_the_name_go_along_to_every_step(store: WatchedStore, team: Team) -> None:
    pages.bring_to(store, team, "persona")
    ways = links(pages.opened_step(team, "challenge", "Ada Ö&="))

    assert ways["Next"] == ("stakeholder-mapping", {"team": team.link, "member": "Ada Ö&="})
    assert ways["5. Persona Development"][1] == {"team": team.link, "member": "Ada Ö&="}
    assert "6. Journey Mapping" not in ways


# The greeting


def test_the_greeting_comes_once_however_often_the_page_runs_and_in_two_tabs(
    store: WatchedStore, team: Team
) -> None:
    tabs = [pages.opened_step(team, "challenge", name) for name in ("Ada", "Ben")]
    for tab in tabs * 3:
        settled_page(tab)

    assert [conversation(tab) for tab in tabs] == [["Well."], ["Well."]]
    assert len(stored(store, team)) == 1


def test_the_greeting_comes_once_to_tabs_that_open_while_it_is_written(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    process.replies.ensure_answered(team.step_key("challenge"), [])
    guide.hold()
    process.replies.ensure_answered(team.step_key("challenge"), [])
    guide.go_on()

    assert conversation(pages.opened_step(team, "challenge")) == ["Well."]
    assert len(stored(store, team)) == len(guide.requests) == 1


def test_a_sentence_at_the_top_stays_while_the_guide_writes_and_goes_with_the_next_step(
    store: WatchedStore, team: Team, guide: FakeGuide
) -> None:
    guide.hold()
    guide.queue = [["Good", " morning", proposal({})]]
    threading.Timer(1.0, guide.go_on).start()
    app = pages.opened_step(team, "concept")

    assert conversation(app) == ["Good morning"]
    assert "Concept Development is not open yet" in app.info[0].value
    assert not pages.moved(app, CHALLENGE, team=team.link).info


# Steps: locked, complete, left


def test_a_locked_step_leads_to_the_current_one_with_a_sentence(
    store: WatchedStore, team: Team
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    app = pages.opened_step(team, "concept")

    assert heading(app) == "2. Stakeholder Mapping"
    assert "Concept Development is not open yet" in app.info[0].value
    assert "Stakeholder Mapping" in app.info[0].value
    assert app.query_params == {"team": team.link, "member": "Ada"}
    assert stored(store, team, "concept") == []

    assert not pages.moved(app, STAKEHOLDERS, team=team.link).info


def test_looking_at_a_complete_step_changes_nothing(store: WatchedStore, team: Team) -> None:
    write(store, team, "They leave.", "Why?")
    pages.bring_to(store, team, "stakeholder-mapping")
    before = (statuses(store, team), store.inner.events(team.workshop_id), stored(store, team))
    app = pages.opened_step(team, "challenge")
    settled_page(app)

    assert conversation(app) == ["They leave.", "Why?"]
    assert pages.box(app) is None
    assert "confirm" not in keys(app)
    assert not app.text_area
    assert "complete" in app.info[0].value
    assert store.written == []
    assert before == (
        statuses(store, team),
        store.inner.events(team.workshop_id),
        stored(store, team),
    )


def test_nothing_can_be_sent_to_a_complete_step(store: WatchedStore, team: Team) -> None:
    write(store, team, "They leave.", "Why?")
    pages.bring_to(store, team, "stakeholder-mapping")
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", entry("One more thing"))

    assert said(store, team) == ["They leave."]


@pytest.mark.parametrize("file", [STAKEHOLDERS, navigation.REVIEW, navigation.FRONT_DOOR])
def test_what_a_page_left_unsaved_is_saved_before_the_next_one_reads_anything(
    store: WatchedStore, team: Team, process: Process, file: str
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    key = team.step_key("stakeholder-mapping")
    app = pages.opened_step(team, "stakeholder-mapping")
    process.autosave.flush(key)
    revision = store.inner.draft(key).revision + 1
    process.autosave.note(key, (), Draft({"stakeholders": [{"name": "Kurt"}]}, revision=revision))
    store.calls.clear()
    pages.moved(app, CHALLENGE if file == STAKEHOLDERS else file, team=team.link)

    assert store.calls[0][:1] + store.calls[0][1][:1] == ("save", key)
    assert store.inner.draft(key).revision == revision


def test_a_message_sent_in_the_moment_the_page_is_left_is_stored_by_the_next_one(
    store: WatchedStore, team: Team
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    app = pages.opened_step(team, "stakeholder-mapping")
    app.session_state[f"chat-box/{team.id}/stakeholder-mapping"] = {"outbox": [entry("Kurt!")]}
    pages.moved(app, CHALLENGE, team=team.link)

    assert said(store, team, "stakeholder-mapping") == ["Kurt!"]


def test_another_teams_link_in_the_same_tab_opens_the_other_team(
    store: WatchedStore, team: Team
) -> None:
    other = pages.new_team(store, "Hose crew")
    write(store, team, "Ours", "Well.")
    app = pages.opened_step(team, "challenge")
    pages.moved(app, CHALLENGE, team=other.link)

    assert conversation(app) == ["Well."]
    assert "Hose crew" in app.sidebar.caption[0].value


def test_the_first_step_has_no_way_back_and_the_last_no_next(
    store: WatchedStore, team: Team
) -> None:
    assert not {"Back", "Next"} & links(pages.opened_step(team, "challenge")).keys()

    pages.bring_to(store, team, "validate")
    app = pages.opened_step(team, "validate")

    assert "Back" in links(app)
    assert "Next" not in [link.proto.label for link in app.page_link]

    pages.confirm(store, team, "validate")
    app = pages.opened_step(team, "validate")

    assert not {"Next", "On to"} & {link.proto.label for link in app.page_link}


def test_next_is_closed_until_the_step_is_confirmed(store: WatchedStore, team: Team) -> None:
    app = pages.opened_step(team, "challenge")
    (following,) = (link.proto for link in app.page_link if link.proto.label == "Next")

    assert following.disabled
    assert following.help == "Confirm this step first."


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_step_has_a_page_of_its_own_that_draws(
    store: WatchedStore, team: Team, step: str
) -> None:
    pages.bring_to(store, team, step)
    app = pages.opened_step(team, step)
    about = steps.step(step)

    assert heading(app) == f"{about.number}. {about.name}"
    assert conversation(app) == ["Well."]


# What is sent


def test_a_message_is_stored_once_however_often_the_browser_repeats_it(
    store: WatchedStore, team: Team, guide: FakeGuide
) -> None:
    app = pages.opened_step(team, "challenge")
    sent = entry("They leave.")
    for _ in range(4):
        pages.send(app, team, "challenge", sent)
    other = pages.opened_step(team, "challenge", "Ben")
    pages.send(other, team, "challenge", sent)

    assert said(store, team) == ["They leave."]
    assert conversation(settled_page(app)) == ["Well.", "They leave.", "Well."]
    assert len(guide.requests) == 2
    assert (pages.box(app) or {})["settled"] == [sent["id"]]


def test_several_messages_are_stored_in_the_order_they_were_sent(
    store: WatchedStore, team: Team
) -> None:
    app = pages.opened_step(team, "challenge")
    sent = [entry(text) for text in ("one", "two", "three")]
    pages.send(app, team, "challenge", sent[0])
    pages.send(app, team, "challenge", *sent)

    assert said(store, team) == ["one", "two", "three"]


def test_a_message_carries_the_name_of_who_sent_it_or_the_teams(
    store: WatchedStore, team: Team
) -> None:
    for name in ("Ada", "", "x" * 100):
        pages.send(pages.opened_step(team, "challenge", name), team, "challenge", entry("Hello"))
    authors = [each.author for each in stored(store, team) if each.role is Role.USER]

    assert authors == ["Ada", "Ladder crew", "x" * 60]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The message is empty"),
        (" \n\t ", "The message is empty"),
        ("\x00", "The message is empty"),
        ("x" * (MAX_CHARACTERS + 1), "please send it in parts"),
    ],
    ids=["empty", "blank", "NUL", "too long"],
)
def test_a_refused_text_comes_back_with_a_sentence_and_is_not_stored(
    store: WatchedStore, team: Team, text: str, sentence: str
) -> None:
    app = pages.opened_step(team, "challenge")
    sent = entry(text)
    pages.send(app, team, "challenge", sent)
    told = pages.box(app) or {}

    assert [each["id"] for each in told["refused"]] == [sent["id"]]
    assert sentence in told["refused"][0]["sentence"]
    assert said(store, team) == []

    pages.send(app, team, "challenge")

    assert (pages.box(app) or {})["refused"] == []


def test_a_refused_text_does_not_hold_up_the_others(store: WatchedStore, team: Team) -> None:
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", entry(" "), entry("They leave."))

    assert said(store, team) == ["They leave."]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("\ud83d\ude00", "😀"),
        ("مرحبا 👩‍👩‍👧", "مرحبا 👩‍👩‍👧"),
        (" two\n\nlines ", " two\n\nlines "),
    ],
    ids=["NUL", "half a character", "two halves", "other scripts", "lines"],
)
def test_a_text_is_stored_to_the_letter_but_for_what_no_database_can_hold(
    store: WatchedStore, team: Team, typed: str, kept: str
) -> None:
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", entry(typed))

    assert said(store, team) == [kept]


@pytest.mark.parametrize(
    "forged",
    [
        {"id": "1", "text": "x"},
        {"id": "'; DROP TABLE messages", "text": "x"},
        {"id": 7, "text": "x"},
        {"id": None, "text": "x"},
        {"text": "x"},
        {"id": "01900000-0000-7000-8000-000000000000", "text": 7},
        "text",
        None,
    ],
)
def test_what_no_box_of_ours_would_send_is_passed_over(
    store: WatchedStore, team: Team, forged: object
) -> None:
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", forged, entry("Real"))

    assert said(store, team) == ["Real"]


@pytest.mark.parametrize("outbox", [None, 7, "text", {"0": {"id": "x"}}])
def test_an_outbox_that_is_none_is_passed_over(
    store: WatchedStore, team: Team, outbox: object
) -> None:
    app = pages.opened_step(team, "challenge")
    app.session_state[f"chat-box/{team.id}/challenge"] = {"outbox": outbox}
    settled_page(app)

    assert said(store, team) == []


def test_an_id_that_is_taken_in_another_step_does_not_overwrite_it(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "Ours", "Well.")
    taken = stored(store, team)[0].id
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", entry("Forged", taken))

    assert said(store, team) == ["Ours"]


# What was said


def test_a_long_conversation_shows_its_end_and_fifty_more_at_each_press(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, *(str(number) for number in range(1, 121)))
    app = pages.opened_step(team, "challenge")

    assert conversation(app) == [str(number) for number in range(71, 121)]

    app.button(key="show-earlier").click().run()

    assert conversation(app) == [str(number) for number in range(21, 121)]

    app.button(key="show-earlier").click().run()

    assert conversation(app) == [str(number) for number in range(1, 121)]
    assert "show-earlier" not in keys(app)


def test_what_another_tab_said_is_shown_at_the_next_look(store: WatchedStore, team: Team) -> None:
    app = pages.opened_step(team, "challenge")
    other = pages.opened_step(team, "challenge", "Ben")
    pages.send(other, team, "challenge", entry("From Ben"))

    assert conversation(settled_page(app))[:2] == ["Well.", "From Ben"]


HARMFUL = "![x](http://example.org/?q=1) <script>alert(1)</script> $a$ [link](javascript:x)"


def test_what_people_write_is_shown_as_text(store: WatchedStore, team: Team) -> None:
    write(store, team, HARMFUL, "Well.")
    app = pages.opened_step(team, "challenge")

    bubble, _ = pages.bubbles(app)

    assert (bubble.author, bubble.text) == ("Ada", HARMFUL)
    assert bubble.elements == []
    assert not any(each.proto.allow_html for each in app.markdown)


def test_what_the_guide_writes_is_markdown_without_pictures_and_html(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, f"**Well** {HARMFUL}")
    (bubble,) = pages.bubbles(pages.opened_step(team, "challenge"))

    assert "<script>alert(1)</script> $a$" in bubble.text
    assert {tag for tag, _ in bubble.elements} == {"p", "strong", "a"}
    assert [each["href"] for tag, each in bubble.elements if tag == "a"] == [
        "http://example.org/?q=1"
    ]


@pytest.mark.parametrize("backslashes", range(5))
@pytest.mark.parametrize("text", ["![x](http://e.org)", "![x][r]\n\n[r]: http://e.org", "![r]"])
def test_no_way_of_writing_a_picture_makes_one(
    store: WatchedStore, team: Team, text: str, backslashes: int
) -> None:
    write(store, team, "\\" * backslashes + text)
    (bubble,) = pages.bubbles(pages.opened_step(team, "challenge"))

    assert {tag for tag, _ in bubble.elements} <= {"p", "a"}


def test_text_that_markdown_would_make_more_of_reads_as_it_was_typed() -> None:
    assert escape.escaped("Title\n=====") == "Title \\=\\=\\=\\=\\="
    assert escape.escaped("AT&amp;T") == "AT\\&amp;T"


@pytest.mark.parametrize("backslashes", range(5))
def test_no_number_of_backslashes_makes_a_picture_or_a_formula(backslashes: int) -> None:
    for sign in ("![x](y)", "$x$"):
        made = escape.markdown("\\" * backslashes + sign)
        before = len(made) - len(made.lstrip("\\"))

        assert before % 2 == 1
        assert made.lstrip("\\").startswith(sign[0])


def test_names_and_titles_are_shown_as_text(store: WatchedStore) -> None:
    team = pages.new_team(store, "![x](http://example.org)")
    write(store, team, "Hello", "Well.")
    app = pages.opened_step(team, "challenge", "**Ada** ![x](y)")
    pages.send(app, team, "challenge", entry("Hello"))

    assert escape.escaped(team.name) in app.sidebar.caption[0].value
    assert pages.bubbles(app)[2].author == "**Ada** ![x](y)"


def test_long_messages_are_folded_wherever_they_stand(store: WatchedStore, team: Team) -> None:
    write(store, team, "x" * 10_000, "y" * 10_000, "Well.", "z" * 10_000)
    app = pages.opened_step(team, "challenge")

    assert not app.exception
    assert [len(text) < 5_000 for text in conversation(app)[:4]] == [True] * 4


def test_a_long_message_is_folded_until_somebody_asks_for_all_of_it(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "x" * 10_000, "Well.")
    app = pages.opened_step(team, "challenge")

    assert len(conversation(app)[0]) < 5_000

    app.button(key=f"unfold/{stored(store, team)[0].id}").click().run()

    assert conversation(app)[0] == "x" * 10_000


# Unfinished replies


def test_retry_goes_on_with_the_turn_of_an_interrupted_reply(
    store: WatchedStore, team: Team, guide: FakeGuide
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.INTERRUPTED)
    before = stored(store, team)
    guide.queue = [["So you say.", proposal({})]]
    app = pages.opened_step(team, "challenge")

    assert any("interrupted" in each.value for each in app.markdown)
    assert pages.box(app) is not None

    app.button(key="retry").click().run()
    after = stored(store, team)

    assert [each.id for each in after] == [each.id for each in before]
    assert conversation(settled_page(app)) == ["They leave.", "So you say."]
    assert after[-1].status is MessageStatus.COMPLETE
    assert "retry" not in keys(app)


def test_what_the_guide_says_about_its_failure_stands_beside_retry(
    store: WatchedStore, team: Team, guide: FakeGuide
) -> None:
    write(store, team, "Hello", "Well.")
    guide.queue = [["Half", GuideError("The guide is *busy*.")]]
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", entry("They leave."))

    assert any(escape.escaped("The guide is *busy*.") in each.value for each in app.markdown)
    assert "retry" in keys(app)


def test_retry_while_the_database_is_away_leaves_everything_as_it_was(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.INTERRUPTED)
    app = pages.opened_step(team, "challenge")
    store.away = True
    pages.drawn(app.button(key="retry").click().run())

    assert conversation(app) == ["They leave.", "So you"]
    assert "retry" in keys(app)


def test_stop_ends_a_reply_and_keeps_what_was_written(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    key = team.step_key("challenge")
    guide.hold()
    process.replies.ensure_answered(key, [])
    live = process.replies.live(key)
    assert live is not None
    assert eventually(lambda: live.text == "Well")
    process.replies.stop(key, live.id)
    app = pages.opened_step(team, "challenge")

    assert conversation(app) == ["Well"]
    assert "retry" in keys(app)


# Suggested replies


def suggested(app: AppTest) -> list[str]:
    """Return the suggested replies on the page."""
    return list((pages.box(app) or {})["suggested"]["texts"])


def suggest(store: WatchedStore, team: Team, *texts: str) -> Message:
    """Store a whole reply that suggests *texts*."""
    message = Message(new_id(), Role.ASSISTANT, "Guide", "Who?", pages.NOW, suggestions=texts)
    store.inner.append(team.step_key("challenge"), [message])
    return message


def test_suggested_replies_are_offered_again_after_a_reload(
    store: WatchedStore, team: Team
) -> None:
    message = suggest(store, team, "Nurses.", "<b>Neighbours</b>")
    apps = [pages.opened_step(team, "challenge", name) for name in ("Ada", "Ben")]

    assert [suggested(app) for app in apps] == [["Nurses.", "<b>Neighbours</b>"]] * 2
    assert (pages.box(apps[0]) or {})["suggested"]["of"] == message.id


def test_suggested_replies_are_gone_once_something_was_said(
    store: WatchedStore, team: Team
) -> None:
    suggest(store, team, "Nurses.")
    app = pages.send(pages.opened_step(team, "challenge"), team, "challenge", entry("Nurses."))

    assert said(store, team) == ["Nurses."]
    assert suggested(settled_page(app)) == []


def test_nothing_is_suggested_while_a_reply_is_written_or_where_it_was_cut(
    store: WatchedStore, team: Team
) -> None:
    suggest(store, team, "Nurses.")
    write(store, team, "They leave.", "So", last=MessageStatus.STREAMING)
    assert suggested(pages.opened_step(team, "challenge")) == []

    write(store, team, "They leave.", "So", last=MessageStatus.INTERRUPTED)
    assert suggested(pages.opened_step(team, "challenge")) == []


def test_while_the_model_is_busy_the_page_says_when_it_goes_on(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    key = team.step_key("challenge")
    guide.hold()
    guide.queue.append(["", "Well", proposal({})])
    process.replies.ensure_answered(key, [])
    assert eventually(lambda: bool(guide.requests))
    guide.requests[0].on_wait(12.4)
    live = process.replies.live(key)
    assert live is not None
    shown = bubbles.growing("Guide", live.text, ceil(live.wait))
    assert "The guide is busy. It continues in 13 s." in shown

    guide.requests[0].on_wait(0.0)
    assert "thinking" in bubbles.growing("Guide", live.text, ceil(live.wait))


# Another reply, and what a reply changed


def answered(store: WatchedStore, team: Team, process: Process, *asked: Message) -> Message:
    """Have a question answered; return the answer."""
    key = team.step_key("challenge")
    process.replies.ask(key, list(asked) or [question("They leave.")])
    assert eventually(lambda: process.replies.live(key) is None)
    return stored(store, team)[-1]


def test_another_reply_takes_the_place_of_the_last_one_in_every_tab(
    store: WatchedStore, team: Team, guide: FakeGuide
) -> None:
    with pages.running(store, guide, settings=Settings(guide_model="m")) as process:
        guide.queue = [["First.", proposal({})], ["Second.", proposal({})]]
        answered(store, team, process)
        one, other = pages.opened_step(team, "challenge"), pages.opened_step(team, "challenge")
        pages.drawn(one.button(key="rewrite").click().run())

        assert conversation(settled_page(one)) == ["They leave.", "Second."]
        assert conversation(settled_page(other)) == ["They leave.", "Second."]
        assert [each.text for each in store.inner.discarded(team.step_key("challenge"))] == [
            "First."
        ]
        review = pages.opened(
            navigation.REVIEW,
            **{navigation.WORKSHOP: team.workshop_id, "at": team.id, "step": "challenge"},
        )
        assert [each.label for each in review.expander if "Replaced" in each.label] == [
            "Replaced replies: 1"
        ]


def test_the_script_offers_no_other_reply(
    store: WatchedStore, team: Team, process: Process
) -> None:
    answered(store, team, process)

    assert "rewrite" not in keys(pages.opened_step(team, "challenge"))


def test_what_a_reply_changed_is_named_and_can_be_undone(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    pages.draft(store, team, "challenge", {"target_user": "Nurses"})
    guide.queue = [["Well.", proposal({"target_user": "Cooks", "desired_outcome": "Sleep"})]]
    answered(store, team, process)
    app = pages.opened_step(team, "challenge")
    before = pages.panel(app)
    app = pages.press_line(app, "all", "undone")
    after = pages.panel(app)

    assert before is not None
    assert after is not None
    [reply] = before["replies"]
    assert [(each["label"], each["text"]) for each in reply["items"]] == [
        ("Who has it", "Cooks"),
        ("Desired outcome", "Sleep"),
    ]
    assert (before["newest"], before["open"]) == (reply["reply"], True)
    assert process.drafts.current(team.step_key("challenge")).fields == {"target_user": "Nurses"}
    assert after["replies"][0]["all"]["can"] == {"redo": True}
    assert len(after["settled"]) == 1


def test_what_was_edited_since_a_reply_is_not_offered_to_be_undone(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    guide.queue = [["Well.", proposal({"target_user": "Cooks"})]]
    answered(store, team, process)
    process.drafts.edit(team.step_key("challenge"), "target_user", "Night cooks")
    shown = pages.panel(pages.opened_step(team, "challenge"))

    assert shown is not None
    [reply] = shown["replies"]
    assert (reply["all"]["can"], reply["items"][0]["note"]) == ({}, "changed since")


@pytest.mark.parametrize("revoked", [False, True])
def test_an_open_tab_is_closed_with_its_link(
    store: WatchedStore, team: Team, *, revoked: bool
) -> None:
    """It shows nothing more of the conversation, although the tab still holds it."""
    store.inner.append(team.step_key("challenge"), [placed("Said before.", 1)])
    app = pages.opened_step(team, "challenge")
    before = conversation(app)
    store.inner.change_link(team.key, new_link(), revoked=revoked)
    app.run()

    assert "Said before." in before
    assert app.title[0].value == "You don't have access to this page"
    assert conversation(app) == []


@pytest.mark.parametrize("action", [Action.OPEN_STEP, Action.READ_ROOM])
def test_a_page_asks_whether_a_team_may_open_it(
    team: Team, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = permissions.Role.MEMBER
    allowed = {**permissions.ALLOWED, member: permissions.ALLOWED[member] - {action}}
    monkeypatch.setattr(permissions, "ALLOWED", allowed)
    app = pages.opened_step(team, "challenge")

    assert app.title[0].value == "You don't have access to this page"


def test_a_press_is_carried_out_once_however_often_the_page_runs(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    guide.queue = [["Well.", proposal({"target_user": "Cooks"})]]
    answered(store, team, process)
    key = team.step_key("challenge")
    app = pages.opened_step(team, "challenge")
    app = pages.press_line(app, "taken/0", "talk")
    process.drafts.edit(key, "target_user", "Cooks")
    pages.drawn(app.run())

    assert process.drafts.current(key).fields == {"target_user": "Cooks"}


def test_a_press_waits_while_the_database_is_away(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    guide.queue = [["Well.", proposal({"target_user": "Cooks"})]]
    answered(store, team, process)
    app = pages.opened_step(team, "challenge")
    store.away = True
    app = pages.press_line(app, "taken/0", "talk")
    settled = pages.panel(app)
    store.away = False
    pages.drawn(app.run())

    assert settled is not None
    assert settled["settled"] == []
    assert process.drafts.current(team.step_key("challenge")).fields == {}


def test_nothing_can_be_pressed_in_a_complete_step(
    store: WatchedStore, team: Team, process: Process, guide: FakeGuide
) -> None:
    guide.queue = [["Well.", proposal({"target_user": "Cooks"})]]
    answered(store, team, process)
    pages.confirm(store, team, "challenge")
    shown = pages.panel(pages.opened_step(team, "challenge"))

    assert shown is not None
    assert not shown["open"]


# A reply that another server writes


def growing(app: AppTest) -> list[str]:
    """Return what the messages that are being written say so far."""
    pieces = [each.value for each in app.get("html") if "bubble assistant growing" in each.value]
    return [pages.Bubbles(piece).found[-1].text.strip() for piece in pieces]


def test_a_reply_another_server_writes_is_drawn_as_growing_with_stop(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")

    assert growing(app) == ["So you"]
    assert conversation(app) == ["They leave.", "So you"]
    assert "stop" in keys(app)
    assert "retry" not in keys(app)
    assert store.written == []


def test_a_reply_without_a_word_yet_reads_as_thinking_on_every_server(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "They leave.", "", last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")

    assert growing(app) == ["The guide is thinking …"]


def test_a_long_reply_that_grows_is_not_folded(store: WatchedStore, team: Team) -> None:
    write(store, team, "They leave.", "x" * 10_000, last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")

    assert growing(app) == ["x" * 10_000]


def test_stop_ends_a_reply_another_server_writes(store: WatchedStore, team: Team) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")
    pages.drawn(app.button(key="stop").click().run())

    assert stored(store, team)[-1].status is MessageStatus.INTERRUPTED
    assert growing(app) == []
    assert conversation(app) == ["They leave.", "So you"]
    assert "stop" not in keys(app)
    assert "retry" in keys(app)


def test_stop_while_the_database_is_away_says_so_and_the_page_stays(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")
    store.away = True
    pages.drawn(app.button(key="stop").click().run())

    assert [each.value for each in app.toast] == [
        "Couldn't do that: The database is away. Try again in a moment."
    ]
    assert growing(app) == ["So you"]
    assert "stop" in keys(app)


def looked(copy: WorkingCopy, process: Process) -> bool:
    """Whether a look finds something that was not there before."""
    before = copy.seen["challenge"]
    copy.refresh(process, "challenge")
    return copy.seen["challenge"] != before


def test_a_reply_whose_writer_died_elsewhere_offers_retry_at_the_next_look(
    store: WatchedStore, team: Team, process: Process
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.STREAMING)
    app = pages.opened_step(team, "challenge")
    copy = WorkingCopy(team, store.inner.workshop(team.workshop_id))
    copy.refresh(process, "challenge")
    before = looked(copy, process)
    store.inner._clock = lambda: datetime.now(UTC) + timedelta(seconds=LEASE + 1)

    assert not before
    assert looked(copy, process)

    settled_page(app)

    assert growing(app) == []
    assert conversation(app) == ["They leave.", "So you"]
    assert "stop" not in keys(app)
    assert "retry" in keys(app)


def test_a_reply_that_grows_elsewhere_is_drawn_anew_as_it_grows_and_when_it_ends(
    store: WatchedStore, team: Team, process: Process
) -> None:
    write(store, team, "They leave.", "So you", last=MessageStatus.STREAMING)
    copy = WorkingCopy(team, store.inner.workshop(team.workshop_id))
    copy.refresh(process, "challenge")
    reply = stored(store, team)[-1]
    looks = []
    for text, status in [("So you say", MessageStatus.STREAMING), ("All.", MessageStatus.COMPLETE)]:
        reply = reply.revised(text, status)
        store.inner.save(team.step_key("challenge"), [reply])
        looks.append((looked(copy, process), copy.transcripts["challenge"][-1]))
        looks.append((looked(copy, process), reply))

    assert [is_new for is_new, _ in looks] == [True, False] * 2
    assert [each.text for _, each in looks] == ["So you say"] * 2 + ["All."] * 2


# Confirming


def test_confirm_is_closed_while_something_is_missing_and_says_what(
    store: WatchedStore, team: Team
) -> None:
    fields = {"hmw_statement": "How might we help?"}
    pages.draft(store, team, "challenge", fields)
    app = pages.opened_step(team, "challenge")
    missing = criteria.missing("challenge", fields, {})
    (fold,) = (each for each in app.expander if each.label == f"Still missing: {len(missing)}")

    assert app.button(key="confirm").disabled
    assert missing
    assert fold.markdown[0].value == "\n".join(f"- {escape.escaped(each)}" for each in missing)


def test_confirming_completes_the_step_opens_the_next_and_stores_what_was_confirmed(
    store: WatchedStore, team: Team
) -> None:
    pages.draft(store, team, "challenge")
    app = pages.opened_step(team, "challenge")
    pages.drawn(app.button(key="confirm").click().run())

    assert heading(app) == "2. Stakeholder Mapping"
    assert "Challenge is complete" in app.info[0].value
    assert statuses(store, team)[:3] == [
        Status.COMPLETE,
        Status.IN_PROGRESS,
        Status.NOT_STARTED,
    ]
    version = store.inner.artifacts(team.key)["challenge"]
    assert (version.version, version.confirmed_by) == (1, "Ada")
    assert version.fields == pages.outcome("challenge")
    assert [
        (each.step, each.event, each.actor)
        for each in store.inner.events(team.workshop_id)
        if each.actor
    ] == [
        ("challenge", Event.CONFIRM, "Ada"),
        ("stakeholder-mapping", Event.START, "Ada"),
    ]


def test_a_press_no_run_has_come_to_counts_on_its_own_page_and_on_no_other(
    store: WatchedStore, team: Team
) -> None:
    pages.draft(store, team, "challenge")
    app = pages.opened_step(team, "challenge")
    presses = app.session_state["tab"].presses
    presses.note(("confirm", "another page"), {})
    pages.drawn(app.run())

    assert statuses(store, team)[0] is Status.IN_PROGRESS
    assert presses.known() == {}

    # As a run leaves it that is given up right after it was noted.
    presses.note(place_of(app, "confirm"), {})
    pages.drawn(app.run())

    assert statuses(store, team)[0] is Status.COMPLETE
    assert presses.known() == {}


def test_a_run_at_its_end_forgets_no_press_that_the_next_one_has_noted(
    store: WatchedStore, team: Team
) -> None:
    pages.draft(store, team, "challenge")
    app = pages.opened_step(team, "challenge")
    confirm = place_of(app, "confirm")
    forget = buttons.forget

    def forget_late() -> None:
        app.session_state["tab"].presses.note(confirm, {})
        forget()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buttons, "forget", forget_late)
        pages.drawn(app.run())
    before = statuses(store, team)[0]
    pages.drawn(app.run())

    assert before is Status.IN_PROGRESS
    assert statuses(store, team)[0] is Status.COMPLETE


def place_of(app: AppTest, key: str) -> Press:
    """Return what a press of the button called *key* is known by on the page that is shown."""
    asked: list[Press] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buttons, "_take", asked.append)
        pages.drawn(app.run())
    return next(each for each in asked if each[0] == key)


def test_the_last_step_confirmed_is_the_end_of_the_workshop(
    store: WatchedStore, team: Team
) -> None:
    pages.bring_to(store, team, "validate")
    pages.draft(store, team, "validate")
    app = pages.opened_step(team, "validate")
    pages.drawn(app.button(key="confirm").click().run())

    assert set(statuses(store, team)) == {Status.COMPLETE}
    assert any("your workshop is complete" in each.value for each in app.info)
    assert "confirm" not in keys(app)


def test_a_step_somebody_else_confirmed_meanwhile_is_shown_as_complete(
    store: WatchedStore, team: Team
) -> None:
    pages.draft(store, team, "challenge")
    app = pages.opened_step(team, "challenge")
    pages.bring_to(store, team, "stakeholder-mapping")
    pages.drawn(app.button(key="confirm").click().run())

    assert len(store.inner.artifacts(team.key)) == 1
    assert "confirm" not in keys(app)
    assert pages.box(app) is None


# The database is away


def away(*_: object, **__: object) -> None:
    raise StoreUnavailable("The database is away.")


def test_an_open_page_keeps_what_it_shows_while_the_database_is_away(
    store: WatchedStore, team: Team
) -> None:
    write(store, team, *(str(number) for number in range(1, 61)))
    app = pages.opened_step(team, "challenge")
    before = conversation(app)
    store.away = True
    settled_page(app)

    assert conversation(app) == before
    assert not app.warning
    assert pages.box(app) is not None

    pages.drawn(app.button(key="show-earlier").click().run())

    assert conversation(app) == before


def test_what_is_sent_while_the_database_is_away_waits_in_the_box_and_is_stored_after(
    store: WatchedStore, team: Team
) -> None:
    app = pages.opened_step(team, "challenge")
    sent = entry("They leave.")
    store.away = True
    pages.send(app, team, "challenge", sent)

    assert (pages.box(app) or {})["settled"] == []
    assert said(store, team) == []

    store.away = False
    pages.send(app, team, "challenge", sent)

    assert said(store, team) == ["They leave."]
    assert (pages.box(app) or {})["settled"] == [sent["id"]]


def test_confirming_while_the_database_is_away_loses_nothing(
    store: WatchedStore, team: Team
) -> None:
    pages.draft(store, team, "challenge")
    app = pages.opened_step(team, "challenge")
    store.away = True
    pages.drawn(app.button(key="confirm").click().run())

    assert "Couldn't confirm this step" in app.warning[0].value
    assert statuses(store, team)[0] is Status.IN_PROGRESS


@pytest.mark.parametrize("file", [navigation.FRONT_DOOR, CHALLENGE, navigation.REVIEW])
def test_a_page_that_opens_while_the_database_is_away_says_so(
    store: WatchedStore, team: Team, file: str
) -> None:
    store.away = True
    app = pages.opened(file, team=team.link)

    assert "The database cannot be reached right now" in app.warning[0].value

    store.away = False
    settled_page(app)

    assert not app.warning


# What has been unsaved for long


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def timed(store: WatchedStore, guide: FakeGuide, clock: FakeClock) -> Iterator[Process]:
    """Put a process in place whose autosave goes by *clock*."""
    with pages.running(store, guide, clock) as assembled:
        yield assembled


def unsaved_lines(app: AppTest) -> list[str]:
    return [each.value for each in app.caption if each.value.startswith("Not saved since ")]


def test_one_line_says_what_has_been_unsaved_for_30_s_until_it_is_saved(
    timed: Process, clock: FakeClock, store: WatchedStore, team: Team
) -> None:
    app = settled_page(pages.opened_step(team, "challenge"))
    before = conversation(app)
    store.away = True
    timed.drafts.edit(team.step_key("challenge"), "target_user", "newcomers")
    clock.now = 30.0
    settled_page(app)

    assert unsaved_lines(app) == []

    clock.now = 30.1
    settled_page(app)

    assert len(unsaved_lines(app)) == 1
    assert conversation(app) == before
    assert not app.warning
    assert not app.error

    store.away = False
    clock.now = 60.0
    settled_page(app)

    assert unsaved_lines(app) == []
    assert store.inner.draft(team.step_key("challenge")).fields == {"target_user": "newcomers"}


def test_the_line_is_about_the_step_of_its_page_alone(
    timed: Process, clock: FakeClock, store: WatchedStore, team: Team
) -> None:
    pages.bring_to(store, team, "stakeholder-mapping")
    app = settled_page(pages.opened_step(team, "stakeholder-mapping"))
    store.away = True
    timed.autosave.note(team.step_key("challenge"), (), Draft({"problem": "x"}, revision=99))
    clock.now = 31.0
    settled_page(app)

    assert unsaved_lines(app) == []


@pytest.mark.parametrize("revoked", [True, False])
def test_a_link_that_is_changed_or_taken_away_closes_the_tabs_it_has_opened(
    store: WatchedStore, process: Process, revoked: bool
) -> None:
    team = pages.new_team(store)
    app = pages.opened_step(team, "challenge")
    copy = app.session_state["tab"].copy
    assert box(app) is not None
    store.inner.change_link(team.key, new_link(), revoked=revoked)
    with pytest.raises(AccessRefused):
        copy.refresh(process, "challenge")
    app.run()

    assert [error.value for error in app.error] == [NO_TEAM]
    assert box(app) is None
