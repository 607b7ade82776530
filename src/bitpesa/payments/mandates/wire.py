"""The JSON form of a mandate."""

from typing import Any

from bitpesa.kernel.values.timestamps import to_wire, to_wire_or_none
from bitpesa.payments.mandates.model import Mandate


def mandate_json(mandate: Mandate) -> dict[str, Any]:
    """A mandate as clients see it: whom it is for is in the recipients that name it."""
    return {
        "id": str(mandate.id),
        "status": mandate.status,
        "type_id": mandate.type_id,
        "reference": mandate.reference,
        "signed_at": to_wire_or_none(mandate.signed_at),
        "created_at": to_wire(mandate.created_at),
        "updated_at": to_wire(mandate.updated_at),
    }
