"""Reads the text or the table out of a file a team brings along: VTT, SRT, TXT, Markdown, Word and CSV."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from lib.workshop.transcript import MAX_CHARACTERS, clean

if TYPE_CHECKING:
    from docx.oxml.table import CT_Tbl

#: Bytes of a file, and of what is packed in it: an hour of transcript is about 100 kB.
MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024

#: Rows and columns of a table that are read.
MAX_ROWS, MAX_COLUMNS = 20_000, 50

TEXTS = (".vtt", ".srt", ".txt", ".md", ".text")
TABLES = (".csv", ".tsv")
WORD = ".docx"

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff", ".svg")
_RECORDINGS = (".mp3", ".m4a", ".wav", ".mp4", ".mov", ".webm", ".ogg", ".aac")


class FileRefused(ValueError):
    """A file that cannot be read; its message is a sentence for the person who brought it."""


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first may be a header."""

    rows: tuple[tuple[str, ...], ...]


def read(name: str, data: bytes) -> str | Table:
    """Return the text or the table in a file. Raises FileRefused, with a sentence."""
    kind = PurePath(name.lower()).suffix
    if len(data) > MAX_BYTES:
        raise FileRefused(
            f"This file has {len(data) / 1024 / 1024:.0f} MB; the limit is "
            f"{MAX_BYTES // 1024 // 1024} MB. Please bring it in parts."
        )
    if kind in _PICTURES:
        raise FileRefused(
            "This is a picture, and the words in it cannot be read here. Type or paste what it says."
        )
    if kind in _RECORDINGS:
        raise FileRefused(
            "This is a recording, and it cannot be heard here. Bring the transcript your meeting tool makes."
        )
    if kind == WORD:
        return _word(data)
    if kind not in (*TEXTS, *TABLES):
        raise FileRefused(
            f"Files ending in “{kind or name}” cannot be read. Bring VTT, SRT, TXT, DOCX or CSV, or paste the text."
        )
    text = _within_limit(_decoded(data))
    return table(text) if kind in TABLES else text


def pasted(text: str) -> str:
    """Return a pasted text without what no database can hold. Raises FileRefused, with a sentence."""
    return _within_limit(clean(text))


def _within_limit(text: str) -> str:
    if not text.strip():
        raise FileRefused("There is no text in it, so nothing was kept.")
    _check_length(len(text))
    return text


def _check_length(length: int) -> None:
    if length > MAX_CHARACTERS:
        raise FileRefused(
            f"This text has {length:,} characters; the limit is {MAX_CHARACTERS:,}. Please bring it in parts."
        )


def _decoded(data: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, or what Windows writes in the West."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(data.decode("utf-16", "replace"))
    try:
        return clean(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return clean(data.decode("cp1252", "replace"))


def table(text: str) -> Table:
    """
    Return the table in a text of separated values, whatever separates them.

    >>> table("Who;What\\nAda;\\"I wait; then I leave\\"").rows
    (('Who', 'What'), ('Ada', 'I wait; then I leave'))
    """
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:4_096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if "\t" in text else csv.excel
    try:
        return Table(tuple(_rows(csv.reader(io.StringIO(text, newline=""), dialect))))
    except csv.Error as exc:
        raise FileRefused("This table cannot be read. Save it as CSV (UTF-8) once more.") from exc


def _rows(rows: Iterator[list[str]]) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            raise FileRefused(
                f"This table has more than {MAX_ROWS:,} rows. Please bring it in parts."
            )
        if any(cell.strip() for cell in row):
            yield tuple(cell.strip() for cell in row[:MAX_COLUMNS])


def _word(data: bytes) -> str | Table:
    """Return what a Word document says: its one table if it is a table, else its paragraphs."""
    # Imported here: it brings lxml, and most servers never see a Word document.
    from docx import Document

    _check_size(data)
    try:
        document = Document(io.BytesIO(data))
        paragraphs = [each.text for each in document.paragraphs]
        rows = [row for each in document.element.body.tbl_lst for row in _table_rows(each)]
    except Exception as exc:
        # Whatever python-docx and lxml raise for a broken file: there are many kinds.
        raise FileRefused(
            "This Word document cannot be read. Save it as .docx once more, or paste its text."
        ) from exc
    text = clean("\n".join(paragraphs))
    length = sum(len(cell) for row in rows for cell in row)
    if length > len(text):
        _check_length(length)
        return Table(tuple(_rows(iter([[clean(cell) for cell in row] for row in rows]))))
    return _within_limit(text)


def _table_rows(table: "CT_Tbl") -> Iterator[list[str]]:
    """
    Yield the text of each row's cells; a merged cell stands in every place it covers.

    python-docx makes as many cells as a document says that one spans, and that may be a billion.
    """
    above: list[str] = []
    for row in table.tr_lst:
        cells: list[str] = []
        for each in row.tc_lst[:MAX_COLUMNS]:
            is_merged = each.vMerge == "continue" and len(cells) < len(above)
            own = "\n".join(paragraph.text for paragraph in each.p_lst)
            text = above[len(cells)] if is_merged else own
            cells += [text] * min(each.grid_span, MAX_COLUMNS)
        above = cells[:MAX_COLUMNS]
        yield above


def _check_size(data: bytes) -> None:
    """Refuse a file that is no Word document, or that would fill the memory once unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except zipfile.BadZipFile as exc:
        raise FileRefused("This is no Word document. Save it as .docx, or paste its text.") from exc
    if unpacked > MAX_UNPACKED:
        raise FileRefused(
            "This Word document is too large once it is unpacked. Paste its text instead."
        )
