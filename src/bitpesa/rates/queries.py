"""What money is worth now."""

from decimal import Decimal

from bitpesa.kernel.statements import Connection
from bitpesa.rates import store
from bitpesa.rates.model import Rates


async def current_rates(conn: Connection, margin: Decimal) -> Rates:
    """The rates of this moment for an app with this margin."""
    return Rates(await store.units_per_usd(conn), margin)
