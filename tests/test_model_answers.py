"""What a model writes, taken apart and applied to a draft: whatever it is, nothing is lost by it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lib.guide.openai_compatible import context, sentences, tokens
from lib.guide.openai_compatible.reading import Answer
from lib.guide.openai_compatible.splitting import MARKER, TEXT_MARKER
from lib.guide.port import Request
from lib.workshop import steps
from lib.workshop.read_back import Change, Offer, Operation, Place, ReadBack, Taken, applied
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.transcript import Role
from tests import recorded_workshop
from tests.shadow import as_object, structured, text_first
from tests.test_guide import walked
from tests.test_model_guide import message, request

EMPATHY: Fields = {"pains": ["late trains", "no signs"], "gains": ["a seat"]}


def read(text: str, asked: Request, size: int = 12) -> tuple[Answer, str]:
    """Return an answer that came in pieces of *size*, and what the team reads of it."""
    answer = Answer(asked)
    given = "".join(answer.feed(text[at : at + size]) for at in range(0, len(text), size))
    answer.close()
    return answer, given + answer.rest()


def changed(*changes: Fields, asked: Request) -> Answer:
    """Return the answer that proposes *changes*."""
    return read(structured("And?", changes=changes), asked)[0]


def empathy(*texts: str, **changes: Any) -> Request:
    return request(*texts, step="sense-making", **({"draft": EMPATHY} | changes))


def labels(answer: Answer) -> list[str]:
    return [offer.label for offer in answer.outcome.offers]


def pressed(answer: Answer) -> Fields:
    """Return the draft after every offer was accepted."""
    fields = answer.outcome.fields
    for offer in answer.outcome.offers:
        fields = applied(fields, offer.operations)
    return fields


# Changes


def test_an_addition_is_made_and_read_back_with_message_and_author() -> None:
    said = [
        message("so many late buses", author="Ada"),
        message("a warm stop", author="Ben", place=2),
    ]
    asked = replace(empathy(), transcript=said)
    answer = changed(
        {"do": "add", "at": ["pains"], "value": "late buses"},
        {"do": "add", "at": ["gains"], "value": "a warm stop"},
        asked=asked,
    )
    taken = answer.outcome.read_back(asked).taken

    assert answer.outcome.fields == {
        "pains": ["late trains", "no signs", "late buses"],
        "gains": ["a seat", "a warm stop"],
    }
    assert [(each.text, each.place.label, each.message, each.author) for each in taken] == [
        ("late buses", "Pains", "m1", "Ada"),
        ("a warm stop", "Gains", "m2", "Ben"),
    ]


@pytest.mark.parametrize(
    ("change", "label", "after"),
    [
        (
            {"do": "remove", "at": ["pains", "no signs"]},
            "Remove “no signs”",
            {"pains": ["late trains"], "gains": ["a seat"]},
        ),
        (
            {"do": "set", "at": ["pains", "no signs"], "value": "no sign anywhere"},
            "Replace “no signs”",
            {"pains": ["late trains", "no sign anywhere"], "gains": ["a seat"]},
        ),
        (
            {"do": "move", "at": ["gains", "a seat"], "to": ["pains"]},
            "Move “a seat” to Pains",
            {"pains": ["late trains", "no signs", "a seat"]},
        ),
        (
            {
                "do": "merge",
                "at": ["pains", "no signs"],
                "to": ["pains", "late trains"],
                "value": "late trains, and no signs",
            },
            "Merge “no signs” with “late trains”",
            {"pains": ["late trains, and no signs"], "gains": ["a seat"]},
        ),
    ],
)
def test_what_replaces_or_removes_is_offered_and_changes_nothing(
    change: Fields, label: str, after: Fields
) -> None:
    answer = changed(change, asked=empathy("Please do."))

    assert answer.outcome.fields == EMPATHY
    assert labels(answer) == [label]
    assert pressed(answer) == after


@pytest.mark.parametrize(
    "change",
    [
        {"do": "remove", "at": ["pains", 1]},
        {"do": "remove", "at": ["pains", 7], "was": "late buses"},
        {"do": "set", "at": ["pains", 0], "value": "wrong"},
        {"do": "remove", "at": ["pains", "late buses"]},
        {"do": "add", "at": ["moods"], "value": "x"},
        {"do": "move", "at": ["pains", "no signs"], "to": ["moods"]},
        {"do": "explode", "at": ["pains"]},
        {"do": "add", "at": ["pains"], "value": {"a": [{}]}},
        {"do": "add", "at": [], "value": "x"},
        "nonsense",
    ],
)
def test_a_change_without_a_certain_place_does_nothing_and_is_asked_for_again(change: Any) -> None:
    answer = changed(change, asked=empathy("Please do."))

    assert (answer.outcome.fields, answer.outcome.offers) == (EMPATHY, ())
    assert answer.problems


def test_a_wrong_number_finds_the_entry_by_its_text() -> None:
    answer = changed({"op": "remove", "path": "/pains/0", "was": "no signs"}, asked=empathy("Out."))

    assert pressed(answer) == {"pains": ["late trains"], "gains": ["a seat"]}


def test_a_goal_goes_to_the_persona_that_is_named() -> None:
    draft = {"personas": [{"name": "Lena", "goals": ["rest"]}, {"name": "Omar"}]}
    asked = request("Omar wants to learn.", step="persona", draft=draft)
    answer = changed(
        {"do": "add", "at": ["personas", "Omar", "goals"], "value": "learn"}, asked=asked
    )
    (line,) = answer.outcome.read_back(asked).taken

    assert answer.outcome.fields["personas"] == [
        {"name": "Lena", "goals": ["rest"]},
        {"name": "Omar", "goals": ["learn"]},
    ]
    assert line.operations[0].entries == ({"name": "Omar"},)


def test_an_entry_that_is_there_is_filled_not_doubled() -> None:
    draft = {"stakeholders": [{"name": "Night nurse", "category": "core"}]}
    asked = request("The nurse has little power.", step="stakeholder-mapping", draft=draft)
    value = {"name": "night nurse", "power": "low", "category": "direct"}
    answer = changed({"do": "add", "at": ["stakeholders"], "value": value}, asked=asked)

    assert answer.outcome.fields["stakeholders"] == [
        {"name": "Night nurse", "category": "core", "power": "low"}
    ]
    assert "Change Circle: direct" in labels(answer)


def test_a_full_list_takes_no_more_and_says_so() -> None:
    draft = {"pains": [f"pain number {n}" for n in range(5)]}
    answer = changed(
        {"do": "add", "at": ["pains"], "value": "late buses"}, asked=empathy("Buses.", draft=draft)
    )

    assert answer.outcome.fields == draft
    assert answer.problems == ("Pains: full with 5 entries; suggest a merge, or ask what can go.",)


def test_the_dip_moves_with_one_press() -> None:
    done = walked(recorded_workshop)["journey-mapping"]
    stages = done.draft["stages"]
    old = next(each["name"] for each in stages if each.get("is_dip"))
    new = next(each["name"] for each in stages if not each.get("is_dip"))
    asked = request("No, it is there.", step="journey-mapping", draft=done.draft)
    answer = changed(
        {"do": "set", "at": ["stages", new, "is_dip"], "value": True},
        {"do": "set", "at": ["stages", old, "is_dip"], "value": False},
        asked=asked,
    )

    assert (answer.problems, answer.outcome.fields) == ((), done.draft)
    assert len(answer.outcome.offers) == 1
    assert [each["name"] for each in pressed(answer)["stages"] if each.get("is_dip")] == [new]


def test_a_redraft_proposes_what_it_changes_because_it_stands_beside_the_draft() -> None:
    asked = replace(empathy("Once more."), is_redraft=True)
    answer = changed({"do": "remove", "at": ["pains", "no signs"]}, asked=asked)

    assert answer.outcome.fields["pains"] == ["late trains"]
    assert answer.outcome.read_back(asked) == ReadBack()


# Whole fields, as weak models hand them back


def test_a_forgetful_list_loses_nothing() -> None:
    ideas = walked(recorded_workshop)["ideation"].draft
    few = [cluster | {"ideas": cluster["ideas"][:1]} for cluster in ideas["clusters"][:2]]
    asked = request("Go on.", step="ideation", draft=ideas)
    answer, _ = read(text_first("And?", draft={"clusters": few}), asked)

    assert answer.outcome.fields == ideas
    assert any(each.startswith("Remove") for each in labels(answer))


def test_a_whole_list_adds_what_is_new_in_its_place() -> None:
    pains = ["late trains", "crowded stops", "no signs anywhere"]
    answer, _ = read(text_first("And?", draft={"pains": pains}), empathy("Crowded stops."))

    assert answer.outcome.fields["pains"] == ["late trains", "crowded stops", "no signs"]
    assert labels(answer) == ["Replace “no signs”"]
    assert pressed(answer)["pains"] == pains


def test_another_order_is_one_offer() -> None:
    answer, _ = read(text_first("And?", draft={"pains": EMPATHY["pains"][::-1]}), empathy("Turn."))

    assert (answer.outcome.fields, labels(answer)) == (EMPATHY, ["Reorder Pains"])
    assert pressed(answer)["pains"] == ["no signs", "late trains"]


# What the team reads


def test_offers_are_never_called_done_and_the_code_says_so() -> None:
    text = structured("I took it out.", changes=[{"do": "remove", "at": ["pains", "no signs"]}])
    _, read_ = read(text, empathy("Out with the signs."))

    assert read_ == f"I took it out.\n\n*{sentences.say('en', 'pending')}*"


@pytest.mark.parametrize("write", [structured, as_object])
def test_no_word_is_given_out_before_the_changes_are_checked(write: Callable[..., str]) -> None:
    answer = Answer(empathy("Out."))
    text = write("It is done. Who?", changes=[{"do": "add", "at": ["moods"], "value": "x"}])

    assert "".join(answer.feed(each) for each in text) == ""


def test_a_message_before_its_changes_waits_for_them() -> None:
    answer = Answer(empathy("Out."))
    text = '{"message": "Done. Who?", "changes": [{"do": "add", "at": ["moods"], "value": "x"}]}'

    assert "".join(answer.feed(each) for each in text) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_speaks_the_workshops_language(language: str) -> None:
    text = structured("Who?", changes=[{"do": "remove", "at": ["pains", "no signs"]}])
    _, read_ = read(text, empathy("Out.", language=language))
    others = [sentences.say(each, "pending") for each in LANGUAGES if each != language]

    assert sentences.say(language, "pending") in read_
    assert [each for each in others if each in read_] == []


# Reasoning

THOUGHTS = {
    "a block": "<think>The user {greets}.\n===CHANGES===</think>\n{answer}",
    "a closing tag alone": "The user greets, so I greet.\n</think>\n\n{answer}",
    "a closing tag alone, no line break": "The user greets.</think>{answer}",
    "another name": "<thought>Hm.\n\nHm.</thought>{answer}",
    "reasoning": "<reasoning>Hm.</reasoning>\n{answer}",
    "in brackets": "[THINK]Hm.[/THINK]{answer}",
    "channels": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final"
    "<|message|>{answer}<|return|>",
    "channels without brackets": "analysisThe user greets.assistantfinal{answer}",
    "a draft of the answer in it": "{answer}\nNo, again.</think>{answer}",
}


@pytest.mark.parametrize("write", [structured, text_first, as_object])
@pytest.mark.parametrize("name", THOUGHTS)
def test_leaked_reasoning_is_cut_however_it_comes(name: str, write: Callable[..., str]) -> None:
    if name == "a draft of the answer in it" and write is not text_first:
        pytest.skip("The text is being read by then.")
    whole = write("Good morning. Who?", changes=[{"do": "add", "at": ["gains"], "value": "calm"}])
    text = THOUGHTS[name].replace("{answer}", whole)
    for size in (1, 2, 3, 5, 12, 10_000):
        answer, read_ = read(text, empathy("Hello."), size)

        assert read_ == "Good morning. Who?", size
        assert answer.outcome.fields["gains"] == ["a seat", "calm"], size


def test_reasoning_within_the_text_is_cut_across_pieces() -> None:
    text = structured("Good. <think>Now ask.</think>\nWho?", changes=[])
    for size in range(1, 14):
        assert read(text, empathy("Hello."), size)[1] == "Good. \nWho?"


@pytest.mark.parametrize(
    "said",
    [
        "Our bot prints </think> at the end: who sees it?",
        "You wrote `<think>` and “<reasoning>” there. Why?",
        "Is it a <think> tag?",
        "What is your final analysis, and the reasoning behind it? I think, a thought.",
        "assistantfinal is a word, and a < b, [T] too?",
    ],
)
@pytest.mark.parametrize("write", [structured, text_first, as_object])
def test_a_text_about_such_words_is_not_cut(said: str, write: Callable[..., str]) -> None:
    whole = write(said, changes=[{"do": "add", "at": ["gains"], "value": said}])
    for size in (1, 3, 12, 10_000):
        answer, read_ = read(whole, empathy("Hello."), size)

        assert (read_, answer.outcome.fields["gains"]) == (said, ["a seat", said])


# Quotes, in every step


def heard(step: str, *texts: str, **changes: Any) -> Request:
    research = {
        "insights": [
            {"finding": "Newcomers wait in the hall", "quote": "Nobody told me where to go."},
            {"finding": "The pager rings at night"},
        ]
    }
    return request(*texts, step=step, artifacts={"user-research": research}, **changes)


def test_a_personas_quote_is_one_that_was_heard() -> None:
    for quote, kept in (("Nobody told me where to go!", True), ("I love this app.", False)):
        value = {"name": "Lena", "quote": quote}
        asked = heard("persona", "She is called Lena.")
        answer, read_ = read(structured(changes=[add("personas", value)]), asked)

        assert answer.outcome.fields["personas"] == [value if kept else {"name": "Lena"}]
        assert ("nobody has said it word for word: “I love this app.”" in read_) is not kept


def test_evidence_is_a_finding_word_for_word() -> None:
    evidence = ["The pager rings at night", "newcomers waiting in that hall", "Everybody is happy"]
    asked = heard("sense-making", "They wait.")
    answer, read_ = read(
        structured(changes=[add("themes", {"name": "Waiting", "evidence": evidence})]), asked
    )

    assert answer.outcome.fields["themes"] == [
        {"name": "Waiting", "evidence": ["The pager rings at night", "Newcomers wait in the hall"]}
    ]
    assert "“Everybody is happy”" in read_


def test_a_quote_belongs_to_who_said_it_in_the_transcript() -> None:
    pasted = (
        "00:01 INT: And then?\n00:04 Ben: I waited for an hour.\n00:09 Mia: Me too, by the gate."
    )
    value = {"finding": "Ben waited.", "quote": "I waited for an hour.", "source": "Mia"}
    answer = changed(add("insights", value), asked=request(pasted, step="user-research"))

    assert answer.outcome.fields["insights"][0]["source"] == "Ben"


def test_who_nobody_mentioned_has_said_nothing() -> None:
    value = {"finding": "They wait.", "source": "Professor Unknown"}
    answer, read_ = read(
        structured(changes=[add("insights", value)]), request("They wait.", step="user-research")
    )

    assert answer.outcome.fields["insights"] == [{"finding": "They wait."}]
    assert "Left open who said it" in read_


def test_words_in_quotation_marks_that_nobody_said_lose_the_marks() -> None:
    bio = "She says “I never wanted any of this” and waits: “Nobody told me where to go.”"
    answer = changed(
        add("personas", {"name": "Lena", "bio": bio}), asked=heard("persona", "She is Lena.")
    )

    assert answer.outcome.fields["personas"][0]["bio"] == (
        "She says I never wanted any of this and waits: “Nobody told me where to go.”"
    )


def add(name: str, value: Any) -> Fields:
    return {"do": "add", "at": [name], "value": value}


# What the model is shown


def system(asked: Request, **options: Any) -> str:
    return context.prompt(asked, **options).messages[0]["content"]


def test_the_last_changes_are_shown_so_that_they_can_be_put_back() -> None:
    operation = Operation(Change.REMOVE, ("pains", 0), None, "cold halls")
    line = Taken(
        "m2",
        "Ada",
        "no signs",
        Place(("pains",), "Pains"),
        (Operation(Change.ADD, ("pains", 1), "no signs"),),
    )
    told = ReadBack((line,), (Offer("Remove “cold halls”", "…", (operation,)),))
    said = replace(message("And?", Role.ASSISTANT, "Guide"), read_back=told)
    asked = empathy("x")
    shown = system(replace(asked, transcript=[said, message("Put it back.", place=2)]))

    assert '"was": "cold halls"' in shown
    assert '{"do": "add", "at": ["pains", 1], "value": "no signs"}' in shown
    assert 'kind="changes"' not in system(asked)


def test_summaries_of_earlier_steps_are_shown_within_the_budget() -> None:
    asked = empathy("Go on.", summaries={"challenge": "They chose newcomers over veterans. " * 900})
    shown = system(asked)

    assert "They chose newcomers over veterans." in shown
    assert sum(tokens.count(each["content"]) for each in context.prompt(asked).messages) <= 12_000


def test_gaps_are_criteria_and_no_orders() -> None:
    draft = {"themes": [{"name": "Waiting", "evidence": ["Something else entirely"]}]}
    shown = system(heard("sense-making", "Go on.", draft=draft))

    assert "“Something else entirely” is not among the findings of your research." in shown
    assert "Cite one of them" not in shown
    assert "never bend, pad or reword a good sentence" in shown


@pytest.mark.parametrize("step", steps.SLUGS)
@pytest.mark.parametrize("schema", [True, False])
def test_the_prompt_shows_examples_of_each_kind_of_message(step: str, *, schema: bool) -> None:
    shown = system(request("Hello", step=step), schema=schema)
    kinds = ("A list in a sentence", "A table", "A transcript", "A correction", "Undo", "A decline")

    assert [each for each in (*kinds, "Side talk") if each not in shown] == []
    assert (MARKER in shown, TEXT_MARKER in shown) == (not schema, not schema)
