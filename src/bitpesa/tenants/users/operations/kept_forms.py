"""What a user sent after its session was over: one form, for an hour, to be shown again after log-in."""

from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import KeptForm


async def keep(work: Work, user_id: UUID, form: KeptForm) -> None:
    """Keep a form in place of an earlier one."""
    await store.keep_form(work.conn, user_id, form)


async def find(work: Work, user_id: UUID) -> KeptForm | None:
    """The form that waits for a user; None when there is none."""
    return await store.kept_form(work.conn, user_id, store.KEPT_FORMS_LAST)


async def discard(work: Work, user_id: UUID) -> None:
    """Drop it."""
    await store.discard_form(work.conn, user_id)
