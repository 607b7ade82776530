"""Whatever happens to a payment in whatever order, its money is paid, returned or held, and nothing is released twice.

The machine does with plain values what the operations do with rows: it claims, answers, cancels, lets time pass, and
lets staff decide (flows 5.1, 5.2, 5.5).
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import PAID, Ending, Recipient, RecipientState
from bitpesa.payments.recipients.rules import Release, RetryPolicy, Verdict
from bitpesa.payments.transactions import rules
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.payments.transactions.rules import MOVES, TO_WHAT_IT_WAS_FUNDED_AS, HoldRule
from bitpesa.rails.providers.port import Answered, NotStarted, Unknown
from tests.payments.recipients.examples import NOW
from tests.payments.transactions.examples import payment

S, R = TransactionState, RecipientState

POLICY = RetryPolicy(attempt_limit=3, fault_limit=2)
OUTCOMES = [Answered(code) for code in ("0", "3", "416", "511", "13", "14", "21")] + [NotStarted(), Unknown("")]

FUNDED_AS = (S.RECEIVED, S.MISPAID)
ALLOWED = (
    {(before, after) for (before, _), after in MOVES.items()}
    | {(before, after) for before, _ in TO_WHAT_IT_WAS_FUNDED_AS for after in FUNDED_AS}
    # What was collected waits to go back, and went (T17).
    | {(S.CANCELED, S.REFUNDED)}
    | {(before, S.CANCELED) for before in (*FUNDED_AS, S.PROCESSING, S.MANUAL, S.EXCEPTION)}
)
"""From which state to which a funded transaction may go."""

legs = st.integers(min_value=0, max_value=2)


class Story(RuleBasedStateMachine):
    """A funded payment of up to three recipients."""

    def __init__(self) -> None:
        super().__init__()
        self.payment: Payment = payment()
        self.released: dict[UUID, Release] = {}
        self.now = NOW
        self.attempts = 0
        self.ended: list[str] = []

    @initialize(
        count=st.integers(min_value=1, max_value=3),
        funded_by=st.sampled_from(["balance", "collection"]),
        held=st.booleans(),
        factor=st.sampled_from([1, 1, 2]),
        auto_refund=st.booleans(),
    )
    def fund(self, count: int, funded_by: str, held: bool, factor: int, auto_refund: bool) -> None:  # noqa: FBT001
        waiting = payment("approved", ("initial",) * count, auto_refund=auto_refund)
        hold = HoldRule(from_usd=0 if held else None)
        if funded_by == "balance":
            self.payment = rules.fund(waiting, funded_by="balance", hold=hold, now=NOW)
        else:
            paid = waiting.transaction.input_minor * factor
            self.payment = rules.fund_with(waiting, paid, rounding_policy="table2025", hold=hold, now=NOW)
        assert (self.payment.transaction.state is S.PROCESSING) == held

    # -- what providers do

    @rule(number=legs)
    def hand_over(self, number: int) -> None:
        """Claim a due attempt, by the conditions of the statement that does so."""
        leg = self._leg(number)
        due = leg.attempt_due_at is not None and leg.attempt_due_at <= self.now
        if due and leg.attempt_id is None and leg.cancel_requested_at is None and leg.state in (R.INITIAL, R.ERROR):
            assert not self.payment.transaction.is_held
            self.attempts += 1
            claimed = msgspec.structs.replace(
                leg, attempt_id=UUID(int=self.attempts), attempts=leg.attempts + 1, attempt_due_at=None
            )
            self._settle(Verdict(claimed))

    @rule(number=legs, outcome=st.sampled_from(OUTCOMES), asked=st.booleans())
    def answer(self, number: int, outcome: Answered | NotStarted | Unknown, asked: bool) -> None:  # noqa: FBT001
        leg = self._leg(number)
        if leg.attempt_id is not None:
            judged = recipient_rules.judge(leg, outcome, method="bank", now=self.now, policy=POLICY, asked=asked)
            self._settle(judged)

    @rule(number=legs)
    def fail_unexpectedly(self, number: int) -> None:
        leg = self._leg(number)
        if leg.attempt_id is not None:
            self._settle(recipient_rules.fault(leg, now=self.now, policy=POLICY))

    # -- what clients and time do

    @rule(number=legs)
    def cancel(self, number: int) -> None:
        verdict = recipient_rules.cancel(self._leg(number), funded=True, now=self.now)
        if verdict is not None:
            self._settle(verdict)

    @rule(number=legs)
    def edit(self, number: int) -> None:
        leg = self._leg(number)
        if recipient_rules.may_edit(leg, method="bank"):
            started = not self.payment.transaction.is_held
            details = {"bank_account": str(self.attempts)}
            self._settle(Verdict(recipient_rules.edit(leg, details, None, started=started, now=self.now)))

    @rule(hours=st.sampled_from([1, 12, 24]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        due = [r for r in self.payment.recipients if r.refund_due_at is not None and r.refund_due_at <= self.now]
        self._settle(*(recipient_rules.refund_when_due(each, self.now) for each in due))

    # -- what staff do

    @precondition(lambda self: self.payment.transaction.is_held)
    @rule()
    def release(self) -> None:
        before = self.payment.transaction.state
        self.payment = rules.release(self.payment, self.now)
        assert (before, self.payment.transaction.state) in ALLOWED
        assert self.payment.transaction.state is rules.funded_state(self.payment.transaction)

    @precondition(lambda self: self.payment.transaction.is_held)
    @rule()
    def refuse(self) -> None:
        self._settle(*(recipient_rules.refund(each, self.now) for each in self.payment.recipients if each.is_open))
        assert self.payment.transaction.state in (S.REFUNDED, S.CANCELED)

    @rule(number=legs, ending=st.sampled_from(Ending), surely_unpaid=st.booleans())
    def settle_by_hand(self, number: int, ending: Ending, surely_unpaid: bool) -> None:  # noqa: FBT001
        leg, code = self._leg(number), "416" if ending is Ending.FAILED else None
        if recipient_rules.why_not_settled(leg, ending, code, surely_unpaid=surely_unpaid) is None:
            assert ending is not Ending.REFUNDED or leg.attempt_id is None or surely_unpaid
            self._settle(recipient_rules.settle_by_hand(leg, ending, code, None, now=self.now, policy=POLICY))

    @precondition(lambda self: not self.payment.transaction.is_held)
    @rule(number=legs)
    def retry(self, number: int) -> None:
        leg = self._leg(number)
        if recipient_rules.why_not_retried(leg) is None:
            again = recipient_rules.try_again(leg, self.now)
            assert again.recipient.attempt_id == leg.attempt_id
            assert leg.attempt_id is None or again.recipient.attempt_due_at is None
            self._settle(again)

    @rule()
    def return_money(self) -> None:
        """People sent collected money back (T17)."""
        waiting = [each for each in self.payment.recipients if recipient_rules.awaits_return(each)]
        self._settle(*(recipient_rules.refund(each, self.now) for each in waiting), by_people=True)

    # -- what must hold

    @invariant()
    def all_money_is_somewhere(self) -> None:
        """Sum of what succeeded, what was refunded and what is open is what came in, always (flows 5.5)."""
        whole = self.payment
        paid = sum(r.input.minor for r in whole.recipients if r.state in PAID)
        back = sum(r.input.minor for r in whole.recipients if r.state is R.REFUNDED)
        held = sum(r.input.minor for r in whole.recipients if r.state not in PAID and r.state is not R.REFUNDED)
        assert paid + back + held == whole.transaction.paid_minor == whole.transaction.input_minor
        released = sum(r.input.minor for r in whole.recipients if r.id in self.released)
        assert released == paid + back

    @invariant()
    def holds_are_released_as_states_say(self) -> None:
        for each in self.payment.recipients:
            expected = Release.SETTLE if each.state in PAID else Release.REFUND if each.state is R.REFUNDED else None
            assert self.released.get(each.id) is expected

    @invariant()
    def the_state_is_that_of_the_recipients(self) -> None:
        again, event = rules.after_recipients_changed(self.payment.transaction, self.payment.recipients, self.now)
        assert (again, event) == (self.payment.transaction, None)
        ends = [name for name in self.ended if name in ("transaction.paid_out", "transaction.refunded")]
        assert len(ends) <= 1

    @invariant()
    def nothing_is_given_back_while_a_provider_has_it(self) -> None:
        for each in self.payment.recipients:
            if each.state in (R.REFUNDED, R.CANCELED) or each.state in PAID:
                assert each.attempt_id is None
                assert each.attempt_due_at is None

    def _leg(self, number: int) -> Recipient:
        return self.payment.recipients[number % len(self.payment.recipients)]

    def _settle(self, *verdicts: Verdict, by_people: bool = False) -> None:
        """As `settle` does it, without rows."""
        keep: Callable[[Verdict], Verdict] = recipient_rules.keep_for_payer
        collected = self.payment.transaction.funded_by == "collection" and not by_people
        verdicts = tuple(keep(each) if collected else each for each in verdicts)
        decided = {verdict.recipient.id: verdict for verdict in verdicts}
        for verdict in verdicts:
            if verdict.release is not None:
                assert verdict.recipient.id not in self.released
                self.released[verdict.recipient.id] = verdict.release
        recipients = tuple(
            decided[each.id].recipient if each.id in decided else each for each in self.payment.recipients
        )
        before = self.payment.transaction
        transaction, event = rules.after_recipients_changed(before, recipients, self.now)
        assert before.state is transaction.state or (before.state, transaction.state) in ALLOWED
        if event is not None:
            self.ended.append(event)
        self.payment = msgspec.structs.replace(self.payment, transaction=transaction, recipients=recipients)


TestStory = Story.TestCase
TestStory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
