"""
The app as `streamlit run` starts it, whose last save never ends; it gives up after a second.

    python -m tests.stuck_server run streamlit_app.py --server.port=8501 ...
"""

import sys
import threading

from lib.server import app
from lib.team import process

if __name__ == "__main__":
    process.stop = lambda: threading.Event().wait()
    app.GRACE, app.END_WITHIN = 0.1, 1.0
    # Late: Streamlit reads the command line when it is imported.
    from streamlit.web import cli

    sys.argv[0] = "streamlit"
    cli.main()
