"""The rows of kept answers."""

from datetime import timedelta
from uuid import UUID

from bitpesa.api_support.idempotency.model import KeptAnswer, KeyedRequest
from bitpesa.kernel.database.statements import Connection, load

_sql = load(__package__, "idempotency.sql")


async def take_turn(conn: Connection, lock_number: int) -> bool:
    """Have a key to oneself until the transaction ends; False when somebody else has it."""
    return bool(await _sql.take_turn.value(conn, lock_number))


async def find(conn: Connection, app_id: UUID, key: str) -> tuple[bytes, KeptAnswer] | None:
    """The answer kept under a key, and the fingerprint of the request that it answered."""
    row = await _sql.kept_answer.row(conn, app_id, key)
    return None if row is None else (row["fingerprint"], KeptAnswer(row["status"], row["body"]))


async def insert(conn: Connection, app_id: UUID, request: KeyedRequest, answer: KeptAnswer) -> None:
    """Keep an answer."""
    await _sql.keep_answer.run(conn, app_id, request.key, request.fingerprint, answer.status, answer.body)


async def delete_old(conn: Connection, age: timedelta, most: int) -> int:
    """Delete answers older than this on their app's clock; answers how many."""
    return await _sql.delete_old_answers.run(conn, age, most)
