"""A second server over the database of a world, put together a little differently."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from bitpesa.api.application import make_v1
from bitpesa.api.call import Route
from bitpesa.cli.client import Client
from bitpesa.server.http import answering, listen
from bitpesa.tenants.organisations import operations
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import World


@asynccontextmanager
async def serving(
    world: World, *, app: App | None = None, table: Sequence[Route] | None = None, **parts: Any
) -> AsyncIterator[Client]:
    """Serve with other parts of the platform, or other operations; yields a client of the app."""
    app = app or world.app
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    origins = {"sandbox_origins": (f"http://127.0.0.1:{port}",), "live_origins": (f"http://localhost:{port}",)}
    settings = msgspec.structs.replace(world.platform.settings, **origins)
    platform = msgspec.structs.replace(world.platform, settings=settings, **parts)
    key, secret = await platform.database.run(operations.create_key, platform.vault, app.id)
    base = settings.origins(app.environment)[0]
    async with answering(make_v1(platform, table), listener), Client(f"{base}/v1", key.key, secret) as client:
        yield client
