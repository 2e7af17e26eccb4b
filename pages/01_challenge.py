"""Step 1: Challenge."""

from lib.ui.step import page

page.show("challenge")
