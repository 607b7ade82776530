"""The examples of the reference are what the API answers today, as far as their shape goes.

With BITPESA_RECORD_EXAMPLES=1 in the environment (`make examples`) they are written anew.
"""

import os
from pathlib import Path
from typing import Any

import msgspec

import bitpesa.api.reference
from bitpesa.api.reference.examples import FILE, examples
from tests.api.reference.stories import STORIES, Scribe
from tests.journeys.world import World

PLACE = Path(str(bitpesa.api.reference.__file__)).with_name(FILE)


def shape(value: Any) -> Any:
    """What sort of value it is: fields by name, the first item of a list, numbers all alike."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def shapes(found: dict[str, Any]) -> dict[str, Any]:
    return {key: [(each.status, shape(each.sent), shape(each.answer)) for each in made] for key, made in found.items()}


async def test_examples_have_the_shape_of_what_is_answered_today(world: World):
    scribe = Scribe(world)
    for story in STORIES:
        await story(scribe)
    found = {key: sorted(made, key=lambda each: each.status >= 400) for key, made in sorted(scribe.examples.items())}
    if os.environ.get("BITPESA_RECORD_EXAMPLES"):
        PLACE.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
        examples.cache_clear()
    assert shapes(found) == shapes(examples()), "answers have another shape now: run `make examples`"
