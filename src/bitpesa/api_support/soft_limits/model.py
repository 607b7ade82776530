"""What calls are counted in: a window of time of one limit, for an app or for one of its transactions."""

from datetime import datetime
from uuid import UUID

import msgspec

WHOLE_APP = UUID(int=0)
"""The subject of what is counted for the app as a whole."""


class Limit(msgspec.Struct, frozen=True):
    """A limit by its name, and how many calls a day it allows an app."""

    name: str
    most_per_day: int


class Window(msgspec.Struct, frozen=True):
    """A stretch of an app's time in which so many calls are allowed. `subject_id`: what they may be about."""

    name: str
    subject_id: UUID
    since: datetime
    until: datetime
    most: int


class Counted(msgspec.Struct, frozen=True):
    """What one count is of."""

    app_id: UUID
    name: str
    subject_id: UUID
    since: datetime
