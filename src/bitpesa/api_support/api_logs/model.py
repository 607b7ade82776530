"""A call as it is noted while it is answered, and as it is kept."""

from datetime import datetime
from uuid import UUID

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was not let in, for the owner of its key: a code, a sentence, and the text we would have signed."""

    code: str
    sentence: str
    signed_text: str | None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A call and its answer, as they went over the wire. `at`: the app's time; None when nobody was let in.

    A body that is a text is kept as it is: it was made ready already, or stands in for one that is not kept.
    """

    id: UUID
    app_id: UUID
    at: datetime | None
    method: str
    url: str
    request_headers: Headers
    request_body: bytes | str
    status: int
    response_headers: Headers
    response_body: bytes | str
    explanation: Explanation | None = None


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are looked for. `outcome` is the first digit of the status; `text` stands somewhere in the URL."""

    since: datetime | None = None
    before: datetime | None = None
    method: str | None = None
    outcome: int | None = None
    text: str | None = None


EVERYTHING = Filters()


class ApiLog(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one call."""

    app_id: UUID
    id: UUID
    request_method: str
    request_url: str
    request_headers: dict[str, str]
    request_body: str
    response_status: int
    response_headers: dict[str, str]
    response_body: str
    created_at: datetime | None
    """On the clock of the app; None: when it is written."""
    explanation: Explanation | None = None
    """Why the call was not let in, where it was not."""
