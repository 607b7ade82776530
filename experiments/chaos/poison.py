"""A poisoned app in the storm: rows of it are spoilt by SQL, as nobody can through the API, and mended after it.

Until then each of them fails alone, in quarantine, whatever is killed meanwhile. Once staff mend and release them, they
end.
"""

import asyncio
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import msgspec

from experiments.chaos.caller import Caller
from experiments.chaos.check import MOST_SHOWN, Finding
from experiments.chaos.fixture import Player
from experiments.chaos.flows import fail, leave_unfunded
from experiments.chaos.journal import Journal
from experiments.harness.deployment import Deployment, environment

SECONDS_TO_FAIL = 60.0
SECONDS_BETWEEN_LOOKS = 0.2
RELEASE = (sys.executable, "-m", "bitpesa.cli", "quarantine", "release")

NOT_JSON_OF_OURS = '{"a": "\\ud800"}'
"""PostgreSQL takes it for JSON, and no reader can turn it into text."""
BEFORE_EVERY_CALENDAR = "4000-01-01 BC"

READ_EVERYTHING = frozenset({"reports"})
"""What reads every row of an app, and so cannot be done where one cannot be read."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a row is spoilt, with what, and how its row in quarantine is found: `$1` is the id of what was paid."""

    what: str
    table: str
    column: str
    type: str
    poison: str
    rows: str
    keys: str
    has_ended: str


OF_LEG = "app_id = $1 and id in (select id from recipients where app_id = $1 and transaction_id = $2)"
OF_PAYMENT = "app_id = $1 and id = $2"
OF_EVENT = "app_id = $1 and subject_id = $2 and name = 'recipient.error'"
LEG_KEYS = "select unnest(array[id, transaction_id])::text from recipients where app_id = $1 and transaction_id = $2"
LEG_ENDED = (
    "select bool_and(state in ('success', 'overpaid', 'refunded', 'canceled')) from recipients"
    " where app_id = $1 and transaction_id = $2"
)
OF_DELIVERIES = (
    " from webhook_deliveries where app_id = $1 and event_seq in"
    " (select seq from events where app_id = $1 and subject_id = $2 and name = 'recipient.error')"
)

LEG = Place(
    what="the details of a payout",
    table="recipients",
    column="details",
    type="json",
    poison=NOT_JSON_OF_OURS,
    rows=OF_LEG,
    keys=LEG_KEYS,
    has_ended=LEG_ENDED,
)
LEG_TIME = msgspec.structs.replace(
    LEG, what="a time of a payout", column="updated_at", type="timestamptz", poison=BEFORE_EVERY_CALENDAR
)
PAYMENT = Place(
    what="a payment that will expire",
    table="transactions",
    column="metadata",
    type="json",
    poison=NOT_JSON_OF_OURS,
    rows=OF_PAYMENT,
    keys="select id::text from transactions where app_id = $1 and id = $2",
    has_ended="select state = 'canceled' from transactions where app_id = $1 and id = $2",
)
EVENT = Place(
    what="an event on its way to a webhook",
    table="events",
    column="payload",
    type="text",
    poison='"upload_file_name":',
    rows=OF_EVENT,
    keys="select id::text" + OF_DELIVERIES,
    has_ended="select bool_and(state in ('delivered', 'dropped'))" + OF_DELIVERIES,
)
PLACES = {LEG: fail, LEG_TIME: fail, EVENT: fail, PAYMENT: leave_unfunded}


class Spoilt(msgspec.Struct, frozen=True):
    """A row that was spoilt: where, of which payment of which app, and what stood there."""

    place: Place
    app_id: str
    payment_id: str
    was: str


async def spoil(player: Player, bases: Sequence[str], journal: Path, database_url: str) -> list[Spoilt]:
    """Make payments that have something before them, and spoil a row of each."""
    written = Journal(journal)
    caller = Caller(player, bases, written, random.Random("poison"), hangs_up=0.0)
    conn = await asyncpg.connect(database_url)
    try:
        spoilt = []
        for place, flow in PLACES.items():
            payment_id = await flow(caller, random.Random(place.what))
            if payment_id is not None and (each := await _spoil(conn, place, str(player.app_id), payment_id)):
                spoilt.append(each)
        return spoilt
    finally:
        await conn.close()
        await caller.close()
        written.close()


async def _spoil(conn: asyncpg.Connection, place: Place, app_id: str, payment_id: str) -> Spoilt | None:
    was = await conn.fetchval(
        f"select {place.column}::text from {place.table} where {place.rows}",  # noqa: S608 - ours
        app_id,
        payment_id,
    )
    if was is None:
        return None
    spoilt = Spoilt(place, app_id, payment_id, was)
    await _write(conn, spoilt, place.poison)
    return spoilt


async def _write(conn: asyncpg.Connection, spoilt: Spoilt, value: str) -> None:
    place = spoilt.place
    await conn.execute(
        f"update {place.table} set {place.column} = $3::text::{place.type} where {place.rows}",  # noqa: S608 - ours
        spoilt.app_id,
        spoilt.payment_id,
        value,
    )


async def quarantined(spoilt: Sequence[Spoilt], database_url: str) -> list[Finding]:
    """Wait until every row that was spoilt has failed; then nothing else may be in quarantine."""
    conn = await asyncpg.connect(database_url)
    try:
        keys = {each: await _keys(conn, each) for each in spoilt}
        give_up_at = asyncio.get_running_loop().time() + SECONDS_TO_FAIL
        while True:
            rows = await _rows(conn)
            there = {row["key"] for row in rows}
            missing = [each for each, own in keys.items() if not own & there]
            if not missing or asyncio.get_running_loop().time() > give_up_at:
                break
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        await conn.close()
    expected = set().union(*keys.values())
    apps = {each.app_id for each in spoilt}
    strange = [
        f"{row['topic']} {row['key']} of {row['app_id']}: {row['problem']}"
        for row in rows
        if row["key"] not in expected and not (row["topic"] in READ_EVERYTHING and str(row["app_id"]) in apps)
    ]
    return [
        Finding(
            "what was spoilt is in quarantine",
            len(missing) + (len(spoilt) < len(PLACES)),
            tuple(f"{each.place.what}: payment {each.payment_id}" for each in missing),
        ),
        Finding("nothing else is in quarantine", len(strange), tuple(strange[:MOST_SHOWN])),
    ]


async def mend(spoilt: Sequence[Spoilt], database_url: str) -> None:
    """Put back what stood there."""
    conn = await asyncpg.connect(database_url)
    try:
        for each in spoilt:
            await _write(conn, each, each.was)
    finally:
        await conn.close()


async def release(deployment: Deployment, database_url: str) -> Finding:
    """Have every row in quarantine tried again, as staff do; of what was claimed before, some may come in meanwhile."""
    conn, complaints = await asyncpg.connect(database_url), list[str]()
    try:
        while not complaints and (rows := await _rows(conn)):
            commands = [asyncio.to_thread(_release, deployment, row["topic"], row["key"]) for row in rows]
            complaints += [each.stderr for each in await asyncio.gather(*commands) if each.returncode]
    finally:
        await conn.close()
    return Finding("`bitpesa quarantine release` releases", len(complaints), tuple(complaints[:MOST_SHOWN]))


def _release(deployment: Deployment, topic: str, key: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RELEASE, topic, key, "--as", "chaos", "--reason", "mended"],
        env=environment(deployment),
        capture_output=True,
        text=True,
        check=False,
    )


async def ended(spoilt: Sequence[Spoilt], database_url: str) -> Finding:
    """Whether what was mended and released came to its end."""
    conn = await asyncpg.connect(database_url)
    try:
        left = [
            f"{each.place.what}: payment {each.payment_id}"
            for each in spoilt
            if not await conn.fetchval(each.place.has_ended, each.app_id, each.payment_id)
        ]
    finally:
        await conn.close()
    return Finding("what was mended and released came to its end", len(left), tuple(left))


async def _keys(conn: asyncpg.Connection, spoilt: Spoilt) -> set[str]:
    return {row[0] for row in await conn.fetch(spoilt.place.keys, spoilt.app_id, spoilt.payment_id)}


async def _rows(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    return list(await conn.fetch("select topic, key, app_id, problem from quarantined_rows order by topic, key"))
