"""Step 7: Reframing Challenge."""

from lib.ui import step_page

step_page.show("reframe")
