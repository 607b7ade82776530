"""Doing a write once: the answer is kept in the database transaction of the effect, both or neither."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from bitpesa.api_support.idempotency import store
from bitpesa.api_support.idempotency.model import KeptAnswer, KeyedRequest
from bitpesa.api_support.idempotency.problems import KeyUsedForAnother, StillRunning
from bitpesa.api_support.idempotency.rules import is_same, lock_number
from bitpesa.kernel.database.pool import Work


async def once(
    work: Work, app_id: UUID, request: KeyedRequest, effect: Callable[[Work], Awaitable[KeptAnswer]]
) -> tuple[KeptAnswer, bool]:
    """Do a write, or find that it was done; answers what it was answered, and whether that is a repetition.

    What the write refuses rolls everything back and keeps nothing: the same request is judged anew, and a corrected
    one may use the same key. Raises StillRunning, KeyUsedForAnother, and what the write raises.
    """
    if not await store.take_turn(work.conn, lock_number(app_id, request.key)):
        raise StillRunning
    found = await store.find(work.conn, app_id, request.key)
    if found is not None:
        fingerprint, kept = found
        if not is_same(request, fingerprint):
            raise KeyUsedForAnother
        return kept, True
    answer = await effect(work)
    await store.insert(work.conn, answer.app_id or app_id, request, answer)
    return answer, False
