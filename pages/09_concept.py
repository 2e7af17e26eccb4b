"""Step 9: Concept Development."""

from lib.ui.step import page

page.show("concept")
