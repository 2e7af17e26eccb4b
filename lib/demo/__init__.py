"""
The demo workshop: five teams at different steps of one afternoon.

`afternoon.toml` holds the members' messages; the use cases of any workshop make the rest.
"""

from lib.demo.creation import TITLE, is_demo, open_or_create

__all__ = ["TITLE", "is_demo", "open_or_create"]
