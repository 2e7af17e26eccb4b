"""Walk and measure: `make eval`, with whichever guide the settings choose."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import table
from evaluation import figures, report, side_talk
from evaluation.conversations import walk_team
from evaluation.results import Result
from evaluation.score import score
from evaluation.teams import TUNED, UNSEEN, Team, load
from evaluation.walk import walk
from lib import settings
from lib.guide.choice import guide_for
from lib.guide.port import Guide
from lib.guide.understanding.likeness import closest
from lib.workshop.artifacts.criteria import grounding
from lib.workshop.records import LANGUAGES
from tests import recorded_workshop, terse_workshop

WORKSHOPS = {"fire-brigade": recorded_workshop, "lost-property": terse_workshop}


def main() -> int:
    """Print the figures of the teams named, or of all; return 1 where a recorded workshop is not valid."""
    try:
        chosen = settings.load()
        guide = guide_for(chosen, pace=0)
    except settings.SettingsError as exc:
        print(exc, file=sys.stderr)
        return 2
    grounding.use(closest)
    print(f"guide: {chosen.guide_model or 'the model' if chosen.asks_model else 'scripted'}")
    arguments = _arguments()
    names = arguments.names
    scored = [_recorded(guide, name) for name in WORKSHOPS if name in names or not names]
    _teams(guide, arguments)
    return int(any(scored))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evaluation", description=__doc__)
    parser.add_argument("names", nargs="*", help="teams or recorded workshops; all without any")
    parser.add_argument("--set", choices=(TUNED, UNSEEN), help="only these teams")
    parser.add_argument("--artifacts", type=Path, help="write the final drafts into this folder")
    parser.add_argument("--findings", type=Path, help="write what tuned-on teams found here")
    return parser.parse_args()


def _recorded(guide: Guide, name: str) -> bool:
    """Score a recorded workshop and return whether an artifact is not valid."""
    scores = [score(each) for each in walk(guide, WORKSHOPS[name]).values()]
    table.show(name, report.HEAD, report.rows(scores))
    for line in report.problems(scores):
        print(f"  - {line}")
    return any(each.invalid for each in scores)


def _teams(guide: Guide, arguments: argparse.Namespace) -> None:
    sets: dict[str, Sequence[Result]] = {}
    for folder in (TUNED, UNSEEN):
        if arguments.set in (None, folder):
            teams = [each for each in load(folder) if _is_chosen(each, arguments.names)]
            if teams:
                sets[folder] = [each for team in teams for each in walk_team(guide, team)]
    everything = [each for results in sets.values() for each in results]
    if not everything:
        return
    for title, results in sets.items():
        _show(title, results, ("language",) if title == UNSEEN else ("team", "step", "language"))
    talk = {each: side_talk.stored(guide, each, everything) for each in LANGUAGES}
    table.show("side talk stored", ("language", "lines"), figures.side_talk(talk, 100))
    table.show("side by side", ("figure", *sets), figures.side_by_side(sets))
    if arguments.findings:
        _write_findings(arguments.findings, sets.get(TUNED, ()), talk)
    if arguments.artifacts:
        _write_artifacts(arguments.artifacts, everything)


def _is_chosen(team: Team, names: Sequence[str]) -> bool:
    return not names or team.file in names


def _show(title: str, results: Sequence[Result], kinds: Sequence[str]) -> None:
    by = {
        "team": lambda each: each.team.file,
        "step": lambda each: each.step,
        "language": lambda each: each.team.speaks,
    }
    for kind in kinds:
        rows = figures.grouped(results, by[kind])
        table.show(f"{title}, by {kind}", (kind, *figures.HEAD), rows)


def _write_findings(
    path: Path, results: Sequence[Result], talk: dict[str, list[side_talk.Stored] | None]
) -> None:
    lines = ["# What was not understood", *figures.findings(results), "\n## Side talk stored"]
    lines += [
        f"- {each.language}, {each.step}: “{each.line}”"
        for stored in talk.values()
        for each in stored or ()
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _write_artifacts(folder: Path, results: Sequence[Result]) -> None:
    for each in results:
        place = folder / each.team.file
        place.mkdir(parents=True, exist_ok=True)
        text = json.dumps(each.draft, ensure_ascii=False, indent=1)
        (place / f"{each.step}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
