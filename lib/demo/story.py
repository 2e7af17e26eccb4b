"""Reads the demo's story from `afternoon.toml`: who says what when."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

#: How an act ends: the team confirms, the guide's last reply breaks off, or the step stays open.
End = Literal["confirm", "cut", ""]


@dataclass(frozen=True)
class Act:
    """One team in one step, from a minute of the afternoon to another."""

    team: str
    step: str
    begins: int
    ends: int
    #: Author and text of each message of a person, in order.
    says: tuple[tuple[str, str], ...]
    end: End = ""
    #: Whether it reopens a step that was confirmed before.
    is_revision: bool = False

    def minutes(self) -> Iterator[float]:
        """
        Yield when each message of a person is sent, in minutes of the afternoon.

        Longer messages take longer to write; the last tenth of an act is for reading.
        """
        weights = [60 + len(text) for _, text in self.says]
        total = 0
        for weight in weights:
            total += weight
            yield self.begins + 0.9 * (self.ends - self.begins) * total / sum(weights)


@dataclass(frozen=True)
class Story:
    """The afternoon: its workshop, its teams in order, and their acts."""

    title: str
    challenge: str
    #: How long it is, in minutes.
    minutes: int
    teams: tuple[str, ...]
    acts: tuple[Act, ...]


def load() -> Story:
    """Return the story, its acts ordered by the minute they end."""
    text = (Path(__file__).parent / "afternoon.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    acts = [_act(team["name"], act) for team in content["teams"] for act in team["acts"]]
    return Story(
        content["title"],
        content["challenge"],
        content["minutes"],
        tuple(team["name"] for team in content["teams"]),
        tuple(sorted(acts, key=lambda act: act.ends)),
    )


def _act(team: str, entry: dict[str, Any]) -> Act:
    says = tuple((author, text) for author, text in entry["says"])
    end, again = entry.get("then", ""), entry.get("revise", False)
    return Act(team, entry["step"], entry["from"], entry["to"], says, end, again)
