"""What the documents name is there: the test behind each promise, and the page behind each link."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: A file of tests, and the test in it where one is named.
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")

#: A test whose file is named before it.
ALONE = re.compile(r"`(test_\w+)`")

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def defined(file: Path) -> set[str]:
    """Return the names of the tests in a file."""
    return set(re.findall(r"^\s*(?:def|class) (\w+)", file.read_text(encoding="utf-8"), re.M))


def missing(document: Path) -> list[str]:
    """Return what a document names and nobody finds."""
    text = document.read_text(encoding="utf-8")
    files = {name: ROOT / name for name, _ in NAMED.findall(text)}
    gone = [name for name, file in files.items() if not file.is_file()]
    tests = {name: defined(file) for name, file in files.items() if file.is_file()}
    gone += [
        f"{file}::{test}"
        for file, test in NAMED.findall(text)
        if test not in {"", *tests.get(file, ())}
    ]
    known = set().union(*tests.values())
    gone += [test for test in ALONE.findall(text) if test not in known]
    return gone + [link for link in LINK.findall(text) if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_all_that_a_document_names_is_there(document: Path) -> None:
    assert missing(document) == []


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    document = tmp_path / "made.md"
    document.write_text(
        "`tests/test_documents.py::test_all_that_a_document_names_is_there`, `test_gone`, "
        "`tests/test_documents.py::test_lost`, `tests/test_none.py`, [here](nowhere.md), [web](https://a.b)"
    )

    assert missing(document) == [
        "tests/test_none.py",
        "tests/test_documents.py::test_lost",
        "test_gone",
        "nowhere.md",
    ]


def test_the_readme_names_a_test_for_what_it_promises() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")

    assert len(NAMED.findall(text)) > 40
