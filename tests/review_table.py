"""The status table of a review page under test, as the browser gets it, and what it costs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from lib.facilitation.table import COLUMNS_SHOWN


def sent(app: AppTest) -> dict[str, Any]:
    """Return all that is sent to the browser for the table."""
    (found,) = (
        each.proto
        for each in app.get("bidi_component")
        if each.proto.component_name.endswith("throughline_status_table")
    )
    data: dict[str, Any] = json.loads(found.bytes)
    return data


def status_table(app: AppTest) -> dict[str, list[str]]:
    """Return the texts of the status table by column."""
    data = sent(app)
    columns = zip(*([cell["text"] for cell in row["cells"]] for row in data["rows"]), strict=True)
    keys = (column["label"] for column in COLUMNS_SHOWN)
    return dict(zip(keys, map(list, columns), strict=False))


@contextmanager
def statements(store: Any) -> Iterator[list[str]]:
    """Collect the statements a store on SQL runs meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(store._door.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store._door.engine, "before_cursor_execute", note)
