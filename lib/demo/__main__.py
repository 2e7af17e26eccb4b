"""`make demo`: make the demo in a database of its own, start the app on it, and open its review."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

from lib import demo
from lib.guide.scripted import ScriptedGuide
from lib.settings import ROOT, Settings
from lib.store import open_store
from lib.team import process
from lib.workshop.clock import utc_now

#: Where the demo is kept, so that nothing real is touched.
DATABASE_URL = f"sqlite:///{ROOT / 'data' / 'demo.db'}"

#: The port Streamlit takes by itself where nobody else has it.
PORT = 8501

#: Seconds the app may take until it answers.
PATIENCE = 60.0


def main() -> int:
    """Run the app with the demo until it ends; return its exit code."""
    workshop_id = _create_demo()
    port = _free_port()
    address = f"http://localhost:{port}"
    options = [f"--server.port={port}", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options]
    environment = {**os.environ, "DATABASE_URL": DATABASE_URL}
    app = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603 - our own words
    try:
        if _answers(app, address):
            _open(f"{address}/review?workshop={workshop_id}")
        return app.wait()
    except KeyboardInterrupt:
        # The app got the interrupt too, and saves what it holds.
        return app.wait()


def _create_demo() -> str:
    """Create the demo in a database of its own; return the workshop's id."""
    began = time.monotonic()
    store = open_store(DATABASE_URL)
    parts = process.assemble(Settings(database_url=DATABASE_URL), store, ScriptedGuide(pace=0))
    try:
        workshop = demo.open_or_create(store, parts.drafts, utc_now())
    finally:
        parts.close()
    _say(f"The demo is in {Path('data') / 'demo.db'} ({time.monotonic() - began:.1f} s).")
    return workshop.id


def _free_port() -> int:
    with socket.socket() as probe:
        try:
            probe.bind(("localhost", PORT))
        except OSError:
            probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _answers(app: "subprocess.Popen[bytes]", address: str) -> bool:
    """Wait until the app answers; return whether it does."""
    end = time.monotonic() + PATIENCE
    while app.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310
                return True
        except OSError:
            time.sleep(0.2)
    return False


def _open(address: str) -> None:
    """Print the address, and open it if there is a screen."""
    _say(f"The demo's review: {address}")
    has_screen = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if has_screen:
        webbrowser.open(address)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
