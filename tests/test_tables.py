"""A table is an answer: its columns are known by their headers, and nothing that stands is replaced."""

from dataclasses import replace

import pytest

from lib.guide.port import Request
from lib.guide.scripted import tables
from lib.guide.scripted.scene import Answer, Scene, seen
from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop.records import Fields
from lib.workshop.status import Phase


def scene(step: str, draft: Fields | None = None, **artifacts: Fields) -> Scene:
    given = {slug.replace("_", "-"): fields for slug, fields in artifacts.items()}
    request = Request(step, Phase.GATHER, (), draft or {}, given)
    return seen(request, SCRIPTS[step])


def taken(step: str, id_: str, text: str, before: Scene | None = None) -> Fields:
    question = SCRIPTS[step].question(id_)
    return question.take(before or scene(step), Answer(text))


MAP = "Name\tCircle\tPower\tInterest\tNotes\nBuyers\tCore\tLow\tHigh\tcall 2.7x\nFinance\tIndirect\tHigh\tMedium\t"


@pytest.mark.parametrize(
    "text",
    [
        MAP,
        MAP.replace("Name", "Wer").replace("Power", "Macht").replace("High", "hoch"),
        "| Name | Circle | Power | Interest | Notes |\n|---|---|---|---|---|\n"
        "| Buyers | Core | Low | High | call 2.7x |\n| Finance | Indirect | High | Medium | |",
    ],
)
def test_a_stakeholder_table_fills_all_its_columns(text: str):
    found = taken("stakeholder-mapping", "core", text)["stakeholders"]
    assert found == [
        {
            "name": "Buyers",
            "category": "core",
            "power": "low",
            "interest": "high",
            "notes": "call 2.7x",
        },
        {"name": "Finance", "category": "indirect", "power": "high", "interest": "medium"},
    ]


def test_a_row_fills_what_is_open_and_replaces_nothing():
    before = scene("stakeholder-mapping", {"stakeholders": [{"name": "buyers", "power": "high"}]})
    found = taken("stakeholder-mapping", "core", MAP, before)["stakeholders"]
    assert found[0]["power"] == "high"
    assert found[0]["interest"] == "high"
    assert len(found) == 2


def test_a_table_of_quotes_keeps_every_quote_with_who_said_it():
    text = "Who\tWhat they said\tDate\nMaike (34)\t“I had no sofa.”\t03.02.\nMaike (34)\t“Nobody knew.”\t03.02."
    assert taken("user-research", "heard", text)["insights"] == [
        {"source": "Maike (34)", "quote": "I had no sofa.", "finding": "I had no sofa."},
        {"source": "Maike (34)", "quote": "Nobody knew.", "finding": "Nobody knew."},
    ]


def test_a_table_of_themes_cites_findings_by_number():
    research = {"insights": [{"finding": "They wait"}, {"finding": "They leave"}]}
    before = scene("sense-making", user_research=research)
    found = taken("sense-making", "evidence", "Theme\tFindings\nTime\t1, 2", before)
    assert found["themes"] == [{"name": "Time", "evidence": ["They wait", "They leave"]}]


def test_stages_come_with_their_layers():
    text = "Stage\tAction\tGoal\tFeeling\nBooks\tPicks a slot\tA short slot\tneutral\nWaits\tCalls\tMoney\tnegative"
    found = taken("journey-mapping", "stages", text)["stages"]
    assert [each["name"] for each in found] == ["Books", "Waits"]
    assert [each["emotion"] for each in found] == ["neutral", "negative"]
    assert found[0]["goals"] == "A short slot"


@pytest.mark.parametrize("text", ["one, two", "a\tb", "line\nline", "x\ty\nplain\nplain\nplain"])
def test_other_text_is_no_table(text: str):
    assert tables.cells(text) == []


def test_other_tables_are_read_as_lines():
    question = replace(SCRIPTS["ideation"].question("mind-mapping"))
    rows = tables.cells("Idea\tWho\tEffort\nPhoto counts\tDriver\tS\nKit\tLogistics\tM")
    assert tables._as_lines(question, rows) == "Photo counts\nKit"
    question = SCRIPTS["validate"].question("next")
    rows = tables.cells("What\tWho\tWhen\nTalk\tPetra\t15.03.\nPrint\tSevda\t20.03.")
    assert tables._as_lines(question, rows) == "Talk (Petra, 15.03.)\nPrint (Sevda, 20.03.)"
