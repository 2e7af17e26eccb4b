"""Step 10: Validate."""

from lib.ui import step_page

step_page.show("validate")
