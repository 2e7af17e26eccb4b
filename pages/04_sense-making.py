"""Step 4: Research Sense Making."""

from lib.ui import step_page

step_page.show("sense-making")
