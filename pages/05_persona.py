"""Step 5: Persona Development."""

from lib.ui import step_page

step_page.show("persona")
