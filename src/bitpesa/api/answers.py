"""The envelopes of answers: `{"object": ..., "meta": ...}` (contract of the SDKs, 3.1)."""

from collections.abc import Sequence
from typing import Any

from bitpesa.api.call import Answer
from bitpesa.api.pagination import Page


def shown(obj: Any, meta: dict[str, Any] | None = None) -> Answer:
    """Something that was asked for, or that was changed."""
    return Answer(200, {"object": obj} if meta is None else {"object": obj, "meta": meta})


def stored(obj: Any) -> Answer:
    """Something new that is stored now."""
    return Answer(201, {"object": obj})


def stored_as_written(obj: bytes) -> Answer:
    """Something new that is stored now, in JSON already."""
    return Answer(201, b'{"object":%b}' % obj)


def listed(objects: Sequence[Any], page: Page, total_count: int) -> Answer:
    """A page of a list."""
    return Answer(200, {"object": list(objects), "meta": page.meta(total_count)})
