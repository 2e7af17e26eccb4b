"""A team's step page."""
