"""Examples of requests and their answers. A test made the calls and wrote down what it saw: nobody invents one.

`make examples` renews the file after an answer has changed its shape.
"""

from functools import cache
from importlib import resources
from typing import Any

import msgspec

FILE = "examples.json"


class Example(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call: what was asked, what was sent, and what came back."""

    path: str
    """What follows `/v1`, with the query."""
    sent: Any = None
    status: int
    answer: Any


@cache
def examples() -> dict[str, tuple[Example, ...]]:
    """The examples of each operation, by its method and path; the first one is of a call that worked."""
    text = resources.files(__package__).joinpath(FILE).read_bytes()
    return msgspec.json.decode(text, type=dict[str, tuple[Example, ...]])
