"""Whatever is asked for and answered, in whatever order and however often: money goes one way, once.

Hypothesis plays clients, workers and the bank of a few payments on a real PostgreSQL, against a model that knows only
where the money of each leg is. Answers of the bank are kept and handed in late, again, and out of order.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bitpesa.kernel import clock
from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.database.pool import Database, Work, open_database
from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.ledger.model import AccountKind, Posting, PostingKind
from bitpesa.money.ledger.problems import AlreadyFunded, HoldAlreadyReleased
from bitpesa.money.rates import operations as rates
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.recipients.model import ClaimedPayout, Recipient
from bitpesa.payments.recipients.rules import FAILED, RetryPolicy, codes
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.transactions.operations import cancel, create, edit, expiry, fund_from_balance, pay_out
from bitpesa.rails.providers.port import Answered, NotStarted, Outcome, Unknown
from bitpesa.rails.providers.registry import Providers
from bitpesa.rails.providers.simulator import control
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.webhooks import operations as webhooks
from bitpesa.webhooks.model import Room
from experiments.chaos.check import check
from tests.conftest import cloned
from tests.journeys.world import PERSON, ok

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPENING = 10_000_000
LEASE = timedelta(seconds=60)
POLICY = RetryPolicy(attempt_limit=6, speedup=60)
ENDINGS = ("00", "01", "08", "19", "71", "50")
HOW_OFTEN_ASKED = 3

# What is left to do while the story goes on is not due to be done at its end.
ONLY_AFTER_ALL_IS_DONE = {"when all is quiet nothing is left to be done"}


class Leg(msgspec.Struct):
    """Where the money of a recipient is: `unfunded`, `held`, `paid`, `returned`; `left` before there was any."""

    id: UUID
    input_minor: int
    money: str = "unfunded"
    attempt_id: UUID | None = None
    is_to_be_returned: bool = False


class Promise(msgspec.Struct):
    """A transaction, as the model sees it."""

    id: UUID
    legs: list[Leg]
    expires_at: datetime
    refund_at: datetime | None = None

    @property
    def is_funded(self) -> bool:
        return self.refund_at is not None

    @property
    def has_ended(self) -> bool:
        return all(leg.money == "left" for leg in self.legs)


class Message(msgspec.Struct, frozen=True):
    """What a worker heard about an attempt that it, or another, had claimed."""

    claimed: ClaimedPayout
    outcome: Outcome
    asked: bool


class Payments(RuleBasedStateMachine):
    """One app with a balance, and all who have a say in its payments."""

    promises = Bundle("promises")
    claims = Bundle("claims")
    messages = Bundle("messages")

    def __init__(self, runner: asyncio.Runner, server_url: str, template_url: str) -> None:
        super().__init__()
        self.run, self.opened = runner.run, ExitStack()
        self.url = self.opened.enter_context(cloned(server_url, template_url))
        self.database = self.opened.enter_context(_database(runner, self.url))
        self.bank = Simulator(self.database)
        self.now = BEGINNING
        self.legs: dict[UUID, tuple[Promise, Leg]] = {}
        self.app, self.sender_id = self.work(_open_app)

    def work(self, operation: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return self.run(self.database.run(operation, *args, **more))

    # -- clients

    @initialize(target=promises, endings=st.lists(st.sampled_from(ENDINGS), min_size=2, max_size=3))
    def begin(self, endings: list[str]) -> Promise:
        """There is something to play with: a payment whose money is there."""
        promise = self.create(endings)
        self.debit(promise)
        return promise

    @rule(target=promises, endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=3))
    def create(self, endings: list[str]) -> Promise:
        submitted = {
            "input_currency": "USD",
            "sender": {"id": str(self.sender_id)},
            "recipients": [ok(each, 1000 * (position + 1)) for position, each in enumerate(endings)],
        }
        providers = Providers(otherwise={"sandbox": self.bank})
        made = self.work(create.create, self.app, submitted, rounding_policy="table2025", providers=providers)
        legs = [Leg(each.id, each.input.minor) for each in made.recipients]
        promise = Promise(made.transaction.id, legs, made.transaction.expires_at)
        self.legs |= {leg.id: (promise, leg) for leg in legs}
        return promise

    @rule(promise=promises)
    def debit(self, promise: Promise) -> None:
        wanted = [{"to_id": str(promise.id), "to_type": "Transaction"}]
        if promise.is_funded or promise.has_ended or self.now >= promise.expires_at:
            with pytest.raises(Invalid):
                self.work(fund_from_balance.debit, self.app, wanted)
            return
        self.work(fund_from_balance.debit, self.app, wanted)
        promise.refund_at = self.now + timedelta(hours=24)
        for leg in promise.legs:
            leg.money = "held" if leg.money == "unfunded" else leg.money

    @rule(promise=promises, position=st.integers(min_value=0, max_value=2))
    def cancel(self, promise: Promise, position: int) -> None:
        leg = promise.legs[position % len(promise.legs)]
        expired = not promise.is_funded and self.now >= promise.expires_at
        if leg.money in ("paid", "returned", "left") or expired:
            with pytest.raises(Invalid):
                self.work(cancel.cancel, self.app, leg.id)
            return
        self.work(cancel.cancel, self.app, leg.id)
        if leg.money == "unfunded":
            leg.money = "left"
        elif leg.attempt_id is None:
            leg.money = "returned"
        else:
            leg.is_to_be_returned = True

    @rule(promise=promises, position=st.integers(min_value=0, max_value=2), ending=st.sampled_from(ENDINGS))
    def edit(self, promise: Promise, position: int, ending: str) -> None:
        """Where the money is does not change by it; whether it may be edited is another test's matter."""
        leg = promise.legs[position % len(promise.legs)]
        changes = {"payout_method": {"details": {"bank_account": f"98765432{ending}"}}}
        try:
            self.work(edit.edit, self.app, leg.id, changes)
        except Invalid:
            return
        assert leg.money in ("unfunded", "held")

    @rule(promise=promises)
    def force(self, promise: Promise) -> None:
        """The owner of the sandbox has the bank pay, whatever it would have answered."""
        paid = self.work(_force, self.app.id, promise.id)
        assert (paid is not None) == promise.is_funded
        for leg in promise.legs:
            if leg.money == "held":
                leg.money, leg.attempt_id = "paid", None

    # -- workers and the bank

    @rule(target=claims)
    def claim(self) -> Any:
        """A worker takes what is due; from here on only the bank knows whether it is paid."""
        return multiple(*self._claim())

    def _claim(self) -> Sequence[ClaimedPayout]:
        claimed: Sequence[ClaimedPayout] = self.work(
            recipients.claim_attempts, _simulator, free=Turns().free(20), lease=LEASE
        )
        for each in claimed:
            _, leg = self.legs[each.recipient.id]
            assert leg.money == "held"
            assert leg.attempt_id is None
            assert not leg.is_to_be_returned
            leg.attempt_id = each.recipient.attempt_id
        return claimed

    @rule(target=messages, claimed=claims)
    def hand_over(self, claimed: ClaimedPayout) -> Message:
        """Also late, and again: the bank knows the reference."""
        return Message(claimed, self.run(self.bank.submit(claimed.order)), asked=False)

    @rule(target=messages, claimed=claims)
    def ask(self, claimed: ClaimedPayout) -> Message:
        return Message(claimed, self.run(self.bank.ask(claimed.order)), asked=True)

    @rule(target=messages)
    def work_as_usual(self) -> Any:
        """What is due is claimed, handed over and recorded; the answers may come once more."""
        self.time_passes(61)
        handed_over = [self.hand_over(each) for each in self._claim()]
        for message in handed_over:
            self.record(message)
        return multiple(*handed_over)

    @rule(target=messages, claimed=claims)
    def hear_nothing(self, claimed: ClaimedPayout) -> Message:
        return Message(claimed, Unknown("no answer in time"), asked=False)

    @rule(claimed=claims, code=st.sampled_from(["0", "14", "416", "3", "13"]))
    def bank_decides(self, claimed: ClaimedPayout, code: str) -> None:
        _, leg = self.legs[claimed.recipient.id]
        if leg.money != "paid":  # what it was forced to pay, it goes on paying
            self.work(_script, self.app.id, claimed.recipient.id, code)

    @rule(message=messages)
    def record(self, message: Message) -> None:
        """An answer arrives: the first time, once more, or after another has had the last word."""
        self.work(
            pay_out.record_outcome, message.claimed.recipient, message.outcome, policy=POLICY, asked=message.asked
        )
        self._heard(message)

    @rule(target=claims, message=messages)
    def record_late(self, message: Message) -> Any:
        """The same once the next attempt is on its way."""
        self.time_passes(61)
        claimed = self._claim()
        self.record(message)
        return multiple(*claimed)

    def _heard(self, message: Message) -> None:
        claimed = message.claimed.recipient
        _, leg = self.legs[claimed.id]
        if leg.money != "held" or leg.attempt_id != claimed.attempt_id:
            return
        match message.outcome:
            case Answered(code="0"):
                leg.money, leg.attempt_id = "paid", None
            case Answered(code=code) if codes.code(code).category not in FAILED:
                pass
            case Answered() | NotStarted():
                leg.attempt_id = None
                leg.money = "returned" if leg.is_to_be_returned else "held"
            case Unknown():
                pass

    # -- time

    @rule(seconds=st.sampled_from([61, 61, 61, 3_600, 43_200]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.work(_move, self.app.id, timedelta(seconds=seconds))

    @rule(promise=promises)
    def sweep(self, promise: Promise) -> None:
        """Expire it, or refund what was not paid in time; before its time, and a second time, nothing happens."""
        self.work(expiry.expire, self.app.id, promise.id)
        self.work(expiry.refund_overdue, self.app.id, promise.id)
        if not promise.is_funded and self.now >= promise.expires_at:
            for leg in promise.legs:
                leg.money = "left"
        if promise.refund_at is not None and self.now >= promise.refund_at:
            for leg in promise.legs:
                self._overdue(leg)

    def _overdue(self, leg: Leg) -> None:
        if leg.money == "held" and leg.attempt_id is None:
            leg.money = "returned"
        elif leg.money == "held":
            leg.is_to_be_returned = True

    # -- the books themselves

    @rule(promise=promises, refund=st.booleans())
    def release_again(self, promise: Promise, refund: bool) -> None:  # noqa: FBT001 - drawn
        """What left the hold cannot leave it again, whoever asks for it."""
        kind, to = (
            (PostingKind.REFUND, AccountKind.BALANCE) if refund else (PostingKind.SETTLEMENT, AccountKind.EXCHANGE)
        )
        for leg in promise.legs:
            if leg.money in ("paid", "returned"):
                self._is_refused(HoldAlreadyReleased, kind, AccountKind.HELD, to, leg.id)

    @rule(promise=promises)
    def fund_again(self, promise: Promise) -> None:
        if promise.is_funded:
            self._is_refused(AlreadyFunded, PostingKind.DEBIT, AccountKind.BALANCE, AccountKind.HELD, promise.id)

    def _is_refused(self, problem: type[Exception], kind: PostingKind, *route: Any) -> None:
        from_kind, to_kind, reference = route
        posting = Posting(kind=kind, from_kind=from_kind, to_kind=to_kind, amount=Money(1, "USD"), reference=reference)
        with pytest.raises(problem):
            self.work(_post_with_cover, self.app.id, posting)

    # -- what must hold

    @invariant()
    def money_is_where_the_model_has_it(self) -> None:
        found = self.run(self._look())
        spent = sum(leg.input_minor for _, leg in self.legs.values() if leg.money in ("held", "paid"))
        held = sum(leg.input_minor for _, leg in self.legs.values() if leg.money == "held")
        assert found == (
            {"balance": OPENING - spent, "held": held},
            {leg.id: leg.money for _, leg in self.legs.values()},
        )

    async def _look(self) -> tuple[dict[str, int], dict[UUID, str]]:
        async with self.database.reading() as conn:
            accounts = await conn.fetch(
                "select kind, balance from ledger_accounts"
                " where app_id = $1 and currency = 'USD' and kind in ('balance', 'held')",
                self.app.id,
            )
            legs = await conn.fetch(
                "select r.id, case when r.left_before_funding then 'left' when t.funded_at is null then 'unfunded'"
                " when r.state in ('success', 'overpaid') then 'paid' when r.state = 'refunded' then 'returned'"
                " else 'held' end as money"
                " from recipients r join transactions t on t.app_id = r.app_id and t.id = r.transaction_id"
                " where r.app_id = $1",
                self.app.id,
            )
        return {"held": 0} | {row["kind"]: row["balance"] for row in accounts}, {
            row["id"]: row["money"] for row in legs
        }

    def teardown(self) -> None:
        """Ask about everything that the bank still has; then nobody may find anything wrong."""
        with self.opened:
            self._end()

    def _end(self) -> None:
        for _ in range(HOW_OFTEN_ASKED):
            self.time_passes(86_400)
            for claimed in self.work(recipients.claim_questions, free=Turns().free(200), lease=LEASE):
                self.record(self.ask(claimed))
        while self.work(webhooks.tell, Turns().free(100), Room(0, 0, {}), LEASE).events:
            pass
        self.money_is_where_the_model_has_it()
        findings = self.run(check(self.url, [], []))
        assert [each for each in findings if each.broken and each.sentence not in ONLY_AFTER_ALL_IS_DONE] == []


@contextmanager
def _database(runner: asyncio.Runner, url: str) -> Iterator[Database]:
    opened = open_database(url)
    try:
        yield runner.run(opened.__aenter__())
    finally:
        runner.run(opened.__aexit__(None, None, None))


async def _open_app(work: Work) -> tuple[App, UUID]:
    organisation = await organisations.create_organisation(work, "Any order")
    app = await organisations.create_app(work, organisation.id, "sandbox")
    await clock.stop(work.conn, app.id, BEGINNING)
    await rates.load_default_rates(work)
    await accounts.deposit(work, app.id, Money(OPENING, "USD"))
    sender = await senders.create(work, app, PERSON, BEGINNING)
    return app, sender.id


async def _simulator(_conn: Any, _recipient: Recipient) -> str:
    return "simulator"


async def _script(work: Work, app_id: UUID, recipient_id: UUID, code: str) -> None:
    await control.script(work.conn, app_id, recipient_id, code, once=True)


async def _force(work: Work, app_id: UUID, transaction_id: UUID) -> Any:
    paid = await pay_out.pay_out_all(work, app_id, transaction_id, policy=POLICY)
    for recipient in paid.recipients if paid else ():
        if recipient.state in ("success", "overpaid"):
            await control.force_paid(work.conn, app_id, recipient.id)
    return paid


async def _move(work: Work, app_id: UUID, by: timedelta) -> None:
    await clock.move(work.conn, app_id, by)


async def _post_with_cover(work: Work, app_id: UUID, posting: Posting) -> None:
    """Post, with so much money on either side that only the rule itself can refuse; it is rolled back with it."""
    await accounts.deposit(work, app_id, Money(1, "USD"))
    cover = Posting(
        kind=PostingKind.ADJUSTMENT,
        from_kind=AccountKind.BANK,
        to_kind=AccountKind.HELD,
        amount=Money(1, "USD"),
        note="cover",
    )
    await ledger.post(work, app_id, [cover, posting])


def test_money_goes_one_way_once(server_url: str, database_url: str) -> None:
    with asyncio.Runner() as runner:
        run_state_machine_as_test(
            lambda: Payments(runner, server_url, database_url),
            settings=settings(
                max_examples=20,
                stateful_step_count=50,
                deadline=None,
                phases=(Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
