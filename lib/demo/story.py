"""What is told in the demo: who says what when, as `afternoon.toml` has it."""

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

        What is longer takes longer to write; the last tenth is for reading before the act ends.
        """
        weights = [60 + len(text) for _, text in self.says]
        said = 0
        for weight in weights:
            said += weight
            yield self.begins + 0.9 * (self.ends - self.begins) * said / sum(weights)


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
    """Return the story as it is written down; acts by the minute they end."""
    text = (Path(__file__).parent / "afternoon.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    acts = [_act(team["name"], act) for team in told["teams"] for act in team["acts"]]
    return Story(
        told["title"],
        told["challenge"],
        told["minutes"],
        tuple(team["name"] for team in told["teams"]),
        tuple(sorted(acts, key=lambda act: act.ends)),
    )


def _act(team: str, told: dict[str, Any]) -> Act:
    says = tuple((author, text) for author, text in told["says"])
    end, again = told.get("then", ""), told.get("revise", False)
    return Act(team, told["step"], told["from"], told["to"], says, end, again)
