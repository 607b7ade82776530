"""An organisation with a sandbox app."""

import pytest

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.database.pool import Database
from bitpesa.tenants.organisations import operations
from bitpesa.tenants.organisations.model import App, Organisation


@pytest.fixture
def vault() -> Vault:
    return Vault([new_master_key()])


@pytest.fixture
async def organisation(database: Database) -> Organisation:
    return await database.run(operations.create_organisation, "Nairobi Exports")


@pytest.fixture
async def app(database: Database, organisation: Organisation) -> App:
    return await database.run(operations.create_app, organisation.id, "sandbox")
