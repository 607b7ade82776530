"""Links to proofs of payment: where one is found, and who signs for it (flows 8.9)."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.signed_links import SignedLinks

PATH = "/files/proofs/{app_id}/{recipient_id}.pdf"


def proof_path(app_id: UUID, recipient_id: UUID) -> str:
    """Where the proof of a payout is found."""
    return PATH.format(app_id=app_id, recipient_id=recipient_id)


def proof_links(master_keys: Sequence[str]) -> SignedLinks:
    """What signs links to proofs, and tells when one ends."""
    return SignedLinks(master_keys, "proofs of payment")
