"""Walk and score: `make eval`, with whichever guide the settings choose."""

import sys

from bench import table
from evaluation import report
from evaluation.score import score
from evaluation.walk import walk
from lib import settings
from lib.guide.choice import guide_for
from tests import recorded_workshop, terse_workshop

WORKSHOPS = {"fire-brigade": recorded_workshop, "lost-property": terse_workshop}


def main() -> int:
    """Print a table for each workshop named, or for all; return 1 where an artifact is not valid."""
    try:
        chosen = settings.load()
        guide = guide_for(chosen, pace=0)
    except settings.SettingsError as exc:
        print(exc, file=sys.stderr)
        return 2
    print(f"guide: {chosen.guide_model or 'the model' if chosen.asks_model else 'scripted'}")
    failed = False
    for name in sys.argv[1:] or list(WORKSHOPS):
        scores = [score(each) for each in walk(guide, WORKSHOPS[name]).values()]
        table.show(name, report.HEAD, report.rows(scores))
        for line in report.problems(scores):
            print(f"  - {line}")
        failed = failed or any(each.invalid for each in scores)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
