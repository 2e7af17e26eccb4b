"""Step 2: Stakeholder Mapping."""

from lib.ui import step_page

step_page.show("stakeholder-mapping")
