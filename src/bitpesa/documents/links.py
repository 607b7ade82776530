"""Links that show a document to whoever has them, for a while: signed, and worthless once their time is over.

They are made when an answer or a webhook leaves, and kept nowhere (flows 3.8).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from bitpesa.organisations.model import Environment

PATH = "/files"

_PURPOSE = b"bitpesa links to documents"


class Links:
    """Makes links and tells genuine ones. The newest master key signs, all of them are believed."""

    def __init__(
        self, master_keys: Sequence[str], origins: Mapping[Environment, str], lifetime: timedelta = timedelta(hours=1)
    ) -> None:
        self._keys = [hmac.digest(key.encode(), _PURPOSE, "sha256") for key in master_keys]
        self._origins = origins
        self._lifetime = lifetime

    def link(self, environment: Environment, app_id: UUID, document_id: UUID, now: datetime) -> str:
        """A link that is good from `now`, the time of the app, for the lifetime of links."""
        expires = int((now + self._lifetime).timestamp())
        query = urlencode({"expires": expires, "signature": _signature(self._keys[0], app_id, document_id, expires)})
        return f"{self._origins.get(environment, '')}{PATH}/{app_id}/{document_id}?{query}"

    def is_genuine(self, app_id: UUID, document_id: UUID, expires: int, signature: str) -> bool:
        """Whether we made this link; whether its time is over is another question."""
        given = signature.encode("utf-8", "replace")
        expected = [_signature(key, app_id, document_id, expires).encode() for key in self._keys]
        return any([hmac.compare_digest(given, each) for each in expected])  # noqa: C419 - all of them, in equal time

    @staticmethod
    def is_over(expires: int, now: datetime) -> bool:
        """Whether a link's time is over."""
        return now > datetime.fromtimestamp(expires, UTC)


def _signature(key: bytes, app_id: UUID, document_id: UUID, expires: int) -> str:
    return hmac.new(key, f"{app_id}/{document_id}/{expires}".encode(), hashlib.sha256).hexdigest()
