"""Interviews a team brings along: what was said, by whom and when, and spans of it as quotes."""
