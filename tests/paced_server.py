"""
The app as `streamlit run` starts it, with another pace of the scripted guide.

    python -m tests.paced_server 0.005 run streamlit_app.py --server.port=8501 ...
"""

import sys
from functools import partial

from lib.guide import choice

if __name__ == "__main__":
    pace = float(sys.argv.pop(1))
    choice.guide_for = partial(choice.guide_for, pace=pace)  # type: ignore[assignment]
    # Late: Streamlit reads the command line when it is imported.
    from streamlit.web import cli

    sys.argv[0] = "streamlit"
    cli.main()
