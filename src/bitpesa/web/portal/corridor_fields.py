"""The fields of a corridor as forms ask for them."""

from bitpesa.rails.corridors.model import Corridor, CorridorField, Need


def fields_of(corridor: Corridor, recipient_type: str) -> list[CorridorField]:
    """The details that a kind of recipient may give, those that it must give first."""
    used = [field for field in corridor.fields if field.need(recipient_type) is not Need.UNUSED]
    return sorted(used, key=lambda field: field.need(recipient_type) is not Need.ALWAYS)
