"""Interviews are read out of what meeting tools write; a quote is a span of the text, never retyped."""

import io
import zipfile
from dataclasses import replace

import pytest
from docx import Document

from lib.workshop.interviews import files
from lib.workshop.interviews.interview import Interview
from lib.workshop.interviews.reading import _VOICE, read_rows, read_text
from lib.workshop.transcript import MAX_CHARACTERS

TEAMS = """WEBVTT

3f2504e0-4f89-11d3-9a0c-0305e82c3301/12-0
00:00:03.120 --> 00:00:05.900
<v Moderator>How was the last time you moved?</v>

3f2504e0-4f89-11d3-9a0c-0305e82c3301/15-0
00:00:06.000 --> 00:00:09.000
<v Maike Olsen>I paid 900 euros and for three weeks</v>

3f2504e0-4f89-11d3-9a0c-0305e82c3301/15-1
00:00:09.000 --> 00:00:12.000
<v Maike Olsen>I had no sofa. Nobody could tell me why.</v>
"""
ZOOM = """WEBVTT

1
00:00:03.120 --> 00:00:05.900
Moderator: How was the last time you moved?

2
00:00:06.000 --> 00:00:12.000
Maike Olsen: I paid 900 euros and for three weeks I had no sofa. Nobody could tell me why.
"""
SRT = ZOOM.removeprefix("WEBVTT\n\n").replace(".120", ",120").replace(".000", ",000")
OLD_TEAMS = """0:0:3.120 --> 0:0:5.900
Moderator
How was the last time you moved?
0:0:6.0 --> 0:0:9.0
Maike Olsen
I paid 900 euros and for three weeks I had no sofa.
0:0:9.5 --> 0:0:10.0
Maike Olsen
Nobody could tell me why.
0:0:11.0 --> 0:0:12.0
Moderator
Why was that?
"""
OTTER = """Moderator  0:03
How was the last time you moved?

Maike Olsen  0:06
I paid 900 euros and for three weeks I had no sofa. Nobody could tell me why.
"""
BRACKETS = """[00:00:03] Moderator: How was the last time you moved?
[00:00:06] Maike Olsen: I paid 900 euros and for three weeks I had no sofa. Nobody could tell me why.
"""
NOTES = """Q: How was the last time you moved?
Maike Olsen: I paid 900 euros and for three weeks I had no sofa. Nobody could tell me why.
"""
SAID = [
    "I paid 900 euros and for three weeks I had no sofa.",
    "Nobody could tell me why.",
]


def answered(interview: Interview) -> list[tuple[str, str]]:
    return [(each.speaker, interview.quote(each)) for each in interview.answers()]


@pytest.mark.parametrize("text", [TEAMS, ZOOM, SRT, OLD_TEAMS, OTTER, BRACKETS, NOTES])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_transcripts_of_meeting_tools_are_read(text: str, ending: str):
    interview = read_text("call.vtt", text.replace("\n", ending))
    assert answered(interview) == [("Maike Olsen", each) for each in SAID]
    assert len(interview.asking) == 1
    assert "-->" not in interview.text


@pytest.mark.parametrize("text", [TEAMS, ZOOM, SRT, OTTER, BRACKETS])
def test_a_finding_says_where_in_the_recording_it_is(text: str):
    first = next(read_text("call.vtt", text).answers())
    assert read_text("call.vtt", text).finding(first)["origin"].endswith(("00:00:06", "0:06"))


def test_subtitles_pasted_without_blank_lines_are_read():
    pasted = "\n".join(line for line in ZOOM.splitlines() if line)
    assert answered(read_text("pasted", pasted)) == [("Maike Olsen", each) for each in SAID]


def test_rolling_captions_are_not_doubled():
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nI wait\n\n00:02.000 --> 00:03.000\nI wait\nfor hours.\n"
    )
    assert read_text("a.vtt", text).text == "I wait for hours."


def test_every_quote_is_a_span_of_the_text():
    text = "Ada: I wait for 3.5 hours, esp. on Mondays. Then I leave.\nBo: Me gritan a mí.\nAda: Taxis are dear!"
    interview = read_text("notes", text)
    assert [
        (found["source"], found["quote"]) for found in map(interview.finding, interview.answers())
    ] == [
        ("Ada", "I wait for 3.5 hours, esp. on Mondays."),
        ("Ada", "Then I leave."),
        ("Bo", "Me gritan a mí."),
        ("Ada", "Taxis are dear!"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "We went there at 10:30 and saw a queue.",
        "See https://example.org/a: it is long",
        "So the thing we really saw there is this: nobody came.",
        "“We wait: every day.”",
    ],
)
def test_a_sentence_with_a_colon_has_no_speaker(text: str):
    assert read_text("notes", text).speakers == [""]


def test_chinese_and_arabic_sentences_are_split():
    interview = read_text(
        "notes", "王芳：我等了三个小时。没有人告诉我为什么？\nأم خالد: انتظرت ساعة. لماذا؟"
    )
    assert [interview.quote(each) for each in interview.sentences()] == [
        "我等了三个小时。",
        "没有人告诉我为什么？",
        "انتظرت ساعة.",
        "لماذا؟",
    ]


def test_a_table_is_read_by_its_columns():
    rows = files.table("Who\tSaid\tWhen\nMaike (34)\t“I had no sofa.”\t03.02.").rows
    interview = read_rows("calls.csv", rows[1:], text=1, speaker=0, time=2)
    assert interview.finding(next(interview.answers())) == {
        "finding": "“I had no sofa.”",
        "quote": "“I had no sofa.”",
        "origin": "calls.csv, 03.02.",
        "source": "Maike (34)",
    }


def word(paragraphs: list[str], rows: list[list[str]] = ()) -> bytes:
    document, data = Document(), io.BytesIO()
    for each in paragraphs:
        document.add_paragraph(each)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    document.save(data)
    return data.getvalue()


def test_a_word_document_is_read_as_paragraphs_or_as_a_table():
    assert (
        files.read("a.DOCX", word(["Ada: I wait.", "Bo: Me too."])) == "Ada: I wait.\nBo: Me too."
    )
    rows = [["Who", "Said"], ["Ada", "I wait for hours and nobody tells me anything"]]
    assert files.read("a.docx", word(["Notes"], rows)) == files.Table(tuple(map(tuple, rows)))


def test_a_merged_cell_of_a_word_table_stands_in_every_place_it_covers():
    document, data = Document(), io.BytesIO()
    table = document.add_table(3, 3)
    for number, row in enumerate(table.rows):
        row.cells[2].text = f"I wait for hours, {number}"
    table.cell(0, 0).merge(table.cell(1, 0)).text = "Ada"
    table.cell(2, 0).merge(table.cell(2, 1)).text = "Bo"
    document.save(data)

    assert files.read("a.docx", data.getvalue()).rows == (
        ("Ada", "", "I wait for hours, 0"),
        ("Ada", "", "I wait for hours, 1"),
        ("Bo", "Bo", "I wait for hours, 2"),
    )


def test_a_cell_that_spans_a_billion_columns_fills_no_memory():
    document, data = Document(), io.BytesIO()
    table = document.add_table(1, 1)
    table.cell(0, 0).text = "I wait"
    table.cell(0, 0)._tc.grid_span = 1_000_000_000
    document.save(data)

    assert files.read("a.docx", data.getvalue()) == files.Table((("I wait",) * files.MAX_COLUMNS,))


def test_a_merged_cell_makes_no_text_longer_than_the_limit():
    document, data = Document(), io.BytesIO()
    table = document.add_table(1, 1)
    table.cell(0, 0).text = "x" * (MAX_CHARACTERS // 10)
    table.cell(0, 0)._tc.grid_span = 20
    document.save(data)

    with pytest.raises(files.FileRefused, match="the limit is"):
        files.read("a.docx", data.getvalue())


class Counted(tuple):
    """Counts how many of its items are looked at."""

    looked = 0

    def __getitem__(self, at):
        Counted.looked += 1
        return super().__getitem__(at)

    def __iter__(self):
        Counted.looked += len(self)
        return super().__iter__()


def test_the_time_of_a_sentence_is_found_without_looking_at_every_time():
    text = "".join(f"{at // 60:02}:{at % 60:02} Ada: I wait.\n" for at in range(1_000))
    interview = read_text("a", text)
    [turn] = interview.turns
    timed = replace(interview, turns=(replace(turn, times=Counted(turn.times)),))
    Counted.looked = 0

    assert [each.time for each in timed.sentences()] == [time for _, time in turn.times]
    assert 1_000 < Counted.looked < 20_000


def test_a_voice_that_never_ends_is_looked_for_in_a_bounded_part_of_the_line():
    long = "<v." + "a" * 1_000

    assert _VOICE.search(f"{long} Ada>I wait.") is None
    assert _VOICE.search("<v.first.loud Ada>I wait.")[1] == "Ada"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_file_is_read_in_the_encodings_people_have(encoding: str):
    assert files.read("a.txt", "Größe: é".encode(encoding)) == "Größe: é"


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * (files.MAX_UNPACKED + 1))
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.png", b"\x89PNG", "picture"),
        ("a.mp3", b"ID3", "recording"),
        ("a.exe", b"MZ", "cannot be read"),
        ("noending", b"text", "cannot be read"),
        ("a.docx", b"not a zip", "no Word document"),
        ("a.docx", bomb(), "too large"),
        ("a.docx", word(["x"])[:200], "Word document"),
        ("a.txt", b" \n", "There is no text"),
        ("a.txt", b"a" * (files.MAX_BYTES + 1), "limit"),
        ("a.txt", b"a" * 3_000_000, "limit"),
        ("a.csv", b"a;b\n" * (files.MAX_ROWS + 1), "rows"),
    ],
    # A packed file holds the time it was packed at: its bytes name no test.
    ids=lambda value: value if isinstance(value, str) else str(len(value) > 1_000),
)
def test_a_file_that_cannot_be_read_gets_a_sentence(name: str, data: bytes, says: str):
    with pytest.raises(files.FileRefused, match=says):
        files.read(name, data)
