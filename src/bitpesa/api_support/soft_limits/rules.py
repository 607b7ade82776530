"""Which calls have limits, and in which windows of time they are counted (flows 11.4). Decides from plain values.

That calls should be minutes apart is advice and not counted: nobody could reach a limit of 300 a day otherwise.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from bitpesa.api_support.soft_limits.model import WHOLE_APP, Limit, Window

TRANSACTION = Limit("transactions", 2500)
ACCOUNTS = Limit("accounts", 300)
CURRENCIES = Limit("currencies", 300)

MOST_IN_FIRST_HOUR = 6
MOST_IN_LATER_HOURS = 1

_HOUR = timedelta(hours=1)


@lru_cache(maxsize=1000)
def limit_of(method: str, path: str) -> Limit | None:
    """The daily limit of an operation, by the path of its route; None when it has none."""
    if method != "GET":
        return None
    if path == "/transactions/{id}":
        return TRANSACTION
    if _is_at_or_below(path, "/accounts"):
        return ACCOUNTS
    return CURRENCIES if _is_at_or_below(path, "/info/currencies") else None


def day_of(limit: Limit, at: datetime) -> Window:
    """The day in UTC in which a call counts for its app."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(limit.name, WHOLE_APP, midnight, midnight + timedelta(days=1), limit.most_per_day)


def hour_of_transaction(transaction_id: UUID, created_at: datetime, at: datetime) -> Window:
    """The hour of a transaction's life in which a look at it counts: several in its first hour, then one in each."""
    hours = max((at - created_at) // _HOUR, 0)
    since = created_at + hours * _HOUR
    most = MOST_IN_FIRST_HOUR if hours == 0 else MOST_IN_LATER_HOURS
    return Window("transaction", transaction_id, since, since + _HOUR, most)


def seconds_left(window: Window, at: datetime) -> int:
    """How long a window still lasts, in whole seconds, at least one."""
    return max(-((at - window.until) // timedelta(seconds=1)), 1)


def _is_at_or_below(path: str, top: str) -> bool:
    return path == top or path.startswith(top + "/")
