"""Webhooks for the payers, registered by the product's own operation."""

import asyncio
from collections.abc import Sequence

from bitpesa.tenants.organisations.model import App, AppSettings
from bitpesa.webhooks import operations
from bitpesa.wiring import open_platform
from experiments.bench.payer import Payer
from experiments.harness.deployment import Deployment


def register(deployment: Deployment, payers: Sequence[Payer], url: str, events: Sequence[str]) -> None:
    """Let every payer's app hear of these events at one URL."""
    register_all(deployment, payers, [url], events)


def register_all(deployment: Deployment, payers: Sequence[Payer], urls: Sequence[str], events: Sequence[str]) -> None:
    """Let every payer's app hear of these events at several URLs."""
    most = deployment.settings.webhooks_per_app

    async def run() -> None:
        async with open_platform(deployment.settings) as platform:
            for payer in payers:
                app = App(payer.app_id, payer.app_id, "sandbox", AppSettings())
                for url in urls:
                    submitted = {"url": url, "events": list(events)}
                    await platform.database.run(
                        operations.register, app, payer.key_id, submitted, allow_private=True, most=most
                    )

    asyncio.run(run())
