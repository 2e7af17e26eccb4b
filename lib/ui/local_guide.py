"""Offers a facilitator at the front door to use a model on this computer."""

from collections.abc import Sequence

import streamlit as st

from lib.store.errors import StoreUnavailable
from lib.team import local_guides
from lib.team.process import Process
from lib.ui import buttons, gate, tab
from lib.ui.escape import escaped
from lib.workshop.local_guide import LocalGuide
from lib.workshop.roles import Action


def show(process: Process) -> None:
    """Draw the model in use, or a button for each that could be used; nothing where there is none."""
    if not local_guides.may_be_offered(process.settings):
        return
    if not gate.may(process, Action.CHOOSE_GUIDE):
        return
    used = local_guides.chosen(process.store, process.settings)
    found = local_guides.offered(process.settings)
    if not used and not found:
        return
    with st.container(border=True, key="local-guide"):
        st.subheader("The guide", anchor=False)
        if used:
            _used(process, used, is_there=used in found)
        else:
            _offers(process, found)


def _used(process: Process, used: LocalGuide, *, is_there: bool) -> None:
    st.markdown(f"**{escaped(used.name)}** guides all workshops. Nothing leaves this computer.")
    if not is_there:
        st.warning(
            "It does not answer at the moment, so the scripted guide steps in. Start it again."
        )
    if buttons.button("Use the scripted guide", key="no-local-guide"):
        _choose(process, None, "The scripted guide answers from the next message on.")


def _offers(process: Process, found: Sequence[LocalGuide]) -> None:
    st.markdown(
        "A model runs on this computer. It can guide your workshops instead of the script. "
        "Nothing leaves this computer."
    )
    for number, local in enumerate(found):
        if buttons.button(f"Use {escaped(local.name)}", key=f"local-guide-{number}"):
            _choose(process, local, f"{local.name} answers from the next message on.")


def _choose(process: Process, local: LocalGuide | None, notice: str) -> None:
    try:
        with gate.acting(process, Action.CHOOSE_GUIDE):
            local_guides.choose(process.store, process.settings, local)
    except StoreUnavailable as exc:
        st.warning(f"Couldn't change the guide. Try again. {exc}")
    else:
        tab.notify(notice)
        st.rerun()
