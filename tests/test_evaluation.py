"""The evaluation finds what is wrong on purpose, and nothing in what is right."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from evaluation import __main__ as command
from evaluation import report
from evaluation.score import Score, score
from evaluation.walk import Walked, walk
from lib.guide.openai_compatible import ModelGuide, sentences
from lib.guide.openai_compatible.client import Client
from lib.guide.port import Guide, GuideError, Proposal, Request
from lib.guide.scripted import ScriptedGuide
from lib.workshop import steps
from lib.workshop.read_back import ReadBack
from lib.workshop.status import Phase
from lib.workshop.transcript import Role
from tests import recorded_workshop, terse_workshop
from tests.guide_server import KEY, MODEL, Answer, GuideServer
from tests.shadow import accepted, structured

RECORDINGS = pytest.mark.parametrize(
    "recording", [recorded_workshop, terse_workshop], ids=["fire-brigade", "lost-property"]
)


@cache
def scripted(recording: ModuleType) -> dict[str, Walked]:
    return walk(ScriptedGuide(pace=0), recording)


def walked(step: str) -> Walked:
    """Return a step of the fire brigade's workshop, to be spoiled."""
    return deepcopy(scripted(recorded_workshop)[step])


@pytest.fixture
def server() -> Iterator[GuideServer]:
    server = GuideServer()
    yield server
    server.close()


@RECORDINGS
def test_the_scripted_guide_is_valid_traced_and_keeps_within_its_lines(
    recording: ModuleType,
) -> None:
    scores = [score(each) for each in scripted(recording).values()]
    wrong = [
        (each.step, *each.invalid, *each.missing, *each.untraced, *each.boundaries, *each.questions)
        for each in scores
    ]

    assert wrong == [(step,) for step in steps.SLUGS]
    assert sum(each.claims for each in scores) >= 16
    assert [each.failures for each in scores] == [()] * 10


# Wrong on purpose


def test_an_artifact_that_is_not_whole_is_not_valid() -> None:
    spoiled = walked("challenge")
    del spoiled.draft["target_user"]

    assert len(score(spoiled).invalid) == 1


def test_a_draft_that_is_valid_and_not_good_enough_lacks_something() -> None:
    spoiled = walked("user-research")
    for insight in spoiled.draft["insights"]:
        insight["source"] = "Jonas"
    result = score(spoiled)

    assert result.invalid == ()
    assert len(result.missing) == 1


@pytest.mark.parametrize(
    ("step", "path", "value"),
    [
        ("persona", ("personas", 0, "quote"), "I have always dreamt of a big red truck."),
        ("persona", ("personas", 0, "age"), 87),
        ("persona", ("personas", 0, "bio"), "She told us: “Nobody ever listens to the young.”"),
        ("user-research", ("insights", 0, "finding"), "73 % of newcomers leave"),
        ("user-research", ("insights", 0, "quote"), "I nearly went to the moon"),
        ("validate", ("narrative",), "We spoke to 4,711 people."),
    ],
)
def test_a_quote_or_a_number_from_nowhere_is_found(
    step: str, path: tuple[Any, ...], value: object
) -> None:
    spoiled = walked(step)
    place: Any = spoiled.draft
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    result = score(spoiled)

    assert [each.partition(":")[0] for each in result.untraced] == [" › ".join(map(str, path))]
    assert result.claims > len(result.untraced)


def test_what_the_guide_said_itself_is_no_evidence_unless_it_is_marked_as_played() -> None:
    quote = "I only ever see the yard in the dark"
    spoiled = walked("user-research")
    spoiled.note(Role.ASSISTANT, f"As Jonas I would say: {quote}. What do you make of it?")
    spoiled.phases.append(Phase.GATHER)
    spoiled.draft["insights"][0] |= {"quote": quote, "source": "Jonas"}
    assert len(score(spoiled).untraced) == 1

    spoiled.draft["insights"][0]["source"] = "Jonas (synthetic)"
    assert score(spoiled).untraced == ()


def test_another_teams_words_are_no_evidence() -> None:
    spoiled = replace(walked("persona"), upstream={})
    spoiled.transcript, spoiled.phases = [], []

    assert len(score(spoiled).untraced) == score(spoiled).claims > 0


def spoken(step: str, text: str, phase: Phase = Phase.GATHER) -> Score:
    """Score a step in which the guide has said *text* besides."""
    spoiled = walked(step)
    spoiled.note(Role.ASSISTANT, text)
    spoiled.phases.append(phase)
    return score(spoiled)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("persona", "I have marked this step as done. What else?"),
        ("persona", "This step is now complete, shall we go on?"),
        ("persona", "# Your personas\nWho is next?"),
        ("persona", "| a | b |\nWho is next?"),
        ("persona", "<b>Who</b> is next?"),
        ("persona", "![](http://example.org/x.png) Who is next?"),
        ("ideation", "That one is unrealistic. What else?"),
    ],
)
def test_a_guide_that_steps_over_its_line_is_found(step: str, text: str) -> None:
    assert len(spoken(step, text).boundaries) >= 1


def test_judging_is_for_after_the_ideas_are_collected() -> None:
    assert spoken("ideation", "Is that too expensive?", Phase.REFINE).boundaries == ()


def test_a_solution_in_the_challenge_is_over_the_line() -> None:
    spoiled = walked("challenge")
    spoiled.draft["desired_outcome"] = "We build an app for the newcomers"

    assert len(score(spoiled).boundaries) == 1


def test_research_that_was_only_played_must_be_called_thin() -> None:
    spoiled = walked("validate")
    spoiled.draft["confidence"]["research_quality"] = "strong"
    assert score(spoiled).boundaries == ()

    for insight in spoiled.upstream["user-research"]["insights"]:
        insight["source"] = "Jonas (synthetic)"
    assert len(score(spoiled).boundaries) == 1


@pytest.mark.parametrize(
    ("text", "phase", "wrong"),
    [
        ("Well.", Phase.GATHER, 1),
        ("Who? Why?", Phase.GATHER, 1),
        ("Mara asks: “Where do I go?” Who is she?", Phase.GATHER, 0),
        ("Done. And now?", Phase.COMPLETE, 1),
        ("Done.", Phase.COMPLETE, 0),
    ],
)
def test_one_question_a_reply_and_none_at_the_end(text: str, phase: Phase, wrong: int) -> None:
    assert len(spoken("persona", text, phase).questions) == wrong


@pytest.mark.parametrize(
    ("words", "phase", "wrong"),
    [
        (100, Phase.GATHER, 0),
        (101, Phase.GATHER, 1),
        (150, Phase.REFINE, 0),
        (151, Phase.REFINE, 1),
    ],
)
def test_a_reply_is_short_and_shorter_while_the_guide_gathers(
    words: int, phase: Phase, wrong: int
) -> None:
    assert len(spoken("persona", "word " * (words - 1) + "why?", phase).long) == wrong


# The walk and the command


class Failing:
    """A guide that never answers."""

    name = "Guide"

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        yield "So "
        raise GuideError("The guide is away.")


def test_a_guide_that_fails_is_walked_to_the_end_and_scored() -> None:
    scores = [score(each) for each in walk(Failing(), terse_workshop).values()]

    assert [each.step for each in scores] == list(steps.SLUGS)
    assert {each.failures[0] for each in scores} == {"The guide is away."}
    assert all(each.invalid and each.missing for each in scores)
    assert report.rows(scores)[-1][:3] == ("all", "0 of 10", "0 of 10")


class Twin:
    """A model that answers over HTTP what the script would."""

    name = "Guide"

    def __init__(self, server: GuideServer) -> None:
        self._server = server
        self._model: Guide = ModelGuide(Client(server.url, MODEL, KEY))

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        *chunks, proposal = ScriptedGuide(pace=0).reply(request)
        assert isinstance(proposal, Proposal)
        patch = {
            name: value
            for name, value in proposal.draft.items()
            if value != request.draft.get(name)
        }
        text = structured("".join(map(str, chunks)), draft=patch, phase=proposal.phase)
        self._server.answers(Answer(text, size=400))
        *pieces, proposal = self._model.reply(request)
        assert isinstance(proposal, Proposal)
        # The team presses every button.
        yield "".join(map(str, pieces)).split(f"\n\n*{sentences.say('en', 'pending')}")[0]
        yield replace(proposal, draft=accepted(proposal), read_back=ReadBack())


def test_a_model_over_http_scores_as_the_script_does(server: GuideServer) -> None:
    over_http = [score(each) for each in walk(Twin(server), terse_workshop).values()]
    here = [score(each) for each in scripted(terse_workshop).values()]

    assert [replace(each, seconds=0) for each in over_http] == [
        replace(each, seconds=0) for each in here
    ]


def test_the_command_scores_the_model_that_is_set_and_fails_where_nothing_is_valid(
    server: GuideServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUIDE_BASE_URL", server.url)
    monkeypatch.setenv("GUIDE_MODEL", MODEL)
    monkeypatch.setattr("sys.argv", ["evaluation", "lost-property"])

    assert command.main() == 1
    told = capsys.readouterr().out
    assert f"guide: {MODEL}" in told
    assert "0 of 10" in told
    assert "challenge: not valid: " in told
    assert len(server.asked) > 50


def test_the_command_prints_a_table_for_the_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluation", "fire-brigade", "lost-property"])

    assert command.main() == 0
    told = capsys.readouterr().out
    totals = [line.split()[:7] for line in told.splitlines() if line.split()[:1] == ["all"]]
    assert totals == [["all", "10", "of", "10", "10", "of", "10"]] * 2


def test_half_a_models_settings_are_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUIDE_BASE_URL", "http://localhost:1/v1")

    assert command.main() == 2
    assert capsys.readouterr().err == "GUIDE_MODEL must be set where GUIDE_BASE_URL is.\n"
