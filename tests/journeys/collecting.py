"""What journeys about collections share: transactions that collect, and payers that pay."""

from typing import Any

from bitpesa.cli.client import Answered
from tests.journeys.world import World

# A number in Ivory Coast, where MTN asks on the phone; its ending says nothing, so the payer waits.
XOF = {"type": "XOF::Mobile", "phone_number": "+2250102030405", "mobile_provider": "mtn", "country": "CI"}

OWN_BALANCE = [{"requested_amount": 40000, "requested_currency": "NGN", "payout_method": {"type": "USD::Balance"}}]


def to_balance(amount: Any, code: str = "XOF", balance: str = "USD") -> list[dict[str, Any]]:
    """A recipient that is the app's own balance."""
    method = {"type": f"{balance}::Balance", "details": {}}
    return [{"requested_amount": amount, "requested_currency": code, "payout_method": method}]


async def post_collection(
    world: World, legs: list[dict[str, Any]], *methods: dict[str, Any], path: str = "/transactions", **more: Any
) -> Answered:
    """Create a transaction that collects; a payin method is written with its details beside its type."""
    top = ("type", "ux_flow", "provider")
    payins = [
        {
            **{k: v for k, v in method.items() if k in top},
            "in_details": {k: v for k, v in method.items() if k not in top},
        }
        for method in methods
    ]
    code = methods[0]["type"][:3]
    return await world.post_transaction(*legs, input_currency=code, payin_methods=payins, path=path, **more)


async def collection(world: World, legs: list[dict[str, Any]], *methods: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await post_collection(world, legs, *methods, **more)
    assert answer.status == 201, answer.body
    return answer.object


async def pays(world: World, transaction: dict[str, Any], amount: Any, *, position: int = 0, **more: Any) -> None:
    """Have the payer pay an amount, and do what is due then. Without an amount, what was seen becomes final."""
    method_id = transaction["payin_methods"][position]["id"]
    payment = {"amount": amount, **more}
    answer = await world.client.post(f"/sandbox/payin_methods/{method_id}/payment", {"payment": payment})
    assert answer.status == 200, answer.body
    await world.drain()


async def payer_answers(world: World, transaction: dict[str, Any], code: str) -> None:
    """Have the request end with a code, and do what is due then."""
    method_id = transaction["payin_methods"][0]["id"]
    answer = await world.client.post(f"/sandbox/payin_methods/{method_id}/answer", {"answer": {"code": code}})
    assert answer.status == 200, answer.body
    await world.drain()


async def state_of(world: World, transaction: dict[str, Any]) -> tuple[str, ...]:
    """The states of a transaction and its payin methods."""
    shown = await world.show(transaction)
    return shown["state"], *(method["state"] for method in shown["payin_methods"])


async def returned(world: World, transaction: dict[str, Any]) -> Answered:
    """Staff send back what waits for it, and say so."""
    answer = await world.client.post(f"/sandbox/transactions/{transaction['id']}/return")
    await world.drain()
    return answer
