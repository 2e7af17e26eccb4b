"""A workshop's model usage: a table by team, and a warning near its cap."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lib.facilitation import WorkshopOverview, exports
from lib.team.process import Process
from lib.ui.review import downloads
from lib.workshop.usage import Allowance, TeamUsage, allowance, total


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the table, where a model was asked at all."""
    usage = room.usage
    if not usage:
        return
    _cap(total(usage), process.settings.guide_token_cap)
    with st.expander("Model usage", icon=":material/data_usage:", key="usage"):
        st.dataframe(
            table(usage, room.names),
            hide_index=True,
            key="usage-table",
            alt="Calls and tokens of each team",
        )
        downloads.show(
            process,
            room.workshop.id,
            "usage",
            lambda: exports.usage(usage, room.names),
            room.workshop.title,
            "usage",
        )
        st.caption("Tokens as the model's server counts them, estimated if it reports none.")


def _cap(spent: int, cap: int) -> None:
    used = f"{spent:,} of the {cap:,} tokens this workshop may use (GUIDE_TOKEN_CAP)"
    match allowance(spent, cap):
        case Allowance.WARNED:
            st.warning(
                f"The model has used {used}. At the cap, the guide stops using it.",
                icon=":material/data_usage:",
            )
        case Allowance.STOPPED:
            st.error(
                f"The guide no longer uses the model: it has used {used}. The teams see a note. "
                "To continue, raise the cap and restart the server.",
                icon=":material/block:",
            )


def table(usage: Sequence[TeamUsage], names: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each team that asked, in the order of *names*, and one for all of them."""
    by_team = {each.team_id: each for each in usage}
    rows = [_row(name, [by_team[id_]]) for id_, name in names.items() if id_ in by_team]
    return pd.DataFrame([*rows, _row("All teams", usage)] if len(rows) > 1 else rows)


def _row(name: str, usage: Sequence[TeamUsage]) -> dict[str, object]:
    return {
        "Team": name,
        "Calls": sum(each.calls for each in usage),
        "Tokens in": sum(each.tokens_in for each in usage),
        "Tokens out": sum(each.tokens_out for each in usage),
        "Failures": sum(each.failures for each in usage),
    }
