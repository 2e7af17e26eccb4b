"""Step 1: Challenge."""

from lib.ui import step_page

step_page.show("challenge")
