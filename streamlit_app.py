"""The front door: start, resume or join a workshop. `streamlit run streamlit_app.py` opens it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from lib.server import app as server

    # Streamlit looks for these very words in this file before it runs it.
    app = st.App(__file__, **server.parts())
else:
    from lib.ui import front_door

    front_door.show()
