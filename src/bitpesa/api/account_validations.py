"""`/account_validations`: who or what stands behind an account or a number (flows 11.1)."""

import asyncio

from bitpesa.api.answers import shown
from bitpesa.api.call import Answer, Call, Route
from bitpesa.kernel.problems import FieldErrors, Invalid, Malformed
from bitpesa.payments.recipients import account_lookups
from bitpesa.payments.recipients.account_lookups import Lookup
from bitpesa.rails.providers.port import AccountFacts

PATIENCE_SECONDS = 20
"""How long a provider may take; clients give up after 30 or 60 seconds."""


async def look_up(call: Call) -> Answer:
    """Look an account up; nothing is stored. The body has no wrapper."""
    if not isinstance(call.body, dict):
        raise Malformed
    errors: FieldErrors = {}
    lookup = account_lookups.read_lookup(call.body, errors)
    if lookup is None:
        refused = {**account_lookups.echoed(call.body), "errors": errors}
        raise Invalid(refused, {"error": account_lookups.in_words(errors)})
    result = account_lookups.judge(lookup, await _ask(call, lookup))
    if result.error is not None:
        raise Invalid(result.told, {"error": result.error})
    return shown(result.told)


async def _ask(call: Call, lookup: Lookup) -> AccountFacts:
    """What the provider that pays such accounts knows; no provider, or none in time, knows nothing."""
    provider = call.providers.for_payout(lookup.payout_type, call.app.environment)
    if provider is None:
        return AccountFacts(reachable=False)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await provider.look_up_account(lookup.order(call.app.id))
    except TimeoutError:
        return AccountFacts(reachable=False)


ROUTES = (Route("POST", "/account_validations", look_up),)
