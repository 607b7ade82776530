"""`/dlocal/balance`: what the partner dLocal holds for the app, by its own word."""

import asyncio
from typing import Any

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel.values.money import minor_to_number
from bitpesa.rails.providers.port import HeldBalance, HoldsBalances

PARTNER = "dlocal"
PATIENCE_SECONDS = 20


async def list_balances(call: Call) -> Answer:
    """List the balances that the partner holds: none where this deployment does not work with it."""
    partner: object = call.providers.called(PARTNER, call.app.environment)
    if not isinstance(partner, HoldsBalances):
        return shown([])
    async with asyncio.timeout(PATIENCE_SECONDS):
        return shown([_balance_json(balance) for balance in await partner.balances(call.app.id)])


def _balance_json(balance: HeldBalance) -> dict[str, Any]:
    available, before = balance.available, balance.previous_day_closing
    return {
        "currency": available.currency,
        "available_balance": minor_to_number(available.minor, available.currency),
        "previous_day_closing_balance": minor_to_number(before.minor, before.currency),
        "current_balance_date": balance.on.isoformat(),
    }


ROUTES = (Route("GET", "/dlocal/balance", list_balances),)
