"""
The demo: a workshop like any other, with five teams at different stages of one afternoon.

What its teams say is in `afternoon.toml`; everything else is made as it is in any workshop.
"""

from lib.demo.creation import TITLE, is_demo, open_or_create

__all__ = ["TITLE", "is_demo", "open_or_create"]
