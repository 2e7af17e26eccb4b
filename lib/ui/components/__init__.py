"""Our own elements of a page: each is a module with its script, style and HTML."""
