"""What happens to collections."""

from datetime import datetime
from uuid import UUID

from bitpesa.collections import store
from bitpesa.collections.model import PayinMethod, PayinMethodState
from bitpesa.kernel.database import Work
from bitpesa.kernel.ids import new_id


async def collect(work: Work, app_id: UUID, transaction_id: UUID, type_: str, now: datetime) -> PayinMethod:
    """Store a collection that has cleared: the sender's money is at the bank."""
    method = PayinMethod(
        app_id=app_id,
        id=new_id(),
        transaction_id=transaction_id,
        type=type_,
        state=PayinMethodState.SUCCESS,
        created_at=now,
        updated_at=now,
    )
    await store.insert(work.conn, method)
    return method
