"""The status table of a review page under test, as the browser gets it."""

import json

from streamlit.testing.v1 import AppTest


def status_table(app: AppTest) -> dict[str, list[str]]:
    """Return the texts of the status table by column."""
    (found,) = (
        each.proto for each in app.get("bidi_component") if "status" in each.proto.component_name
    )
    data = json.loads(found.json)
    columns = zip(*([cell["text"] for cell in row["cells"]] for row in data["rows"]), strict=True)
    keys = (column["label"] for column in data["columns"])
    return dict(zip(keys, map(list, columns), strict=False))
