"""Step 6: Journey Mapping."""

from lib.ui import step_page

step_page.show("journey-mapping")
