"""
Figures of the small model: `python -m evaluation.understanding`.

With `candidates` it also trains the model without sentence vectors and without pieces of words, and
compares them with the whole one, which takes some minutes.
"""

import sys

from evaluation.understanding import acts, candidates, cost, meaning


def main() -> None:
    """Print what the model costs, how often it is right, and how likeness compares with word stems."""
    cost.show()
    acts.show()
    meaning.show()
    if "candidates" in sys.argv[1:]:
        candidates.show()


if __name__ == "__main__":
    main()
