"""Apps of every KYC mode on a database of their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from bitpesa.tenants.organisations.model import App, AppSettings

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = datetime(2030, 1, 1, 13, tzinfo=UTC)


@pytest.fixture
def make_app() -> Callable[..., App]:
    """An app with some settings changed. It need not be stored: senders only name it."""

    def make(**settings: Any) -> App:
        return App(uuid4(), uuid4(), "sandbox", AppSettings(**{"kyc_mode": "waived", **settings}))

    return make


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    return make_app()
