"""The documents agree with the repository: what they name exists, and what must be named is named."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.guide.openai_compatible.failures import Kind, ModelFailure
from lib.settings import AUTH, NAMES
from lib.store.sql import schema

ROOT = Path(__file__).resolve().parent.parent

README = ROOT / "README.md"
PROMISES = ROOT / "docs/promises.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

#: Lines of a README that is read to its end.
README_LINES = 150

#: A file or folder of the repository, and a test in it if one is named.
PATH = re.compile(
    r"`((?:lib|pages|tests|bench|faults|evaluation|docs|\.ci|\.streamlit)/[\w./-]*)(?:::(\w+))?`"
)

#: A test whose file is named before it.
ALONE = re.compile(r"`(test_\w+)`")

LINK = re.compile(r"""(?:\]\(|(?:src|srcset)=")(?!https?:|#)([^)#"]+)""")

#: Made by the app or by people, so not in the repository.
NOT_IN_THE_REPOSITORY = {".streamlit/secrets.toml"}


def defined(file: Path) -> set[str]:
    """Return the names of a file's functions and classes."""
    return set(re.findall(r"^\s*(?:def|class) (\w+)", file.read_text(encoding="utf-8"), re.M))


def missing(document: Path) -> list[str]:
    """Return the files, tests and links that a document names and that do not exist."""
    text = document.read_text(encoding="utf-8")
    named = [(path, test) for path, test in PATH.findall(text) if path not in NOT_IN_THE_REPOSITORY]
    gone = [path for path, _ in named if not (ROOT / path).exists()]
    tests = {path: defined(ROOT / path) for path, _ in named if (ROOT / path).is_file()}
    gone += [f"{path}::{test}" for path, test in named if test not in {"", *tests.get(path, ())}]
    known = set().union(*tests.values())
    gone += [test for test in ALONE.findall(text) if test not in known]
    return gone + [link for link in LINK.findall(text) if not (document.parent / link).exists()]


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of each row in the tables whose first heading is *heading*."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        inside = line.startswith("|") and (inside or cells[0] == heading)
        if inside and cells[0] != heading and set(cells[0]) != {"-"}:
            found.append(cells)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_files_tests_and_links_in_a_document_exist(document: Path) -> None:
    assert missing(document) == []


def test_missing_files_tests_and_links_are_found(tmp_path: Path) -> None:
    document = tmp_path / "made.md"
    document.write_text(
        "`tests/test_documents.py::test_files_tests_and_links_in_a_document_exist`, `test_gone`, "
        "`tests/test_documents.py::test_lost`, `tests/test_none.py`, `lib/none/`, `lib/settings.py`, "
        '[here](nowhere.md), [web](https://a.b), <img src="no.png">'
    )

    assert missing(document) == [
        "tests/test_none.py",
        "lib/none/",
        "tests/test_documents.py::test_lost",
        "test_gone",
        "nowhere.md",
        "no.png",
    ]


def test_every_promise_names_a_test() -> None:
    promises = rows(PROMISES.read_text(encoding="utf-8"), "promise")

    assert len(promises) > 70
    assert [cells for cells in promises if not PATH.search(cells[-1])] == []


def test_no_promise_is_made_twice() -> None:
    promises = [cells[0] for cells in rows(PROMISES.read_text(encoding="utf-8"), "promise")]

    assert len(promises) == len(set(promises))


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_has_a_row_in_the_readme(name: str) -> None:
    variable, place = NAMES[name]
    table = {cells[0]: cells[1] for cells in rows(README.read_text(encoding="utf-8"), "variable")}

    assert table.get(f"`{variable}`") == f"`[{'.'.join(place[:-1])}] {place[-1]}`"


def test_the_readme_lists_no_setting_that_does_not_exist() -> None:
    table = rows(README.read_text(encoding="utf-8"), "variable")
    variables = {cells[0].strip("`") for cells in table if cells[0].startswith("`")}

    assert variables == {variable for variable, _ in NAMES.values()}


def test_the_example_of_secrets_has_exactly_the_settings() -> None:
    text = (ROOT / ".streamlit/secrets.toml.example").read_text(encoding="utf-8")
    example = tomllib.loads(re.sub(r"^# (?=\[auth\]|\w+ = )", "", text, flags=re.M))
    places = {place for _, place in NAMES.values()} | {("auth", each) for each in AUTH}

    assert set(leaves(example)) == places


def leaves(tree: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of each entry in a tree of tables."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*place, name))
        else:
            yield (*place, name)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < README_LINES


def test_the_tour_names_buttons_and_panels_that_pages_have() -> None:
    _, tour = README.read_text(encoding="utf-8").split("## A ten-minute tour")
    names = re.findall(r"\*\*(.+?)\*\*", tour.split("\n## ")[0])
    pages = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "lib/ui").rglob("*.py"))

    assert names
    assert [name for name in names if f'"{name}"' not in pages] == []


def test_a_failing_model_has_the_documented_sentences() -> None:
    table = rows((ROOT / "docs/model.md").read_text(encoding="utf-8"), "the server ...")

    assert {cells[1] for cells in table} == {str(ModelFailure(kind, 20.0)) for kind in Kind}


def test_every_table_of_the_database_is_explained() -> None:
    table = rows((ROOT / "docs/architecture.md").read_text(encoding="utf-8"), "table")

    assert {cells[0].strip("`") for cells in table} == set(schema.metadata.tables)
