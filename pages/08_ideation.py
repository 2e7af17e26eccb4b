"""Step 8: Ideation."""

from lib.ui import step_page

step_page.show("ideation")
