"""Step 2: Stakeholder Mapping."""

from lib.ui.step import page

page.show("stakeholder-mapping")
