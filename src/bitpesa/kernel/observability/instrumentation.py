"""What somebody who watches a process hangs into it: nothing, unless traces are wanted."""

from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec


class Watching(msgspec.Struct, frozen=True):
    """Whom to tell of each statement (as asyncpg logs it, after it ran), and of each call to the outside."""

    on_statement: Callable[[Any], None] | None = None
    outbound: tuple[aiohttp.TraceConfig, ...] = ()


NOBODY = Watching()
