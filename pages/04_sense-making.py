"""Step 4: Research Sense Making."""

from lib.ui.step import page

page.show("sense-making")
