"""What clients do: each flow is a small story, told to its end or as far as the weather lets it.

The simulated bank answers by the last digits of an account (`providers/simulator/triggers.csv`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

from experiments.chaos.caller import Asked, Caller, Facts

PAID, PENDING, TEMPORARY, WRONG_ACCOUNT, REFUSED = "00", "01", "08", "19", "71"
SAYS_NOTHING = "50"
MOMENTS_SECONDS = (60, 900, 3_700)
DAY_SECONDS = 90_000
LOOKS = 8
SECONDS_BETWEEN_LOOKS = 0.25
LEGS_OF_A_FLOOD = 40
TOO_MUCH = 900_000_000_000_000

Flow = Callable[[Caller, random.Random], Awaitable[bool]]
"""Answers whether the story came to its end."""


async def pay_one(caller: Caller, chance: random.Random) -> bool:
    """Create and fund a payment in one request, and see it paid."""
    made = await _create(caller, chance, [_bank(chance, PAID)], funded=True)
    return made is not None and await _reaches(caller, made, "paid")


async def pay_many(caller: Caller, chance: random.Random) -> bool:
    """Pay several people, of whom some cannot be paid."""
    endings = [PAID, *(chance.choice((PAID, PENDING, TEMPORARY, WRONG_ACCOUNT, REFUSED)) for _ in range(3))]
    made = await _create(caller, chance, [_bank(chance, each) for each in endings[: chance.randint(2, 4)]], funded=True)
    return made is not None


async def debit_list(caller: Caller, chance: random.Random) -> bool:
    """Create payments and fund them with one list of debits, all or none."""
    wanted = [await _create(caller, chance, [_bank(chance, PAID)]) for _ in range(chance.randint(1, 3))]
    made = [each for each in wanted if each is not None]
    if not made:
        return False
    targets = [each["id"] for each in made]
    debits = [{"to_id": each, "to_type": "Transaction"} for each in targets]
    asked = Asked(
        kind="debit",
        method="POST",
        path="/accounts/debits",
        content={"debit": debits if len(debits) > 1 else debits[0]},
        facts={"transactions": targets},
    )
    answer = await caller.write(asked, lambda shown: {"debits": [each["id"] for each in shown]})
    return answer is not None and await _reaches(caller, made[0], "paid")


async def cancel_unfunded(caller: Caller, chance: random.Random) -> bool:
    """Take a leg out of a payment before there is money, or end the payment with its last leg."""
    made = await _create(caller, chance, [_bank(chance, PAID) for _ in range(chance.randint(1, 2))])
    return made is not None and await _cancel(caller, made["recipients"][0]["id"])


async def edit_after_error(caller: Caller, chance: random.Random) -> bool:
    """Correct a wrong account, upon which the payout is made."""
    made = await _create(caller, chance, [_bank(chance, WRONG_ACCOUNT)], funded=True)
    if made is None:
        return False
    await _leg_reaches(caller, made, "error")
    account = _account(chance, PAID)
    asked = Asked(
        kind="edit",
        method="PATCH",
        path=f"/recipients/{made['recipients'][0]['id']}",
        content={"recipient": {"payout_method": {"details": {"bank_account": account}}}},
        facts={"recipient": made["recipients"][0]["id"], "account": account},
    )
    answer = await caller.write(asked)
    return answer is not None and await _reaches(caller, made, "paid")


async def cancel_after_error(caller: Caller, chance: random.Random) -> bool:
    """Get the money back for a payout that cannot be made."""
    made = await _create(
        caller, chance, [_bank(chance, chance.choice((WRONG_ACCOUNT, REFUSED, TEMPORARY)))], funded=True
    )
    if made is None:
        return False
    await _leg_reaches(caller, made, "error")
    return await _cancel(caller, made["recipients"][0]["id"])


async def cancel_at_once(caller: Caller, chance: random.Random) -> bool:
    """Cancel while the payout may be on its way, may have been paid, or may be pending."""
    made = await _create(caller, chance, [_bank(chance, chance.choice((PAID, PENDING, SAYS_NOTHING)))], funded=True)
    return made is not None and await _cancel(caller, made["recipients"][0]["id"])


async def force_payout(caller: Caller, chance: random.Random) -> bool:
    """Have the bank pay what it left pending."""
    made = await _create(caller, chance, [_bank(chance, chance.choice((PENDING, SAYS_NOTHING)))], funded=True)
    if made is None:
        return False
    if chance.random() < 0.5:
        await _leg_reaches(caller, made, "pending")
    path = f"/transactions/{made['id']}/payout"
    asked = Asked(kind="payout", method="POST", path=path, facts={"transaction": made["id"]})
    answer = await caller.write(asked)
    return answer is not None and await _reaches(caller, made, "paid")


async def collect(caller: Caller, chance: random.Random) -> bool:
    """Have the sender's money collected: at once, after a while, another amount than asked for, or twice."""
    pays_at_once = chance.random() < 0.4
    phone = f"+22501{chance.randrange(10**5):05}{'400' if pays_at_once else '405'}"
    payin = {
        "type": "XOF::Mobile",
        "in_details": {"phone_number": phone, "mobile_provider": "mtn", "country": "CI"},
    }
    leg = _balance(20_000) if chance.random() < 0.5 else _bank(chance, PAID, 50_000)
    made = await _create(caller, chance, [leg], currency="XOF", payin_methods=[payin])
    if made is None:
        return False
    if pays_at_once:
        return await _reaches(caller, made, "paid", "received", "refunded", "manual")
    if chance.random() < 0.5:
        path = f"/transactions/{made['id']}/payin"
        asked = Asked(kind="payin", method="POST", path=path, facts={"transaction": made["id"]})
        return await caller.write(asked) is not None
    method = made["payin_methods"][0]["id"]
    for amount in chance.choice(((20_000,), (15_000,), (20_000, 20_000))):
        asked = Asked(
            kind="payment",
            method="POST",
            path=f"/sandbox/payin_methods/{method}/payment",
            content={"payment": {"amount": amount}},
            facts={"payin_method": method, "amount": amount},
        )
        if await caller.write(asked) is None:
            return False
    return True


async def ask_for_too_much(caller: Caller, chance: random.Random) -> bool:
    """Want to pay more than there is: nothing of it may be stored."""
    return await _create(caller, chance, [_bank(chance, PAID, TOO_MUCH)], funded=True) is None


async def race(caller: Caller, chance: random.Random) -> bool:
    """Ask for the same payment from two places at once: one is made."""
    name = f"race-{uuid4().hex}"
    leg = _bank(chance, PAID)
    both = await asyncio.gather(*(_create(caller, chance, [leg], funded=True, external_id=name) for _ in range(2)))
    return any(each is not None for each in both)


async def move_clock(caller: Caller, chance: random.Random) -> bool:
    """Let time pass for the app: payments expire, payouts are retried, asked about and refunded."""
    seconds = chance.choice((*MOMENTS_SECONDS, DAY_SECONDS) if caller.player.days_pass else MOMENTS_SECONDS)
    return await caller.move_clock(seconds) is not None


async def flood(caller: Caller, chance: random.Random) -> bool:
    """Be noisy: pay many people at once."""
    return await _create(caller, chance, [_bank(chance, PAID) for _ in range(LEGS_OF_A_FLOOD)], funded=True) is not None


async def fail(caller: Caller, chance: random.Random) -> str | None:
    """Have a payout fail for a while: it is tried again and at last refunded. Answers the payment's id."""
    made = await _create(caller, chance, [_bank(chance, TEMPORARY)], funded=True)
    if made is None:
        return None
    await _leg_reaches(caller, made, "error")
    return str(made["id"])


async def leave_unfunded(caller: Caller, chance: random.Random) -> str | None:
    """Create a payment that will expire. Answers its id."""
    made = await _create(caller, chance, [_bank(chance, PAID)])
    return None if made is None else str(made["id"])


FLOWS: Sequence[tuple[int, Flow]] = (
    (20, pay_one),
    (12, pay_many),
    (14, debit_list),
    (6, cancel_unfunded),
    (8, edit_after_error),
    (8, cancel_after_error),
    (8, cancel_at_once),
    (8, force_payout),
    (12, collect),
    (2, ask_for_too_much),
    (4, race),
    (2, move_clock),
)
"""How often each is played, among a hundred or so."""


def choose(chance: random.Random) -> Flow:
    """What to play next."""
    return chance.choices([flow for _, flow in FLOWS], [weight for weight, _ in FLOWS])[0]


async def _create(
    caller: Caller,
    chance: random.Random,
    legs: Sequence[dict[str, Any]],
    *,
    funded: bool = False,
    currency: str = "USD",
    external_id: str | None = None,
    **more: Any,
) -> dict[str, Any] | None:
    """Create a payment, funded or not; None when it was refused, or nobody knows.

    Only its mark tells one that was made twice: an unfunded one has no other name that must be its own.
    """
    mark = uuid4().hex
    name = external_id or (f"order-{mark}" if funded or chance.random() < 0.5 else None)
    transaction = {
        "input_currency": currency,
        "sender": {"id": str(caller.player.sender_id)},
        "recipients": list(legs),
        "metadata": {"mark": mark},
        **({"external_id": name} if name else {}),
        **more,
    }
    asked = Asked(
        kind="create_and_fund" if funded else "create",
        method="POST",
        path="/transactions/create_and_fund" if funded else "/transactions",
        content={"transaction": transaction},
        facts={"mark": mark, "external_id": name},
    )
    answer = await caller.write(asked, _facts_of_transaction)
    if answer is not None:
        return answer.object if answer.status < 300 else None
    if name is None:
        return None
    found = await caller.look(f"/transactions?external_id={name}")
    return found[0] if found else None


def _facts_of_transaction(shown: Any) -> Facts:
    return {"transaction": shown["id"], "recipients": [each["id"] for each in shown["recipients"]]}


async def _cancel(caller: Caller, recipient_id: str) -> bool:
    asked = Asked(kind="cancel", method="DELETE", path=f"/recipients/{recipient_id}", facts={"recipient": recipient_id})
    return await caller.write(asked) is not None


async def _reaches(caller: Caller, made: dict[str, Any], *states: str) -> bool:
    return await _waits(caller, made, lambda shown: shown["state"] in states)


async def _leg_reaches(caller: Caller, made: dict[str, Any], state: str) -> bool:
    return await _waits(caller, made, lambda shown: shown["recipients"][0]["state"] == state)


async def _waits(caller: Caller, made: dict[str, Any], holds: Callable[[Any], bool]) -> bool:
    """Look a few times whether something has come about."""
    for _ in range(LOOKS):
        shown = await caller.look(f"/transactions/{made['id']}")
        if shown is not None and holds(shown):
            return True
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    return False


def _account(chance: random.Random, ending: str) -> str:
    return f"{chance.randrange(10**8):08}{ending}"


def _bank(chance: random.Random, ending: str, amount: int | None = None) -> dict[str, Any]:
    return {
        "requested_amount": amount or chance.randrange(1_000, 90_000),
        "requested_currency": "NGN",
        "payout_method": {
            "type": "NGN::Bank",
            "details": {
                "first_name": "John",
                "last_name": "Doe",
                "street": "1 Broad Street",
                "bank_code": "058",
                "bank_account": _account(chance, ending),
                "bank_account_type": "20",
            },
        },
    }


def _balance(amount: int) -> dict[str, Any]:
    return {
        "requested_amount": amount,
        "requested_currency": "XOF",
        "payout_method": {"type": "USD::Balance", "details": {}},
    }
