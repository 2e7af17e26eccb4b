"""The front door: start, resume or join a workshop. `streamlit run streamlit_app.py` opens it."""

from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from lib.ui import server

    app = server.app(__file__)
else:
    from lib.ui import front_door

    front_door.show()
