"""Stale marks and snapshots to JSON and back."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from lib.workshop.records import Fields, Snapshot
from lib.workshop.status import StaleMark

_MARK = TypeAdapter(StaleMark)
_SNAPSHOT = TypeAdapter(Snapshot)


def mark_fields(mark: StaleMark) -> Fields:
    """Return *mark* as plain JSON fields."""
    fields: Fields = _MARK.dump_python(mark, mode="json")
    return fields


def mark_of(fields: Mapping[str, Any]) -> StaleMark:
    """Return the mark that `mark_fields` made *fields* of."""
    return _MARK.validate_python(fields)


def snapshot_fields(snapshot: Snapshot) -> Fields:
    """Return *snapshot* as plain JSON fields."""
    fields: Fields = _SNAPSHOT.dump_python(snapshot, mode="json")
    return fields


def snapshot_of(fields: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot that `snapshot_fields` made *fields* of."""
    return _SNAPSHOT.validate_python(fields)
