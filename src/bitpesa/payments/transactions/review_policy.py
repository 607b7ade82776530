"""When money that came in is held until staff have looked at it: what an app's settings and its sender say (T7)."""

from bitpesa.kernel.database.pool import Work
from bitpesa.payments.screening import queries as screening
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.transactions.rules import HoldRule
from bitpesa.tenants.organisations.model import App


async def hold_rule(work: Work, app: App, sender: Sender) -> HoldRule:
    """When a payment of this sender is held.

    Asks the database only where the app's settings make it matter, and never on a sheet. Raises NeedsTransaction.
    """
    settings = app.settings
    return HoldRule(
        from_usd=settings.hold_from_usd,
        sender_has_hit=sender.is_under_review
        or (settings.hold_on_hits and await screening.has_open_hits(work.conn, app.id, sender.id)),
        sender_approved=sender_rules.is_approved(sender.state, settings),
    )
