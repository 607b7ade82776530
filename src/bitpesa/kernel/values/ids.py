"""Identifiers: version 7 UUIDs, which sort by the time they were made and so keep indexes compact."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Make an identifier that is unique everywhere and later than every one made before it in this process."""
    return uuid_utils.compat.uuid7()


def read_id(text: object) -> UUID | None:
    """Read an identifier a client sent; None when it is not one, so that the caller can answer "not found"."""
    if not isinstance(text, str) or len(text) != len("00000000-0000-0000-0000-000000000000"):
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
