"""The history of each step with a finding, as JSON lines in a temporary folder, ordered by time."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from faults.checker import Finding
from faults.history import History, Place


def write(history: History, findings: Sequence[Finding]) -> Path:
    """Write a file for each step that *findings* are about; return their folder."""
    folder = Path(tempfile.mkdtemp(prefix="faults-history-"))
    for place in {finding.place for finding in findings}:
        found = [
            {"finding": each.column, "what": each.what} for each in findings if each.place == place
        ]
        lines = [*found, *sorted(_happened(history, place), key=lambda line: float(line["at"]))]
        text = "\n".join(json.dumps(line, default=_plain, ensure_ascii=False) for line in lines)
        (folder / f"{'-'.join(place).replace(' ', '-')}.jsonl").write_text(text, encoding="utf-8")
    return folder


def _happened(history: History, place: Place) -> Iterator[dict[str, Any]]:
    """Yield everything that happened in a step; what has no time of its own comes last."""
    timed = {
        "message": [(each.sent_at, each) for each in history.sent.values()],
        "edit": [(each.sent_at, each) for each in history.edits],
        "settled": [(each.at, each) for each in history.settled],
        "stored": [(each.at, each) for each in [*history.looks, history.end[place]]],
        "started over": [(float("inf"), each) for each in history.restarts],
        "streamed": [(float("inf"), each) for each in history.streamed],
    }
    for kind, events in timed.items():
        for at, each in events:
            if each.place == place:
                yield {"at": at, "kind": kind} | vars(each)
    for earlier in history.earlier.get(place, ()):
        yield vars(earlier) | {"at": float("inf"), "kept": earlier.at, "kind": "earlier draft"}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return vars(value)
    return dict(value) if isinstance(value, Mapping) else str(value)
