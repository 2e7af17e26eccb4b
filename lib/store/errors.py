"""
Errors of the store. Drivers' errors become these at one place, chained to their cause.

    StoreError
    +-- StoreUnavailable      the database cannot be reached now: retry later
    +-- NotFound              no such workshop or team
    +-- Conflict              another write came first: read again, decide again
    +-- SchemaRefused         the database is newer than this program
    +-- Unstorable            the database rejects this row, now and later
"""


class StoreError(Exception):
    """Persistence failed. Its text is one line without addresses, passwords or statements."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or not now."""


class NotFound(StoreError):
    """There is no such workshop or team."""


class Conflict(StoreError):
    """A decision no longer fits what is stored: read again."""


class SchemaRefused(StoreError):
    """The database was made by a newer version of this program."""


class Unstorable(StoreError):
    """A row breaks a rule of the database, or holds a text that it cannot store."""
