"""The front door: a team joins by its link, a facilitator starts or resumes a workshop."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import escape

import streamlit as st

from lib import demo
from lib.access import links
from lib.facilitation import archive
from lib.store.errors import StoreUnavailable
from lib.team.process import Process
from lib.ui import buttons, gate, local_guide, navigation, page, problem, tab
from lib.ui.escape import escaped
from lib.ui.review import workshop_panel
from lib.workshop import steps
from lib.workshop.clock import utc_now
from lib.workshop.records import LANGUAGES, Team, Workshop
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import current_step
from lib.workshop.transcript import clean

#: Seconds after which progress is shown while the demo is created.
PATIENCE = 1.0

#: Limits of what a facilitator types, in characters, and how many teams one workshop has.
MAX_TITLE, MAX_CHALLENGE, MAX_TEAM_NAME, MAX_TEAMS = 120, 500, 60, 50


def show() -> None:
    """Draw the front door: for a team if the address holds its link, else for a facilitator."""
    process = page.begin("Welcome")
    with page.show_errors():
        navigation.leave(process)
        page.show_notice()
        if link := st.query_params.get(navigation.TEAM, ""):
            _join(process, links.team_by_link(process.store, link))
        else:
            _by_code(process)
            gate.open_or_stop(process, Action.LIST_WORKSHOPS)
            _welcome(process)
            gate.sign_out(process)


# A team joins


def _by_code(process: Process) -> None:
    """Draw the box for a team's code, which anyone may use."""
    with (
        st.form("code", border=False, clear_on_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right"),
    ):
        typed = st.text_input(
            "Your team's code",
            key="team-code",
            placeholder="K7WM-PX2Q",
            width=180,
        )
        pressed = buttons.submit("Join", key="join-by-code", icon=":material/login:")
    if not pressed:
        return
    who = st.context.ip_address
    try:
        team = links.team_by_code(process.store, typed, who if isinstance(who, str) else "here")
    except AccessRefused as exc:
        st.error(str(exc))
    except StoreUnavailable as exc:
        st.warning(f"Couldn't check your code, which is still in the box. Try again. {exc}")
    else:
        st.query_params[navigation.TEAM] = team.link
        st.rerun()


def _join(process: Process, team: Team) -> None:
    workshop = process.store.workshop(team.workshop_id)
    if workshop.erase_at is not None:
        workshop_panel.closed(workshop.erase_at)
        return
    states = process.store.steps(team.key)
    current = current_step({step: state.status for step, state in states.items()})
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.html('<p class="brand">Throughline</p>')
        st.title(f"Welcome, {escaped(team.name)}", anchor=False)
        st.markdown(f"**{escaped(workshop.title)}**")
        st.markdown(escaped(workshop.challenge))
        with st.form("join", border=True):
            name = st.text_input(
                "Your name",
                key="member-name",
                value=tab.member(),
                placeholder="What your team calls you",
                help="Shown next to what you write. Optional.",
            )
            wrong = problem.place("join")
            entered = buttons.submit(
                "Go to our workshop", key="enter", type="primary", width="stretch"
            )
        member = clean(name).strip()
        if entered and (long := problem.too_long("name", member, MAX_TEAM_NAME)):
            wrong.error(long)
        elif entered:
            tab.set_member(member)
            query = navigation.query(team.link, tab.member())
            st.switch_page(navigation.STEP_PAGES[current], query_params=query)


# A facilitator starts or resumes


def _welcome(process: Process) -> None:
    _masthead()
    if not gate.may(process, Action.START_WORKSHOP):
        _resume(process)
        return
    start, resume = st.columns([5, 4], gap="large")
    with start:
        _start(process)
    with resume:
        local_guide.show(process)
        _demo(process)
        _resume(process)


def _masthead() -> None:
    """Introduce the app: one sentence, and the line of steps."""
    knots = "".join(f"<li>{escape(step.name)}</li>" for step in steps.STEPS)
    st.container(key="masthead").html(
        '<header class="masthead"><p class="brand">Throughline</p>'
        "<h1>From a vague challenge to a validated concept</h1>"
        f'<p class="lead">A design-thinking workshop in {len(steps.STEPS)} guided steps. Your teams talk, a guide '
        "asks one question at a time, and everything they write is saved.</p>"
        f'<ol class="thread" aria-label="The steps">{knots}</ol></header>'
    )


def _demo(process: Process) -> None:
    with st.container(border=True, key="demo"):
        st.subheader("Look around first", anchor=False)
        st.markdown(
            f"“{demo.TITLE}”: one afternoon, five teams at different steps. "
            "It is a real workshop: write and revise as you like."
        )
        pressed = buttons.button("Open the demo", key="open-demo", icon=":material/play_circle:")
    if pressed:
        gate.ask(process, Action.OPEN_DEMO)
        workshop = _open_demo(process, gate.owner(process))
        st.switch_page(navigation.REVIEW, query_params={navigation.WORKSHOP: workshop.id})


def _open_demo(process: Process, owner: str) -> Workshop:
    """Open the demo; show progress if it must be created first and that takes long."""
    shares = [0.0]
    place, began = st.empty(), time.monotonic()
    # In its own thread: a second press must not interrupt it half-way.
    with ThreadPoolExecutor(1) as worker:
        opening = worker.submit(
            demo.open_or_create, process.store, process.drafts, utc_now(), shares.append, owner
        )
        while not opening.done():
            if time.monotonic() - began > PATIENCE:
                place.progress(shares[-1], "Preparing the demo …")
            time.sleep(0.05)
    return opening.result()


def _start(process: Process) -> None:
    st.subheader("Start a workshop", anchor=False)
    with st.form("start"):
        title = st.text_input("Title", key="title", placeholder="Newcomers at the fire brigade")
        challenge = st.text_area(
            "The challenge in a sentence",
            key="challenge",
            height=90,
            placeholder="Half of the people who join us leave again within a year.",
        )
        names = st.text_area(
            "Teams, one per line",
            key="teams",
            height=110,
            placeholder="Ladder crew\nHose crew",
            help="Each team gets its own link.",
        )
        language = st.selectbox(
            "Language",
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key="language",
            help="The guide asks in this language. An AI model then answers in the language the team uses.",
        )
        wrong = problem.place("start")
        pressed = buttons.submit(
            "Start", key="start-workshop", type="primary", icon=":material/play_arrow:"
        )
    if pressed:
        with wrong:
            _begin(
                process,
                clean(title).strip(),
                clean(challenge).strip(),
                _names(clean(names)),
                language,
            )


def _names(text: str) -> list[str]:
    return [name for line in text.splitlines() if (name := " ".join(line.split()))]


def _begin(process: Process, title: str, challenge: str, names: list[str], language: str) -> None:
    if sentence := _problem(title, challenge, names):
        st.error(escaped(sentence))
        return
    owner = gate.owner(process)
    try:
        with (
            gate.acting(process, Action.START_WORKSHOP),
            buttons.once("start", title, challenge, *names, language, owner) as id_,
        ):
            workshop = Workshop(id_, title, challenge, utc_now(), language, owner=owner)
            archive.start(process.store, workshop, names)
    except StoreUnavailable as exc:
        st.error(f"Couldn't start the workshop. {exc} Your text is still here. Press Start again.")
        return
    tab.notify("Your workshop is ready. Give each team its link.")
    st.switch_page(navigation.REVIEW, query_params={navigation.WORKSHOP: workshop.id})


def _problem(title: str, challenge: str, names: list[str]) -> str:
    """Return a sentence about the first invalid input, empty if all is valid."""
    if not title:
        return "Please give the workshop a title."
    if not challenge:
        return "Please describe the challenge in one sentence."
    if long := problem.too_long("title", title, MAX_TITLE) or problem.too_long(
        "challenge", challenge, MAX_CHALLENGE
    ):
        return long
    if not names:
        return "Please name at least one team."
    if len(names) > MAX_TEAMS:
        return f"A workshop can have at most {MAX_TEAMS} teams, and you entered {len(names)}."
    folded = [name.casefold() for name in names]
    if twice := next((name for name in names if folded.count(name.casefold()) > 1), ""):
        return f"Two teams are called “{twice}”. Please give each team a different name."
    if long := next((name for name in names if len(name) > MAX_TEAM_NAME), ""):
        return f"“{long[:20]}…” is too long for a team's name ({MAX_TEAM_NAME} characters)."
    return ""


def _resume(process: Process) -> None:
    st.subheader("Resume a workshop", anchor=False)
    shelves = archive.by_state(gate.workshops(process), utc_now())
    workshops = shelves.live
    if not workshops:
        st.caption("No workshops yet. Workshops you start appear here, with a link for each team.")
    for workshop in workshops[:20]:
        _row(process, workshop)
    if len(workshops) > 20:
        st.page_link(navigation.REVIEW, label=f"All {len(workshops)} workshops")
    workshop_panel.put_away(process, shelves)


def _row(process: Process, workshop: Workshop) -> None:
    with st.container(border=True):
        st.markdown(f"**{escaped(workshop.title)}**")
        st.caption(f"{escaped(workshop.challenge)} · {_day(workshop.created_at)}")
        with st.container(horizontal=True):
            st.page_link(
                navigation.REVIEW,
                label="Review",
                icon=":material/table_chart:",
                query_params={navigation.WORKSHOP: workshop.id},
            )
            if gate.may(process, Action.SEE_LINKS, workshop.id):
                _team_links(process.store.teams(workshop.id))


def _team_links(teams: list[Team]) -> None:
    """Draw each team's link, which opens the workshop as that team."""
    for team in teams:
        st.page_link(
            navigation.FRONT_DOOR,
            label=escaped(team.name),
            icon=":material/group:",
            help=f"Open the workshop as {escaped(team.name)}",
            query_params={navigation.TEAM: team.link},
        )


def _day(at: datetime) -> str:
    return f"{at:%d %B %Y}"
