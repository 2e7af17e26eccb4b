"""Step 10: Validate."""

from lib.ui.step import page

page.show("validate")
