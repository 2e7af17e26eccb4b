"""Step 6: Journey Mapping."""

from lib.ui.step import page

page.show("journey-mapping")
