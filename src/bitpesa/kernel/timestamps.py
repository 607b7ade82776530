"""Moments and dates as clients read them: `2019-01-11T00:00:00.001Z`, never another form (SDK contract 3.3)."""

from datetime import UTC, datetime


def to_wire(moment: datetime) -> str:
    """Write a moment in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_wire_or_none(moment: datetime | None) -> str | None:
    """Write a moment that may not have come."""
    return None if moment is None else to_wire(moment)
