"""The office is looked at in the world of journeys."""

from tests.journeys.conftest import world
from tests.web.kit.browsing import chromium

__all__ = ["chromium", "world"]
