"""Places for deliveries under way: per app, per endpoint, per webhook; and a small lane of its own for slow endpoints.

An endpoint is a scheme, host and port that an app has called. Which are slow is measured by each process for itself.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Hashable
from typing import TypeVar
from uuid import UUID

from bitpesa.webhooks.model import Room, Webhook

K = TypeVar("K", bound=Hashable)

MOST_ENDPOINTS = 20_000
WEIGHT_OF_NEWEST = 0.5
"""Of an attempt in the average of its endpoint: one time-out makes it slow, three quick answers make it quick again."""

_ORIGIN = re.compile(r"[^:]+://[^/?#]*")


def endpoint_of(webhook: Webhook) -> str:
    """What a webhook calls, and for whom. `claim_deliveries` says it in the same words."""
    found = _ORIGIN.match(webhook.url)
    return f"{webhook.app_id} {found.group().lower() if found else ''}"


class Paces:
    """How long endpoints take to answer, on average, the newest attempts counting most."""

    def __init__(self, slow_seconds: float) -> None:
        self._slow_seconds = slow_seconds
        self._averages: OrderedDict[str, float] = OrderedDict()

    def note(self, endpoint: str, seconds: float) -> None:
        """Note how long an attempt took."""
        before = self._averages.get(endpoint, 0.0)
        self._averages[endpoint] = WEIGHT_OF_NEWEST * seconds + (1 - WEIGHT_OF_NEWEST) * before
        self._averages.move_to_end(endpoint)
        if len(self._averages) > MOST_ENDPOINTS:
            self._averages.popitem(last=False)

    def is_slow(self, endpoint: str) -> bool:
        """Whether an endpoint belongs into the lane of the slow ones."""
        return self._averages.get(endpoint, 0.0) >= self._slow_seconds

    @property
    def slow(self) -> frozenset[str]:
        """Every endpoint that does."""
        return frozenset(each for each, seconds in self._averages.items() if seconds >= self._slow_seconds)


class Lane:
    """A number of places, and who is in them."""

    def __init__(self, total: int, per_webhook: int, per_endpoint: int) -> None:
        self._total = total
        self._per_webhook = per_webhook
        self._per_endpoint = per_endpoint
        self._webhooks: Counter[UUID] = Counter()
        self._apps: Counter[UUID] = Counter()
        self._endpoints: Counter[str] = Counter()

    @property
    def free(self) -> int:
        """How many places are free; never less than none."""
        return max(self._total - self._webhooks.total(), 0)

    def room(self, slow: frozenset[str] = frozenset()) -> Room:
        """What may begin. `slow`: the endpoints that have no business here."""
        return Room(
            self.free,
            self._per_webhook,
            dict(self._webhooks),
            per_endpoint=self._per_endpoint,
            busy_apps=dict(self._apps),
            busy_endpoints=dict(self._endpoints),
            slow=slow,
        )

    def enter(self, webhook: Webhook) -> None:
        """Take a place."""
        self._webhooks[webhook.id] += 1
        self._apps[webhook.app_id] += 1
        self._endpoints[endpoint_of(webhook)] += 1

    def leave(self, webhook: Webhook) -> None:
        """Give a place back."""
        _take_one(self._webhooks, webhook.id)
        _take_one(self._apps, webhook.app_id)
        _take_one(self._endpoints, endpoint_of(webhook))


def _take_one(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
