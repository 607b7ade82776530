"""Problems: the refusals a caller can be told about. Names are facts; the edges turn kinds into HTTP statuses."""

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Kind(Enum):
    """What sort of refusal a problem is. `api/errors.py` holds the one table from kind to HTTP status."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    WRONG_CONTENT = "wrong_content"
    TOO_MANY = "too_many"
    BUSY = "busy"
    INVALID = "invalid"


class Problem(Exception):
    """A refusal the caller can be told about.

    The first line of a subclass's docstring is what the caller reads.
    """

    kind = Kind.INVALID

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(self.message)


class Malformed(Problem):
    """Bad Request"""

    kind = Kind.MALFORMED


class NotFound(Problem):
    """Not Found"""

    kind = Kind.NOT_FOUND


FieldErrors = dict[str, list[dict[str, str]]]
"""Errors by field, in the shape clients read: `{"first_name": [{"error": "blank"}]}` (flows 11.1)."""


class Invalid(Problem):
    """The request was understood and refused.

    Carries the echoed `object` with its `errors`, and `meta` such as the existing record of a duplicate (flows 11.1).
    """

    kind = Kind.INVALID

    def __init__(self, obj: Mapping[str, Any] | list[Any], meta: Mapping[str, Any] | None = None) -> None:
        super().__init__("invalid")
        self.object = obj
        self.meta = meta


def add_error(errors: FieldErrors, field: str, error: str) -> None:
    """Note one error of one field, keeping those noted before."""
    errors.setdefault(field, []).append({"error": error})


def refused(field: str, error: str, **echoed: Any) -> Invalid:
    """Make the refusal of one field, echoing what is given: `refused("base", "Transaction already funded", id=...)`."""
    return Invalid({**echoed, "errors": {field: [{"error": error}]}})
