"""Step 3: User Research."""

from lib.ui import step_page

step_page.show("user-research")
