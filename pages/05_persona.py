"""Step 5: Persona Development."""

from lib.ui.step import page

page.show("persona")
