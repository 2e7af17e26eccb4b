"""
Servers are updated one after the other: the release before works on this release's schema.

The release before is taken from the repository's history, and run in a process of its own.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lib.store import migrate
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.status import Status
from tests.conftest import ROOT
from tests.fakes import new_step
from tests.test_store_room import filled
from tests.test_store_sql import empty, empty_url, opened

__all__ = ["empty_url"]

#: The release before this one: to be moved on with each release, as is `migrate.MINIMUM`.
BEFORE = "80463c52b38bb63985a0c1af3fb660aeda86278c"

OLDER_SERVER = Path(__file__).parent / "older_server.py"


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the code of the release before."""
    taken = subprocess.run(
        ["git", "-C", str(ROOT), "archive", BEFORE, "lib"], capture_output=True, check=False
    )
    if taken.returncode:
        reason = "The release before is not in this copy's history: make a full clone with git."
        (pytest.fail if os.environ.get("THROUGHLINE_REQUIRE_ALL") else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


class OlderServer:
    """A running server of the release before."""

    def __init__(self, folder: Path, url: str) -> None:
        self._log = (folder / "log").open("w+")
        path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, str(OLDER_SERVER), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path},
        )

    def __enter__(self) -> "OlderServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def tell(self, what: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            pytest.fail("The older server ended:\n" + self._log.read()[-4_000:])
        return json.loads(line)


@empty
def test_a_server_of_the_release_before_goes_on_while_the_schema_is_upgraded(
    older: Path, empty_url: str
) -> None:
    with OlderServer(older, empty_url) as server:
        assert server.answer() == "open"
        with opened(empty_url) as store:
            key = new_step(store)
            (team,) = store.teams(key.workshop_id)
            server.tell({"team": asdict(team), "erase": filled(store)[0].id})
            told = server.answer()

            assert told["saved"]
            for workshop_id, team_id, link in [*told["teams"], [*key[:2], team.link]]:
                _is_as_the_older_left_it(store, TeamKey(workshop_id, team_id), link)


def _is_as_the_older_left_it(store: Any, team: TeamKey, link: str) -> None:
    key = StepKey(*team, "challenge")

    assert store.team_by_link(link).id == team.team_id
    assert store.steps(team)["challenge"].status is Status.COMPLETE
    assert store.draft(key).fields["target_user"] == "night nurses"
    assert "Once more." in [each.text for each in store.messages(key)]
    assert "New nurses leave within a year." in [each.text for each in store.messages(key, era=0)]
    assert store.versions(key)[-1].fields["target_user"] == "night nurses"
    assert store.discarded(key)
    assert store.events(team.workshop_id)
    assert next(each.state.step for each in store.overview(team.workshop_id)) == "challenge"


def test_the_schema_supports_the_release_before(older: Path) -> None:
    files = (older / "lib" / "store" / "migrations" / "versions").glob("[0-9]*.py")

    assert max(file.name[:4] for file in files) == migrate.MINIMUM
