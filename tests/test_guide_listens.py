"""The scripted guide with teams: talk stays talk, and nothing that stands is changed by talk."""

from copy import deepcopy

import pytest

from evaluation.walk import Walked
from lib.guide.port import Proposal
from lib.guide.scripted import ScriptedGuide, wording
from lib.workshop.artifacts.criteria.matching import leaves
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Role

GUIDE = ScriptedGuide(pace=0)

MAP: Fields = {
    "stakeholders": [
        {"name": name, "category": circle, "power": power, "interest": "high"}
        for name, circle, power in (
            ("Patients", "core", "low"),
            ("Night nurse", "direct", "medium"),
            ("Council", "indirect", "high"),
        )
    ]
}


class Talk(Walked):
    """A step that is walked with the scripted guide."""

    def say(self, *texts: str, by: str = "Ada") -> str:
        """Send messages at once; return the reply."""
        for text in texts:
            self.note(Role.USER, text, by)
        return self.take(GUIDE)

    @property
    def last(self) -> Proposal:
        return self.proposals[-1]


def begun(step: str, language: str = "en", **given: object) -> Talk:
    talk = Talk(step, language=language, team="Team")
    talk.take(GUIDE)
    for name, value in given.items():
        setattr(talk, name, value)
    return talk


def shown(step: str, draft: Fields, language: str = "en") -> Talk:
    """Return a step whose draft is on the table."""
    talk = Talk(step, language=language, team="Team", draft=deepcopy(draft), phase=Phase.REFINE)
    talk.note(Role.ASSISTANT, "Here it is.")
    return talk


SIDE_TALK = {
    "en": ("hold on", "+1", "lunch break, back at one", "ignore my last message", "lol", "brb"),
    "de": ("moment mal", "+1", "Mittagspause, um eins zurück", "haha", "hallo zusammen"),
    "es": ("espera un momento", "+1", "jajaja", "hola a todos"),
    "fr": ("attendez un instant", "+1", "mdr", "bonjour à tous"),
}


@pytest.mark.parametrize(
    ("language", "line"), [(each, line) for each in LANGUAGES for line in SIDE_TALK[each]]
)
@pytest.mark.parametrize("step", ["challenge", "stakeholder-mapping", "sense-making", "ideation"])
def test_side_talk_is_not_stored(step: str, language: str, line: str) -> None:
    talk = begun(step, language)
    before = deepcopy(talk.draft)
    talk.say(line)

    assert talk.draft == before


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "no, that's enough"),
        ("en", "no, that's all"),
        ("de", "nein, das reicht"),
        ("es", "no, con una basta"),
        ("fr", "non, ça suffit"),
        ("en", "هذا كل شيء"),
        ("en", "就这些"),
    ],
)
def test_having_no_more_is_never_a_persona(language: str, line: str) -> None:
    talk = begun("persona", language)
    talk.say("Ada, 34, night nurse from Leeds")
    talk.say("She works nights in a big hospital and waits for the bus at six in the morning.")
    talk.say("sleep; see her children; get home on time")
    talk.say(line)

    assert [each["name"] for each in talk.draft["personas"]] == ["Ada"]


@pytest.mark.parametrize(
    ("step", "answers", "line"),
    [
        ("challenge", (), "Cut in the kitchen, eaten with a spoon, and half of it goes to the bin"),
        ("challenge", (), "People get a map instead of a person when they arrive at night"),
        (
            "ideation",
            ("How might we help Ada to get home after a night at work?",),
            "remove the chairs from the hall; drop the form; swap seats with a stranger",
        ),
    ],
)
def test_content_that_sounds_like_a_command_is_content(
    step: str, answers: tuple[str, ...], line: str
) -> None:
    talk = begun(step)
    for each in answers:
        talk.say(each)
    before = list(leaves(talk.draft))
    talk.say(line)

    assert all(each in list(leaves(talk.draft)) for each in before)
    assert len(list(leaves(talk.draft))) > len(before)


@pytest.mark.parametrize(
    "line",
    ["remove the night nurse", "change Council to Town council", "Council: low power"],
)
def test_a_correction_waits_for_a_yes(line: str) -> None:
    talk = shown("stakeholder-mapping", MAP)
    before = deepcopy(talk.draft)
    talk.say(line)
    offer = talk.last.read_back.offers[0]

    assert talk.draft == before
    assert offer.operations
    assert offer.detail
    reply = talk.say("yes")
    assert talk.draft != before
    assert any(character.isdigit() for character in reply)


@pytest.mark.parametrize("line", ["no", "leave it as it is", "the second"])
def test_a_correction_can_be_turned_down(line: str) -> None:
    talk = shown("stakeholder-mapping", MAP)
    before = deepcopy(talk.draft)
    talk.say("remove the night nurse")
    talk.say(line)

    assert talk.draft == before
    assert talk.phase is not Phase.COMPLETE


@pytest.mark.parametrize("line", ["skip", "skip this step", "saltar", "passer", "überspringen"])
def test_a_skip_never_completes_a_step(line: str) -> None:
    talk = shown("stakeholder-mapping", MAP)
    talk.say(line)

    assert talk.phase is not Phase.COMPLETE


@pytest.mark.parametrize("lines", [("are we done?",), ("yes", "is that enough?"), ("ok?",)])
def test_a_question_never_completes_a_step(lines: tuple[str, ...]) -> None:
    talk = shown("stakeholder-mapping", MAP)
    talk.say(*lines)

    assert talk.phase is not Phase.COMPLETE


def test_a_yes_to_the_whole_draft_completes_it() -> None:
    talk = shown("stakeholder-mapping", MAP)
    talk.say("yes")

    assert talk.phase is Phase.COMPLETE


def test_each_line_says_whose_words_it_is() -> None:
    talk = begun("stakeholder-mapping")
    talk.note(Role.USER, "night nurses and porters", "Ada")
    talk.note(Role.USER, "patients", "Ben")
    talk.take(GUIDE)
    authors = {line.text.split(";")[0]: line.author for line in talk.last.read_back.taken}

    assert authors == {"Night nurses": "Ada", "Porters": "Ada", "Patients": "Ben"}


def test_a_field_named_in_an_answer_is_filled_too() -> None:
    talk = begun("challenge")
    talk.say("People wait an hour and nobody tells them why\nWho has it: night nurses")

    assert talk.draft["target_user"] == "night nurses"
    assert "wait an hour" in talk.draft["problem_statement"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_question_is_not_asked_a_third_time(language: str) -> None:
    talk = begun("challenge", language)
    endings = [talk.transcript[-1].text.split("\n")[-1]]
    for _ in range(2):
        endings.append(talk.say("😀").split("\n")[-1])

    assert endings[0] == endings[1] != endings[2]
    assert talk.last.read_back.asked is not None
    assert talk.last.read_back.asked.id == "problem"


@pytest.mark.parametrize("language", LANGUAGES)
def test_undo_offers_to_take_back_the_last_answer(language: str) -> None:
    talk = begun("challenge", language)
    talk.say("People wait an hour in the corridor and nobody tells them why")
    word = {"en": "undo", "de": "rückgängig", "es": "deshacer", "fr": "annuler"}[language]
    talk.say(word)

    assert talk.last.read_back.offers[0].label == wording.text(language, "core.label_undo")
    assert talk.draft
    talk.say({"en": "yes", "de": "ja", "es": "sí", "fr": "oui"}[language])
    assert "problem_statement" not in talk.draft


@pytest.mark.parametrize("choice", ["pains", "the first", "1", "put it under pains"])
def test_something_unclear_is_asked_about_and_placed(choice: str) -> None:
    talk = begun("sense-making")
    talk.say("Waiting, No one to ask")
    while talk.last.read_back.asked and talk.last.read_back.asked.id != "pains":
        talk.say("skip")
    talk.say("the box is in the cellar")
    labels = [each.label for each in talk.last.read_back.offers]

    assert "pains" not in talk.draft
    assert labels[0] == "Put it under Pains"
    assert labels[-1] == "It was just talk"
    talk.say(choice)
    assert talk.draft["pains"] == ["The box is in the cellar"]
