"""The register of what stands on the platform's bank statements: a wire is booked once."""

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, refused
from bitpesa.money.accounts import rules, store
from bitpesa.money.accounts.model import BankEntry


async def register(work: Work, entry: BankEntry, *, is_another: bool) -> None:
    """Enter a transfer under its bank reference. Raises Invalid.

    A reference is entered once for each receiving account: that of an environment and a currency, by direction. A
    transfer of the same client, amount and day as another one, or recorded within a day of it, is entered only when
    somebody says that it `is_another` one.
    """
    if not await store.insert_bank_entry(work.conn, entry):
        known = await store.bank_entry(work.conn, entry)
        raise refused("bank_reference", "taken" if known is None else rules.taken_sentence(known))
    like = await store.bank_entries_alike(work.conn, entry, rules.REPEAT_WITHIN)
    if like and not is_another:
        raise LooksRepeated(like[0])


class LooksRepeated(Invalid):
    """A transfer of the same client, amount and day is booked already"""

    def __init__(self, known: BankEntry) -> None:
        super().__init__({"errors": {"base": [{"error": rules.repeated_sentence(known)}]}})
        self.known = known
