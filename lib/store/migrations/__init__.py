"""The steps a database went through, oldest first: see `versions`."""
