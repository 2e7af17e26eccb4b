"""Step 9: Concept Development."""

from lib.ui import step_page

step_page.show("concept")
