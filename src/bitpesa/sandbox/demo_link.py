"""The link that `bitpesa sandbox` prints: whoever holds it may open the demo organisation in the portal.

The key that is printed beside it can do no less: the link is for the same terminal, and for play money only.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bitpesa.kernel.crypto.signed_links import SignedLinks

PATH = "/portal/demo"
LASTS = timedelta(days=30)


def link_to(master_keys: Sequence[str], organisation_id: UUID) -> str:
    """The path and query that open an organisation, from now on for a month."""
    path = f"{PATH}/{organisation_id}"
    return f"{path}?{_signer(master_keys).query(path, datetime.now(UTC) + LASTS)}"


def opens(master_keys: Sequence[str], organisation_id: UUID, query: bytes) -> bool:
    """Whether this is the query of a link of ours to an organisation, and still good."""
    ends_at = _signer(master_keys).end_of(f"{PATH}/{organisation_id}", query)
    return ends_at is not None and ends_at > datetime.now(UTC)


def _signer(master_keys: Sequence[str]) -> SignedLinks:
    return SignedLinks(master_keys, "the demo organisation of a sandbox")
