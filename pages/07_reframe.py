"""Step 7: Reframing Challenge."""

from lib.ui.step import page

page.show("reframe")
