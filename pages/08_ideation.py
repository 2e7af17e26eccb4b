"""Step 8: Ideation."""

from lib.ui.step import page

page.show("ideation")
