"""The fail-over: the primary dies at once under load, the standby takes its place, and the silence is measured.

The primary acknowledges what the standby has on its disk as well (`synchronous_standby_names`), so nothing that was
acknowledged can be missing; the independent check of the whole run asks for all of it.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import msgspec

from experiments.chaos.cluster import open_standby, promote
from experiments.chaos.journal import acknowledgements
from experiments.chaos.storm import Storm
from experiments.chaos.wire import Wire

SECONDS_BEFORE = 4.0
SECONDS_AFTER = 6.0


class FailedOver(msgspec.Struct, frozen=True):
    """What clients noticed of it."""

    refused_seconds: float
    """The longest time in which no write was acknowledged, around the moment of the kill."""
    promoted_after_seconds: float
    """When the standby took writes, counted from the kill."""
    before: int
    """Writes that were acknowledged while the standby followed."""
    after: int
    """Writes that were acknowledged by the one in its place."""


def fail_over(storm: Storm, data: Path, wire: Wire, journal: Path, kept: ExitStack) -> FailedOver:
    """Make a standby, let it follow, kill the primary for good and go on with the standby. `kept`: until when."""
    storm.wait_for_cluster()
    primary, began = storm.cluster, time.time()
    standby = kept.enter_context(open_standby(primary, data))
    storm.watch(SECONDS_BEFORE)
    killed_at = time.time()
    primary.kill_everything()
    promote(standby)
    promoted_at = time.time()
    wire.lead_to(standby.sockets)
    primary.stop()
    storm.cluster = standby
    storm.watch(SECONDS_AFTER)
    return _noticed([each for each in acknowledgements(journal) if began <= each], killed_at, promoted_at)


def _noticed(times: Sequence[float], killed_at: float, promoted_at: float) -> FailedOver:
    silences = [later - earlier for earlier, later in pairwise(times) if later > killed_at]
    return FailedOver(
        refused_seconds=max(silences, default=float("inf")),
        promoted_after_seconds=promoted_at - killed_at,
        before=sum(each < killed_at for each in times),
        after=sum(each > promoted_at for each in times),
    )
