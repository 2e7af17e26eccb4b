"""Review: where every team stands."""

from lib.ui import review_page

review_page.show()
