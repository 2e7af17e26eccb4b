"""Review: where every team stands."""

from lib.ui.review import page

page.show()
