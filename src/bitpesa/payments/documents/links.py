"""Links that show a document to whoever has them, for a while.

They are made when an answer or a webhook leaves, and kept nowhere (flows 3.8).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.kernel.crypto.signed_links import SignedLinks
from bitpesa.tenants.organisations.model import Environment

PATH = "/files"


class Links:
    """Makes links to documents, and tells when a genuine one ends."""

    def __init__(
        self, master_keys: Sequence[str], origins: Mapping[Environment, str], lifetime: timedelta = timedelta(hours=1)
    ) -> None:
        self._links = SignedLinks(master_keys, "documents")
        self._origins = origins
        self._lifetime = lifetime

    def link(self, environment: Environment, app_id: UUID, document_id: UUID, now: datetime) -> str:
        """A link that is good from `now`, the time of the app, for the lifetime of links."""
        path = _path(app_id, document_id)
        return f"{self._origins.get(environment, '')}{path}?{self._links.query(path, now + self._lifetime)}"

    def end_of(self, app_id: UUID, document_id: UUID, query: bytes) -> datetime | None:
        """When the link to a document with this query ends, in the time of the app; None when it is none of ours."""
        return self._links.end_of(_path(app_id, document_id), query)


def _path(app_id: UUID, document_id: UUID) -> str:
    return f"{PATH}/{app_id}/{document_id}"
