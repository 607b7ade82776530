"""Opening an organisation: its sandbox app, a key, money to play with, and the user who signs it up (flows 2, 12)."""

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.sandbox.demo_organisation import opening_balances, put_play_money
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import Contact, Organisation
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import User
from bitpesa.tenants.users.operations import members
from bitpesa.tenants.users.problems import TooManyOrganisations

MOST_ORGANISATIONS = 20
"""How many organisations one user may belong to when it opens another."""


async def open_organisation(
    work: Work, vault: Vault, user: User, name: str, contact: Contact, *, key_enabled: bool
) -> Organisation:
    """Sign up an organisation for a user, who becomes its administrator.

    Raises Invalid, by field, and TooManyOrganisations.

    Its sandbox app comes with a key and opening balances. `key_enabled`: whether the key works at once or waits for
    staff (flows 0.1, `sandbox_key_activation`).
    """
    if len(await queries.memberships(work.conn, user.id)) >= MOST_ORGANISATIONS:
        raise TooManyOrganisations
    organisation = await organisations.create_organisation(work, name, contact)
    app = await organisations.create_app(work, organisation.id, "sandbox")
    await organisations.create_key(work, vault, app.id, enabled=key_enabled)
    await put_play_money(work, app.id, await opening_balances(work))
    await members.found(work, user, organisation)
    return organisation
