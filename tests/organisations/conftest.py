"""An organisation with a sandbox app."""

import pytest

from bitpesa.kernel.database import Database
from bitpesa.kernel.encryption import Vault, new_master_key
from bitpesa.organisations import operations
from bitpesa.organisations.model import App, Organisation


@pytest.fixture
def vault() -> Vault:
    return Vault([new_master_key()])


@pytest.fixture
async def organisation(database: Database) -> Organisation:
    return await database.run(operations.create_organisation, "Nairobi Exports")


@pytest.fixture
async def app(database: Database, organisation: Organisation) -> App:
    return await database.run(operations.create_app, organisation.id, "sandbox")
