"""An audit agrees with true books, and sees each way in which they could lie."""

from itertools import combinations
from uuid import UUID

import pytest

from bitpesa.ops.bookkeeping.integrity import CHECKS
from bitpesa.ops.bookkeeping.model import Figures
from bitpesa.payments.recipients.model import RecipientState
from bitpesa.payments.recipients.rules import PAID_CODE
from bitpesa.payments.transactions.rules import state_of_funded
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from tests.ops.world import NOW, R, S, World, leg

ZERO = "the accounts of a currency sum to zero"
BALANCE = "a balance is the sum of its postings"
NOTED = "a posting notes the balances it left"
OVERDRAWN = "client money never stands below zero"
BOOKS = "the books hold what the states call for"
STATE = "a transaction is in the state of its recipients"
FUNDING = "what came in is paid, returned or held"
AHEAD = "nothing is paid before there is money"
REVIEWED = "nothing is paid while staff look at it"
HELD = "what is held is owed to open recipients"
SURPLUS = "what is surplus is owed to payers"
COLLECTED = "what was collected is what was accepted"
PAYIN = "a payin method is in the state of its money"
DEBIT = "a debit is a posting"
BOTH = "money is paid or returned, not both"
TWICE = "nobody is paid twice"
PROVIDER = "whom a provider paid is paid in the books"
SIMULATOR_TWICE = "the simulator paid nobody twice"
SIMULATOR = "whom the simulator paid is paid in the books"
SIMULATOR_COLLECTED = "the simulator collected what is booked"
SIMULATOR_AMOUNT = "the simulator paid what it was asked to"


def one(table, where="true"):
    """A condition that holds for one row of those that fit."""
    return f"ctid = (select max(ctid) from {table} where {where})"  # noqa: S608 - every piece is written below


def change(table, values, where="true"):
    """Change one row of those that fit."""
    return f"update {table} set {values} where {one(table, where)}"  # noqa: S608 - as above


def delete(table, where="true"):
    """Delete one row of those that fit."""
    return f"delete from {table} where {one(table, where)}"  # noqa: S608 - as above


async def test_an_empty_database_agrees(database):
    report = await World(database).audit()
    assert report.agrees
    assert report.figures == {"live": Figures(), "sandbox": Figures()}


async def test_true_books_agree_and_are_counted(world):
    report = await world.audit()
    assert report.disagreements == ()
    assert report.agrees
    found = report.figures["sandbox"]
    assert (found.apps, found.accounts, found.debits, found.attempts) == (2, 16, 8, 0)
    assert (found.transactions["refunded"], sum(found.transactions.values())) == (3, 18)
    assert (found.recipients["success"], sum(found.recipients.values())) == (6, 26)
    assert found.balances["USD"]["held"] == 8_000
    assert found.balances["NGN"]["balance"] == 388_000
    assert [sum(balances.values()) for balances in found.balances.values()] == [0, 0]
    assert report.figures["live"] == Figures()


async def test_play_money_is_never_added_to_real_money(world):
    live = World(world.database, "live")
    await live.open()
    await live.payment(S.PAID, leg(R.SUCCESS))
    report = await world.audit()
    assert list(report.figures) == ["live", "sandbox"]
    assert report.figures["live"].apps == 1
    assert report.figures["live"].transactions == {"paid": 1}
    assert report.figures["live"].balances == {
        "NGN": {"exchange": -388_000, "float": 388_000},
        "USD": {"balance": 99_000, "held": 0, "bank": -100_000, "exchange": 970, "fees": 30},
    }
    assert report.figures["sandbox"] == (await world.audit()).figures["sandbox"]
    assert report.figures["sandbox"].apps == 2


async def test_a_disagreement_tells_the_environment_of_its_app(world):
    live = World(world.database, "live")
    await live.open()
    await world.tamper("update ledger_accounts set balance = balance + 7 where app_id = $1", live.app.id)
    report = await world.audit()
    assert {each.environment for each in report.disagreements} == {"live"}


def posting(kind):
    return f"kind = '{kind}'"


def state(name):
    return f"state = '{name}'"


PAID_ATTEMPTS = (
    "insert into payout_attempts (app_id, id, recipient_id, provider, started_at, result_code)"
    " select app_id, gen_random_uuid(), id, 'bank', created_at, '0' from recipients"
)
PAID_ORDERS = (
    "insert into simulator_orders (app_id, reference, recipient_id, payout_type, currency, amount_minor, code)"
    " select app_id, gen_random_uuid(), id, payout_type, output_currency, output_minor, '0' from recipients"
)
SAME_DEBIT_AGAIN = (
    "insert into debits select app_id, gen_random_uuid(), to_type, to_id, currency, amount_minor, usd_minor,"
    " running_balance, posting_id, metadata, created_at from debits limit 1"
)
SWAPPED_NOTES = (
    "update ledger_postings p set from_balance = other.from_balance from ledger_postings other"
    " where p.kind = 'payout' and other.kind = 'payout' and p.app_id = other.app_id and p.seq < other.seq"
)
TO_THE_BANK = (
    "to_account = (select id from ledger_accounts a"
    " where a.app_id = ledger_postings.app_id and a.kind = 'bank' and a.currency = 'USD')"
)
FOR_SOMEONE_PAID = (
    "reference = (select reference from ledger_postings p"
    " where p.app_id = ledger_postings.app_id and p.kind = 'payout' limit 1)"
)
# What would stop some of these even without triggers and foreign keys.
GUARDS = ("alter table ledger_accounts drop constraint balance_stays_positive", "drop index a_hold_is_released_once")
OF_HELD = "transaction_id = (select id from transactions where state = 'processing' limit 1)"
WHO_LEFT = "left_before_funding"

TAMPERINGS = {
    "a balance is higher": (change("ledger_accounts", "balance = balance + 1", "kind = 'balance'"), {ZERO, BALANCE}),
    "client money is below zero": (change("ledger_accounts", "may_be_overdrawn = false", "balance < 0"), {OVERDRAWN}),
    "a fee's posting is gone": (
        delete("ledger_postings", posting("fee")),
        {BALANCE, BOOKS},
    ),
    "a deposit is higher": (
        change("ledger_postings", "amount = amount + 1", posting("deposit")),
        {BALANCE, NOTED},
    ),
    "a posting noted another balance": (
        change("ledger_postings", "from_balance = from_balance + 1", posting("payout")),
        {NOTED},
    ),
    "a posting noted nothing": (change("ledger_postings", "to_balance = null"), {NOTED}),
    "postings changed places": (SWAPPED_NOTES, {NOTED}),
    "a settlement went elsewhere": (
        change("ledger_postings", TO_THE_BANK, posting("settlement")),
        {BALANCE, BOOKS, NOTED},
    ),
    "a refund went to someone who was paid": (
        change("ledger_postings", FOR_SOMEONE_PAID, posting("refund")),
        {BOOKS, BOTH},
    ),
    "a fee was kept from the books": (change("recipients", "fee_minor = 29", state("success")), {BOOKS}),
    "another amount was paid out": (
        change("recipients", "output_minor = output_minor + 1", state("overpaid")),
        {BOOKS},
    ),
    "someone was paid and the books do not know": (
        change("recipients", "state = 'success'", state("error")),
        {BOOKS, HELD, STATE},
    ),
    "someone was refunded and the books do not know": (
        change("recipients", "state = 'refunded'", state("error")),
        {BOOKS, HELD, STATE},
    ),
    "someone paid is open again": (
        change("recipients", "state = 'pending'", state("overpaid")),
        {BOOKS, HELD, STATE},
    ),
    "a transaction ended early": (change("transactions", "state = 'paid'", state("received")), {STATE}),
    "a transaction was funded by nobody": (
        change("transactions", "funded_at = created_at", state("approved")),
        {FUNDING, HELD, STATE},
    ),
    "a transaction forgot its money": (
        change("transactions", "funded_at = null", state("mispaid")),
        {BOOKS, FUNDING, HELD, STATE},
    ),
    "a transaction without money is under way": (
        change("transactions", "state = 'received'", state("approved")),
        {STATE},
    ),
    "less came in than was posted": (
        change("transactions", "paid_minor = paid_minor - 1", state("manual")),
        {BOOKS, FUNDING},
    ),
    "more was asked for than came in": (
        change("transactions", "input_minor = input_minor + 1", state("manual")),
        {FUNDING},
    ),
    "money came in another currency": (
        change("transactions", "input_currency = 'NGN'", state("processing")),
        {BOOKS, FUNDING},
    ),
    "a recipient costs more than came in": (
        change("recipients", "input_minor = input_minor + 1", state("stuck")),
        {FUNDING, HELD},
    ),
    "a recipient's place is empty": (
        delete("recipients", state("stuck")),
        {FUNDING, HELD, STATE},
    ),
    "an attempt is due while staff look at it": (
        change("recipients", "attempt_due_at = created_at", OF_HELD),
        {REVIEWED},
    ),
    "someone held was handed to a provider": (change("recipients", "attempts = 1", OF_HELD), {REVIEWED}),
    "nobody knows why it is held": (change("transactions", "held_for = null", state("processing")), {REVIEWED}),
    "a funded transaction failed and none of its recipients did": (
        change("transactions", "state = 'exception'", state("received")),
        {STATE},
    ),
    "money that never came went back": (
        change("transactions", "state = 'refunded'", "state = 'exception' and funded_at is null"),
        {STATE},
    ),
    "someone who left was handed to a provider": (change("recipients", "attempts = 1", WHO_LEFT), {AHEAD}),
    "someone who left is back": (change("recipients", "state = 'pending'", WHO_LEFT), {AHEAD}),
    "surplus was forgotten": (
        delete("payin_receipts", "not accepted and returned_at is null"),
        {BOOKS, SURPLUS},
    ),
    "surplus went back and the books do not know": (
        change("payin_receipts", "returned_at = received_at", "not accepted and returned_at is null"),
        {BOOKS, SURPLUS},
    ),
    "a receipt is of another amount": (
        change("payin_receipts", "amount_minor = amount_minor + 1", "accepted"),
        {COLLECTED, SIMULATOR_COLLECTED},
    ),
    "a payin method that was paid by waits": (change("payin_methods", "state = 'pending'", state("success")), {PAYIN}),
    "a payin method was paid by without money": (
        change("payin_methods", "state = 'success'", state("canceled")),
        {PAYIN},
    ),
    "the simulator never collected it": (delete("simulated_receipts"), {SIMULATOR_COLLECTED}),
    "a debit is of another amount": (change("debits", "amount_minor = amount_minor + 1"), {DEBIT}),
    "a debit left another balance": (change("debits", "running_balance = 0"), {DEBIT}),
    "a debit is for another transaction": (change("debits", "to_id = gen_random_uuid()"), {DEBIT}),
    "a debit is gone": (delete("debits"), {DEBIT}),
    "a debit is there again": (SAME_DEBIT_AGAIN, {DEBIT}),
    "a provider paid twice": (
        f"{PAID_ATTEMPTS}, generate_series(1, 2) where recipients.{one('recipients', state('success'))}",
        {TWICE},
    ),
    "a provider paid what was refunded": (
        f"{PAID_ATTEMPTS} where {one('recipients', state('refunded'))}",
        {PROVIDER},
    ),
    "the simulator paid twice": (
        f"{PAID_ORDERS}, generate_series(1, 2) where recipients.{one('recipients', state('success'))}",
        {SIMULATOR_TWICE},
    ),
    "the simulator paid what was refunded": (
        f"{PAID_ORDERS} where {one('recipients', state('refunded'))}",
        {SIMULATOR},
    ),
    "the simulator paid under a reference that nobody waits for": (
        f"{PAID_ORDERS} where {one('recipients', state('stuck'))}",
        {SIMULATOR},
    ),
    "the simulator paid another amount": (
        f"{PAID_ORDERS.replace('output_minor', 'output_minor + 1')} where {one('recipients', state('success'))}",
        {SIMULATOR_AMOUNT},
    ),
}


@pytest.mark.parametrize(("statement", "seen"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_tampering_is_seen(world, statement, seen):
    for guard in GUARDS:
        await world.tamper(guard)
    await world.tamper(statement)
    report = await world.audit()
    assert {each.check for each in report.disagreements} == seen
    assert not report.agrees


def test_every_check_is_put_to_the_test():
    assert set().union(*(seen for _, seen in TAMPERINGS.values())) == {check.sentence for check in CHECKS}


async def test_a_disagreement_names_its_row_and_both_values(world):
    account = await world.find("select id from ledger_accounts where kind = 'fees' order by balance desc limit 1")
    await world.tamper("update ledger_accounts set balance = 7 where id = $1", account)
    (sums, balance) = (await world.audit()).disagreements
    assert (sums.table, sums.id, sums.expected) == ("ledger_accounts", "USD", "0")
    assert (balance.table, balance.id, balance.about) == ("ledger_accounts", str(account), "balance of fees USD")
    assert (balance.found, balance.expected) == ("7", "150")
    assert sums.app_id == balance.app_id


async def test_some_disagreements_are_shown_and_all_are_counted(world):
    await world.tamper("update debits set running_balance = 0")
    report = await world.audit(most_shown=3)
    assert len(report.disagreements) == 3
    assert report.disagreements_in_all == 2 * report.figures["sandbox"].debits


async def test_an_order_may_be_paid_before_its_answer_is_known(world):
    await world.tamper(
        PAID_ORDERS.replace("gen_random_uuid()", "attempt_id") + " where attempt_id is not null and state = 'pending'"
    )
    assert (await world.audit()).agrees


async def test_a_late_answer_that_says_paid_must_be_in_the_books(world):
    await world.tamper(f"{PAID_ATTEMPTS} where state = 'pending'")
    assert {each.check for each in (await world.audit()).disagreements} == {PROVIDER}


async def test_an_audit_writes_nothing_and_leaves_the_connection_as_it_was(world):
    async with world.database.reading() as conn:
        before = await conn.fetchval("select current_setting('work_mem')")
        await world.audit()
        assert await conn.fetchval("select current_setting('work_mem')") == before
        assert not conn.is_in_transaction()


def test_one_code_says_paid():
    """`audit.sql` names it."""
    assert [code.code for code in codes.CODES.values() if code.category is Category.PAID] == [PAID_CODE] == ["0"]


async def test_states_are_judged_as_the_rules_judge_them(database):
    """Every set of recipients' states that there can be, in transactions whose own state is never right."""
    world = World(database)
    await world.open()
    sets = [each for size in range(1, len(RecipientState) + 1) for each in combinations(RecipientState, size)]
    await world.tamper(MANY_TRANSACTIONS, world.app.id, NOW, 2 * len(sets))
    legs = [(number, state) for number, present in enumerate(sets) for state in present]
    for first in (0, len(sets)):
        numbers = [first + number for number, _ in legs]
        await world.tamper(MANY_RECIPIENTS, world.app.id, NOW, numbers, [state for _, state in legs])
    report = await world.audit(most_shown=2 * len(sets))
    judged = {each.id: each.expected for each in report.disagreements if each.check == STATE}
    for number, present in enumerate(sets):
        assert judged[str(UUID(int=number))] == state_of_funded(present, funded_as=S.RECEIVED)
        assert judged[str(UUID(int=number + len(sets)))] == state_of_funded(present, funded_as=S.MISPAID)


# The second half of the transactions is mispaid; their ids are their numbers.
MANY_TRANSACTIONS = """
    insert into transactions (app_id, id, sender_id, state, input_currency, input_minor, payin_reference, auto_refund,
        account_validation, created_at, updated_at, expires_at, funded_at, mispaid)
    select $1, lpad(to_hex(n), 32, '0')::uuid, $1, 'approved', 'USD', 1, '', true, false, $2, $2, $2, $2, n >= $3 / 2
    from generate_series(0, $3::integer - 1) as n
"""
MANY_RECIPIENTS = """
    insert into recipients (app_id, id, transaction_id, position, type, state, requested_minor, requested_currency,
        input_minor, input_currency, output_minor, output_currency, fee_minor, input_usd_minor, rate, payout_method_id,
        payout_type, details, created_at, updated_at)
    select $1, gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, 0, 'person', state, 1, 'USD', 1, 'USD', 1, 'USD', 0,
        1, 1, gen_random_uuid(), 'USD::Bank', '{}', $2, $2
    from unnest($3::integer[], $4::text[]) as legs (n, state)
"""
