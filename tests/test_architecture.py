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
        "lib/working_copy.py",
        "lib/navigation.py",
    ),
    "starlette": (
        "lib/ui/middleware.py",
        "lib/ui/endpoints.py",
        "lib/ui/guard.py",
        "lib/ui/server.py",
    ),
    "sqlalchemy": ("lib/store/",),
    "alembic": ("lib/store/",),
    "psycopg2": ("lib/store/",),
    "openai": ("lib/guide/openai_compatible/",),
    "httpx2": ("lib/guide/openai_compatible/",),
    "pandas": ("lib/review/", "lib/exports.py", "lib/ui/"),
    "xlsxwriter": ("lib/exports.py",),
}

#: What the pure modules may know of the house: nothing but each other.
PURE = (
    "steps",
    "status",
    "effects",
    "transcript",
    "artifacts",
    "shaping",
    "workshop",
    "ids",
    "inputs",
    "cascade",
    "undo",
    "snapshots",
    "access",
    "alignment",
    "merging",
    "draft_history",
    "differences",
    "calls",
    "debouncer",
    "presses",
    "rate_limit",
)

#: What a layer must not know.
FORBIDDEN = {
    "lib/store/": (
        "lib.ui",
        "lib.guide",
        "lib.autosave",
        "lib.replies",
        "lib.team_copy",
        "lib.working_copy",
    ),
    "lib/guide/": (
        "lib.ui",
        "lib.store",
        "lib.autosave",
        "lib.replies",
        "lib.team_copy",
        "lib.working_copy",
    ),
    "lib/criteria/": ("lib.ui", "lib.store", "lib.guide", "lib.autosave"),
    "lib/autosave.py": ("lib.ui", "lib.store", "lib.guide", "lib.replies"),
    # The demo is made by what every workshop is made by; it draws nothing and writes no row.
    "lib/demo/": (
        "lib.ui",
        "lib.store.sql",
        "lib.store.memory",
        "lib.store.engine",
        "lib.autosave",
        "lib.replies",
        "lib.team_copy",
        "lib.working_copy",
        "lib.navigation",
        "lib.guide.openai_compatible",
    ),
    "lib/reply.py": ("lib.ui", "lib.store", "lib.guide", "lib.autosave", "lib.replies"),
    "lib/replies.py": ("lib.ui", "lib.team_copy", "lib.working_copy", "lib.navigation"),
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


@pytest.mark.parametrize("name", PURE)
def test_the_pure_modules_know_only_each_other(name: str) -> None:
    known = {f"lib.{each}" for each in PURE}
    others = {
        module
        for module in imported(ROOT / "lib" / f"{name}.py")
        if module.startswith("lib.") and ".".join(module.split(".")[:2]) not in known
    }

    assert others == set()


@pytest.mark.parametrize("place", FORBIDDEN)
def test_a_layer_does_not_know_what_is_above_it(place: str) -> None:
    wrong = [
        (str(file.relative_to(ROOT)), module)
        for file in sources()
        if inside(file, (place,))
        for module in imported(file)
        if module.startswith(FORBIDDEN[place])
    ]

    assert wrong == []


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
    from lib import steps
    from lib.navigation import STEP_PAGES

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
    # A button whose press is told to the run alone loses it with the run: see `lib.ui.press`.
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
