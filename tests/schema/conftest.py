from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest


@pytest.fixture
async def empty_url(fresh_database_url):
    """An empty database beside the migrated one of the test."""
    name = f"empty_{uuid4().hex}"
    async with connected(fresh_database_url) as conn:
        await conn.execute(f'create database "{name}"')
    migrated = fresh_database_url.partition("?")[0].rpartition("/")[2]
    yield fresh_database_url.replace(migrated, name)
    async with connected(fresh_database_url) as conn:
        await conn.execute(f'drop database "{name}" with (force)')


@asynccontextmanager
async def connected(url):
    conn = await asyncpg.connect(url)
    try:
        yield conn
    finally:
        await conn.close()
