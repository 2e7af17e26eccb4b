"""Who may import whom, read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Which files may import a library; a folder ends with a slash.
ALLOWED = {
    "streamlit": (
        "streamlit_app.py",
        "pages/",
        "lib/ui/",
        "lib/server/",
        "lib/ui/tab.py",
        "lib/ui/navigation.py",
    ),
    "starlette": ("lib/ui/", "lib/server/"),
    "sqlalchemy": ("lib/store/",),
    "alembic": ("lib/store/",),
    "psycopg2": ("lib/store/",),
    "openai": ("lib/guide/openai_compatible/",),
    "httpx2": ("lib/guide/openai_compatible/",),
    "pandas": ("lib/review/", "lib/facilitation/exports.py", "lib/facilitation/", "lib/ui/"),
    "xlsxwriter": ("lib/facilitation/exports.py", "lib/facilitation/"),
}


def sources() -> list[Path]:
    folders = [ROOT / "lib", ROOT / "pages"]
    return [ROOT / "streamlit_app.py", *(file for each in folders for file in each.rglob("*.py"))]


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(file: Path, places: tuple[str, ...]) -> bool:
    return str(file.relative_to(ROOT)).startswith(places)


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    strangers = [
        str(file.relative_to(ROOT))
        for file in sources()
        if any(name.split(".")[0] == library for name in imported(file))
        if not inside(file, ALLOWED[library])
    ]

    assert strangers == []


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
        for file in sorted((ROOT / "lib/ui").glob("*.py"))
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
