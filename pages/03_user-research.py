"""Step 3: User Research."""

from lib.ui.step import page

page.show("user-research")
