"""Schemathesis calls every operation with what the reference allows, with what it does not, and with near misses.

Nothing fails with 5xx, no status is undocumented, and no answer has another shape than its reference says.
"""

import asyncio
import copy
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bitpesa.api.reference.document import published
from bitpesa.money.rates import operations as rates
from tests.api.reference.stories import PICTURE, RAND
from tests.conftest import cloned
from tests.journeys.collecting import XOF, collection, to_balance
from tests.journeys.world import World, ok, open_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

CALLS = int(os.environ.get("BITPESA_REFERENCE_CALLS", "5"))
"""How often each operation is called with data that fits, with data that does not, and with near misses."""

SCHEMA = schemathesis.openapi.from_dict(published())
# What deletes comes late, and what deletes everything last, so that there is something to call the others with.
OPERATIONS = sorted(
    (found.ok() for found in SCHEMA.get_all_operations()),
    key=lambda each: (each.path.endswith("/reset"), each.method == "delete"),
)

BOUNDED = settings(
    max_examples=CALLS,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)


class Signing(requests.auth.AuthBase):
    """Signs a request as it leaves."""

    def __init__(self, world: World) -> None:
        self._client = world.client

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        request.headers.update(self._client.signed(str(request.method), str(request.url), raw))
        return request


@contextmanager
def running(database_url: str) -> Iterator[tuple[World, dict[str, str]]]:
    """A world that answers from a thread of its own, and what its paths may name by what comes before it."""
    ready, stop = threading.Event(), threading.Event()
    found: list[Any] = []

    async def live() -> None:
        async with open_world(database_url) as world:
            found.append((world, await _furnished(world)))
            ready.set()
            await asyncio.to_thread(stop.wait)

    def run() -> None:
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join()


async def _furnished(world: World) -> dict[str, str]:
    paid = await world.funded(ok("00"), external_id="paid")
    failed = await world.funded(ok("19"), external_id="failed")
    debits = await world.client.get("/accounts/debits")
    logs = await world.client.get("/logs/webhooks")
    await world.write_log()
    calls = await world.client.get("/api_logs")
    collected = await collection(world, to_balance(50000), XOF, external_id="collected")
    stored = await world.client.post("/payout_methods", {"payout_method": ok("00")["payout_method"]})
    paper = await world.client.post("/documents", {"document": {"upload": PICTURE, "upload_file_name": "passport.png"}})
    await world.platform.database.run(rates.set_rate, "ZAR", Decimal(20), Decimal(1), source="schemathesis")
    unsigned = await world.funded(RAND, external_id="unsigned")
    return {
        "senders": paid["sender"]["id"],
        "transactions": paid["id"],
        "recipients": failed["recipients"][0]["id"],
        "webhooks": world.webhook["id"],
        "logs": logs.object[0]["id"],
        "debits": debits.object[0]["id"],
        "accounts": "USD",
        "api_logs": calls.object[0]["id"],
        "payin_methods": collected["payin_methods"][0]["id"],
        "payout_methods": stored.object["id"],
        "documents": paper.object["id"],
        "mandates": unsigned["recipients"][0]["mandate_id"],
        "out": "NGN::Bank",
    }


@st.composite
def near_misses(draw: st.DrawFn, example: Any) -> Any:
    """An example in which one thing is missing, or is something else."""
    value = copy.deepcopy(example)
    place = value
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(list(keys)))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 4)):
            place = inner
        elif draw(st.integers(0, 3)):
            place[key] = draw(NONSENSE)
            return value
        else:
            del place[key]
            return value


def cases(operation: Any) -> Iterator[st.SearchStrategy[Any]]:
    """What to call an operation with."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield operation.as_strategy(generation_mode=mode)
    sent = [each["sent"] for each in operation.definition.raw["x-examples"] if each["sent"]]
    if sent:
        unnamed = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), "")
        yield near_misses(sent[0]).map(lambda body: operation.Case(body=body, path_parameters=dict(unnamed)))


class Surroundings(msgspec.Struct):
    """A world that was furnished, and a way to reach it."""

    world: World
    known: dict[str, str]
    session: requests.Session

    def call(self, case: Any) -> None:
        """Make a call that names what is there, and check what comes of it."""
        _name_something(case, self.known, every_time="" in case.path_parameters.values())
        response = case.call(base_url=self.world.base_url, session=self.session, auth=Signing(self.world))
        assert response.status_code != 401
        case.validate_response(response, checks=CHECKS)


@pytest.fixture(scope="module")
def surroundings(server_url: str, database_url: str) -> Iterator[Surroundings]:
    with cloned(server_url, database_url) as url, running(url) as (world, known), requests.Session() as session:
        yield Surroundings(world, known, session)


@pytest.mark.parametrize("operation", [pytest.param(each, id=each.label) for each in OPERATIONS])
def test_whatever_is_sent_is_answered_as_the_reference_says(operation: Any, surroundings: Surroundings):
    for strategy in cases(operation):
        BOUNDED(given(case=strategy)(surroundings.call))()


def _name_something(case: Any, known: dict[str, str], *, every_time: bool) -> None:
    """Name an object that is there; made-up ids alone would meet nothing but 404."""
    for name, value in case.path_parameters.items():
        before = case.operation.path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
        if before in known and (every_time or len(str(value)) % 2 == 0):
            case.path_parameters[name] = known[before]
