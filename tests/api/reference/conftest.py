"""The world of the journeys, for what the reference says of it."""

from tests.journeys.conftest import world

__all__ = ["world"]
