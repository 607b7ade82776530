"""What the log keeps of calls that named a key of ours and proved nothing: a line each, and so many an hour.

Anybody may name a key. What strangers send under it is not kept, and however much they send, the log of the key's owner
stays readable. What explains a refusal to the owner belongs to such a line.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

import structlog

from bitpesa.api_support.api_logs.model import Headers

MAX_PER_KEY_AND_HOUR = 120
"""How many lines a process keeps: two a minute, for somebody who tries to sign."""

SECONDS_PER_HOUR = 3600
MAX_KEYS = 10_000
MAX_HEADER_BYTES = 300

KEPT_HEADERS = frozenset(
    {
        b"host",
        b"user-agent",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"authorization-key",
        b"authorization-nonce",
        b"authorization-signature",
        b"authorization-secret",
    }
)
"""What a signature is about, and who sent it. Those that prove something are masked like everywhere."""

log = structlog.get_logger()


class RefusedCalls:
    """Counts the calls that were refused, by key and hour of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[UUID, tuple[int, int]] = OrderedDict()

    def may_keep(self, key_id: UUID) -> bool:
        """Whether one more line may be kept for a key; counts it."""
        hour = int(self._clock() // SECONDS_PER_HOUR)
        began, count = self._counts.pop(key_id, (hour, 0))
        count = count + 1 if began == hour else 1
        self._counts[key_id] = (hour, count)
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
        if count == MAX_PER_KEY_AND_HOUR + 1:
            log.warning("api_logs.refused_calls_left_out", key_id=str(key_id), most=MAX_PER_KEY_AND_HOUR)
        return count <= MAX_PER_KEY_AND_HOUR


def kept_headers(headers: Headers) -> Headers:
    """The headers that such a line shows."""
    return tuple((name, value[:MAX_HEADER_BYTES]) for name, value in headers if name in KEPT_HEADERS)


def without_body(body: bytes) -> str:
    """What stands in place of the body."""
    return f"[{len(body)} bytes, not kept: the call proved to be nobody's]" if body else ""
