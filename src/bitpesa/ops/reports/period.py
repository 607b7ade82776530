"""The months and days that reports are about, in UTC, and when each is reported (flows 12.1)."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import msgspec

REPORTED_AFTER = timedelta(hours=2)
"""How long after its end a period is reported: on the first day of the next month at 02:00 UTC, daily likewise."""

_DAY = timedelta(days=1)
_LONGER_THAN_A_MONTH = timedelta(days=32)


class Cadence(StrEnum):
    """How often something is reported."""

    MONTHLY = "monthly"
    DAILY = "daily"


MOST_CAUGHT_UP = {Cadence.MONTHLY: timedelta(days=366), Cadence.DAILY: timedelta(days=31)}
"""How far back missed reports are made up for, since a sandbox's clock can be moved by years.

Older ones are made on demand.
"""


class Period(msgspec.Struct, frozen=True, order=True):
    """A calendar month or a day, by its first day."""

    cadence: Cadence
    starts_on: date

    @property
    def following(self) -> "Period":
        """The period right after it."""
        if self.cadence is Cadence.DAILY:
            return Period(self.cadence, self.starts_on + _DAY)
        return Period(self.cadence, (self.starts_on + _LONGER_THAN_A_MONTH).replace(day=1))

    @property
    def previous(self) -> "Period":
        """The period right before it."""
        return period_of(self.cadence, self.starts_on - _DAY)

    @property
    def begins_at(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.starts_on, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer part of it."""
        return self.following.begins_at

    @property
    def due_at(self) -> datetime:
        """When it is reported."""
        return self.ends_at + REPORTED_AFTER

    @property
    def name(self) -> str:
        """How files name it: `2021-03` or `2021-03-14`."""
        day = self.starts_on.isoformat()
        return day if self.cadence is Cadence.DAILY else day.removesuffix("-01")


def period_of(cadence: Cadence, day: date) -> Period:
    """The period that a day is part of."""
    return Period(cadence, day if cadence is Cadence.DAILY else day.replace(day=1))


def period_at(cadence: Cadence, moment: datetime) -> Period:
    """The period that a moment is part of."""
    return period_of(cadence, moment.astimezone(UTC).date())


def read_period(cadence: Cadence, name: str) -> Period:
    """Read a period as files name it, and in no other form. Raises ValueError."""
    period = period_of(cadence, date.fromisoformat(name if cadence is Cadence.DAILY else f"{name}-01"))
    if period.name != name:
        raise ValueError(f"{name!r} names no {cadence} period")
    return period


def oldest_to_make(next_period: Period, now: datetime) -> Period:
    """The period to go on with: the next one, unless it is longer ago than is made up for."""
    return max(next_period, period_at(next_period.cadence, now - MOST_CAUGHT_UP[next_period.cadence]))
