"""The chapter on a noisy neighbour notices when places are given to whoever comes."""

from pathlib import Path

import pytest

from bitpesa.kernel.database.places import Free, Places, Turns
from bitpesa.webhooks.lanes import Lane
from bitpesa.webhooks.model import Room
from experiments.security import noisy


async def test_places_that_are_given_to_whoever_comes_break_its_promises(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody counts what is under way: an app takes half of what is free again and again, until nothing is."""

    def room(self: Places, turns: Turns) -> Free:
        return turns.free(max(self.free, 1))

    def room_in_lane(self: Lane, slow: frozenset[str] = frozenset()) -> Room:
        return Room(self.free, self._per_webhook, {}, per_endpoint=self._per_endpoint, slow=slow)

    monkeypatch.setattr(Places, "room", room)
    monkeypatch.setattr(Lane, "room", room_in_lane)
    monkeypatch.setattr(noisy, "PAYMENTS", 4)
    monkeypatch.setattr(noisy, "SECONDS_AT_MOST", 2)  # what hangs in here hangs for good
    _, beside_the_bank, beside_silence, limit = (await noisy.noisy(fresh_database_url, tmp_path)).promises
    assert [each.is_kept for each in (beside_the_bank, beside_silence, limit)] == [False, False, True]
