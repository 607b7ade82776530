"""Metadata: the JSON object that clients attach to nearly everything and get back unchanged (flows 10)."""

from collections.abc import Mapping
from typing import Any

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values import json

LONGEST_METADATA_BYTES = 64 * 1024


def read_metadata(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, Any] | None:
    """Read `metadata`: an object of at most 64 KiB serialised; None when the request does not speak of it."""
    value = submitted.get("metadata")
    if value is None:
        return None
    if not isinstance(value, dict):
        add_error(errors, "metadata", "invalid")
        return None
    if len(json.encode(value)) > LONGEST_METADATA_BYTES:
        add_error(errors, "metadata", "too_long")
        return None
    return value
