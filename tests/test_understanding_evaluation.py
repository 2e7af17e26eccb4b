"""The evaluation of understanding sees a guide that stores everything, nothing, or deletes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from evaluation import figures, side_talk
from evaluation.conversations import walk_team
from evaluation.expectations import Turn, expectation, failed
from evaluation.results import Result
from evaluation.sentences import LEAVE_IT, NOTHING_MORE, claim, composed
from evaluation.teams import TUNED, UNSEEN, TeamFileError, load, parsed
from lib.guide.port import Proposal, Request
from lib.workshop import steps
from lib.workshop.read_back import Asked, Change, Offer, Operation, ReadBack
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.status import Phase

HEAD = "# team: Bakers\n# lang: en\n# challenge: Bread is left over.\n"
PROBLEM = "Thirty loaves are left over every evening"

#: A small team: two answers, side talk, a question, a correction, an approval.
SAID = f"""
@problem {PROBLEM}
= problem_statement: thirty loaves
@who hold on, phone
= unchanged
@who what do you mean?
= answered
@who the bakers
= target_user: "the bakers"
@change drop the who
= proposed not target_user: bakers
@change ok
= approved
"""


def bakers(said: str = SAID, step: str = "challenge"):
    """Return a team that says *said* in *step*, and nothing elsewhere."""
    text = "".join(f"=={each.slug}\n{said if each.slug == step else ''}\n" for each in steps.STEPS)
    return parsed("bakers", HEAD + text)


class Scripted:
    """A guide that answers as a function of the message says."""

    name = "Guide"

    def __init__(self, answer: Callable[[str, Fields, Request], tuple[str, Proposal]]) -> None:
        self.answer = answer

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        if not request.transcript:
            yield "What is the problem?"
            yield Proposal({}, Phase.GATHER, read_back=ReadBack(asked=Asked("problem")))
            return
        text, proposal = self.answer(request.transcript[-1].text, request.draft, request)
        yield text
        yield proposal


def challenge(answer) -> Result:
    """Return how the bakers' first step went with a guide that answers so."""
    return walk_team(Scripted(answer), bakers())[0]


def failures(result: Result) -> list[str]:
    return [each.said.text for each in result.heard if each.failed]


def good(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
    """Answer the small team as a sensible guide would."""
    asked = Asked("who")
    if text == PROBLEM:
        return "Who has it?", Proposal(
            {"problem_statement": text}, Phase.GATHER, (), ReadBack(asked=asked)
        )
    if text == "the bakers":
        return "Is it right?", Proposal({**draft, "target_user": text}, Phase.REFINE)
    if text == "drop the who":
        gone = Operation(Change.REMOVE, ("target_user",), was="the bakers")
        offer = Offer("Remove the bakers", "", (gone,))
        return "Remove it?", Proposal(draft, Phase.REFINE, (), ReadBack(offers=(offer,)))
    if text == "what do you mean?":
        return "The people who have it.", Proposal(draft, Phase.GATHER, (), ReadBack(asked=asked))
    return "All right.", Proposal(draft, request.phase, (), ReadBack(asked=asked))


def test_a_sensible_guide_is_not_faulted() -> None:
    result = challenge(good)

    assert failures(result) == []
    assert not any(each.destroyed or each.false_confirmation for each in result.heard)
    assert "target_user" not in result.draft


def test_a_guide_that_stores_everything_is_caught() -> None:
    def store(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        said = f"{draft.get('problem_statement', '')} {text}".strip()
        return "And then?", Proposal({"problem_statement": said, "target_user": text}, Phase.GATHER)

    result = challenge(store)

    assert failures(result) == ["hold on, phone", "what do you mean?", "ok"]
    assert len(side_talk.stored(Scripted(store), "en", [result]) or ()) > 90


def test_a_guide_that_stores_nothing_is_caught() -> None:
    result = challenge(lambda text, draft, _: (f"I added “{text}”.", Proposal({}, Phase.GATHER)))

    assert failures(result) == [PROBLEM, "the bakers"]
    assert [bool(each.false_confirmation) for each in result.heard] == [True] * 5 + [False]
    assert side_talk.stored(Scripted(good), "en", [result]) == []


def test_a_guide_that_deletes_is_caught() -> None:
    def delete(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        if text == "drop the who":
            return "Removed.", Proposal({"problem_statement": PROBLEM}, Phase.REFINE)
        if text == "ok":
            return "All right.", Proposal({}, Phase.REFINE)
        return good(text, draft, request)

    result = challenge(delete)
    gone = {each.said.text: (each.destroyed, each.is_asked_for) for each in result.heard}

    assert gone["drop the who"] == (["the bakers"], True)
    assert gone["ok"] == ([PROBLEM], False)
    assert figures.row([result])[2] == "2 (1)"


def test_confirming_without_approval_or_change_is_false() -> None:
    def eager(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        reply, proposal = good(text, draft, request)
        if text == "what do you mean?":
            return "I have put that in.", proposal
        return reply, replace(proposal, phase=Phase.COMPLETE) if text == "the bakers" else proposal

    result = challenge(eager)
    false = {each.said.text: each.false_confirmation for each in result.heard}

    assert false["what do you mean?"] == "I have put that in."
    assert false["the bakers"] == "complete without approval"
    assert false["ok"] == ""


def test_asking_back_counts_twice_not_once() -> None:
    said = f"@problem bread\n= problem_statement: bread\n@?problem {PROBLEM}\n= problem_statement: loaves\n"

    def asks_back(times: int):
        def answer(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
            heard = len([each for each in request.transcript if each.author == "Bakers"])
            draft = {} if heard <= times else {"problem_statement": text}
            asked = Asked("problem" if heard <= times else "who")
            return "What exactly?", Proposal(draft, Phase.GATHER, (), ReadBack(asked=asked))

        return walk_team(Scripted(answer), bakers(said))[0]

    once, twice = asks_back(1), asks_back(2)

    assert (failures(once), [each.is_asked_back for each in once.heard]) == ([], [True, False])
    assert failures(twice) == ["bread"]


def test_a_team_answers_the_question_that_is_asked() -> None:
    said = "@who bakers\n= aside\n@problem bread\n= aside\n"

    def ask(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        return "And who?", Proposal({}, Phase.GATHER, (), ReadBack(asked=Asked("who")))

    heard = walk_team(Scripted(ask), bakers(said))[0].heard

    assert [each.said.text for each in heard] == ["bread", "bakers"]


def test_a_question_asked_again_gets_no_answer_to_another() -> None:
    """What is left for a question may be about the next concept, and must wait."""
    keys = ("problem bread", "usp quick", "inside cheap", "usp quiet")
    said = "".join(f"@{each}\n= aside\n" for each in keys)

    def ask(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        return "What is special?", Proposal({}, Phase.GATHER, (), ReadBack(asked=Asked("usp")))

    heard = walk_team(Scripted(ask), bakers(said))[0].heard

    assert [each.said.text for each in heard] == ["bread", "quick", "cheap", "quiet"]


def test_a_team_says_it_again_once_if_it_is_asked_again() -> None:
    said = "@problem bread\n= problem_statement: bread\n@who bakers\n= aside\n"

    def ask(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        return "What?", Proposal({}, Phase.GATHER, (), ReadBack(asked=Asked("problem")))

    result = walk_team(Scripted(ask), bakers(said))[0]

    assert [each.said.text for each in result.heard] == ["bread", "bread", "bakers"]
    assert failures(result) == ["bread"]


def test_a_team_tells_a_follow_up_that_there_is_nothing_more() -> None:
    said = "@problem bread\n= aside\n@who bakers\n= aside\n"

    def follow(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        asked = Asked("problem", follow="moment")
        return "When?", Proposal({}, Phase.GATHER, (), ReadBack(asked=asked))

    heard = walk_team(Scripted(follow), bakers(said))[0].heard

    assert [each.said.text for each in heard] == ["bread", NOTHING_MORE["en"], "bakers"]


def test_a_team_declines_an_open_offer_before_it_approves() -> None:
    said = "@change start over\n= aside\n@change ok\n= approved\n"
    gone = Operation(Change.REMOVE, ("target_user",), was="bakers")

    def offer(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        offers = (Offer("Clear it", "", (gone,)),) if text != "ok" else ()
        fields: Fields = {"target_user": "bakers"}
        return "Clear it?", Proposal(fields, Phase.REFINE, (), ReadBack(offers=offers))

    heard = walk_team(Scripted(offer), bakers(said))[0].heard

    assert [each.said.text for each in heard] == ["start over", LEAVE_IT["en"], "ok"]


def test_messages_sent_together_get_one_reply() -> None:
    said = "@problem[Olu] bread\n= aside\n@+problem[Ida] loaves\n= aside\n"
    seen: list[list[str]] = []

    def note(text: str, draft: Fields, request: Request) -> tuple[str, Proposal]:
        seen.append([f"{each.author}: {each.text}" for each in request.transcript])
        return "Thanks.", Proposal({}, Phase.GATHER)

    walk_team(Scripted(note), bakers(said))

    assert seen == [["Guide: What is the problem?", "Olu: bread", "Ida: loaves"]]


DRAFT = {
    "pains": ["Ten minutes of queue", "Too loud"],
    "stages": [{"name": "Queue", "emotion": "negative", "is_dip": True}, {"name": "Bell"}],
}


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("pains: queue", True),
        ("pains: queue ten", True),
        ("pains: queue / ten", False),
        ('pains: "too loud"', True),
        ('pains: "loud"', False),
        ("not pains: loud", False),
        ("not: dinosaurs", True),
        ("counts pains 2", True),
        ("counts pains 3+", False),
        ("counts stages.emotion 1", True),
        ("entry stages: name=queue, emotion=negative", True),
        ("entry stages: name=queue, is_dip=true / name=bell", True),
        ("entry stages: name=bell, negative", False),
        ("not entry stages: name=bell, negative", True),
        ("proposed pains: queue", True),
        ("unchanged", False),
        ("same stages.name", False),
        ("more themes", False),
        ("more stages.is_dip", True),
        ("fewer pains", False),
    ],
)
def test_expectations_are_checked(line: str, holds: bool) -> None:
    assert failed(expectation(line), Turn("", {}, DRAFT)) is not holds


def test_what_is_no_expectation_is_refused() -> None:
    with pytest.raises(TeamFileError, match="line 6: not an expectation"):
        parsed("bakers", f"{HEAD}==challenge\n@problem bread\n= is nice\n")
    with pytest.raises(TeamFileError, match="nothing expected"):
        bakers("@problem bread\n")


@pytest.mark.parametrize("folder", [TUNED, UNSEEN])
def test_every_team_file_is_well_formed(folder: str) -> None:
    for team in load(folder):
        assert all(team.messages[each.slug] for each in steps.STEPS), team.file


def test_no_team_is_in_both_sets() -> None:
    tuned, unseen = ({team.file for team in load(folder)} for folder in (TUNED, UNSEEN))

    assert (len(tuned), len(unseen), tuned & unseen) == (12, 8, set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_side_talk_has_a_hundred_lines(language: str) -> None:
    assert len(set(side_talk.lines(language))) == 100


@pytest.mark.parametrize(
    ("reply", "language", "claims"),
    [
        ("I have added the noise. What else?", "en", True),
        ("Nothing was added. What else?", "en", False),
        ("At that stage you noted the noise.", "en", False),
        ("Shall it be removed?", "en", False),
        ("Du hast “gestrichen” geschrieben. Was noch?", "de", False),
        ("Gestrichen. Was noch?", "de", True),
        ("Rien n'est changé.", "fr", False),
        ("Anotado.", "es", True),
    ],
)
def test_claims_of_a_change_are_recognised(reply: str, language: str, claims: bool) -> None:
    assert bool(claim(reply, language)) is claims


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("How might we sell all bread?", ""),
        ("How might we sell all bread", "ends without a question mark"),
        ("Wie könnten wir alles verkaufen?", "is not in the workshop's language"),
        (f"How might we {'really ' * 25}help?", "has 29 words"),
    ],
)
def test_composed_questions_are_checked(question: str, problem: str) -> None:
    draft = {"hmw_statement": question}

    assert [each.problem for each in composed("challenge", draft, [], "en")] == [problem]
    assert list(composed("challenge", draft, [f"{question} please"], "en")) == []
