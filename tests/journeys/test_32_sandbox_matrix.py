"""Scenario 32: every number of the sandbox's table leads to its outcome, and any other number to none."""

import csv
from importlib import resources
from typing import Any

from bitpesa.rails.providers import codes, simulator
from tests.journeys.world import World

AMOUNTS = {"GHS": 15, "NGN": 400, "UGX": 3700, "XAF": 600, "XOF": 600}
NAMES = {"first_name": "John", "last_name": "Doe"}
DETAILS: dict[str, dict[str, str]] = {
    "GHS::Bank": {"bank_code": "030100", "transfer_reason": "third_party_person_account", "gender": "M"},
    "GHS::Mobile": {"mobile_provider": "mtn", "transfer_reason": "third_party_person_account", "gender": "M"},
    "NGN::Bank": {"bank_code": "058", "bank_account_type": "20", "street": "1 Broad Street"},
    "UGX::Mobile": {"mobile_provider": "mtn", "transfer_reason": "third_party_person_account"},
    "XAF::Mobile": {"mobile_provider": "orange", "country": "CM"},
    "XOF::Mobile": {"mobile_provider": "orange", "country": "SN"},
}
GABON = {"country": "GA", "mobile_provider": "airtel"}
SENDER = {
    "external_id": "S-1",
    "identification_type": "PP",
    "identification_number": "X1234567",
    "nationality": "US",
}
STATES = {"paid": "success", "pending": "pending"}

ALSO = {
    ("UGX::Mobile", "mtn", "+256772123408"): None,
    ("UGX::Mobile", "mtn", "+256772123428"): None,
    ("XAF::Mobile", "GA", "+24174709410"): "0",
    ("NGN::Bank", "", "12345678902"): None,
    ("XOF::Mobile", "", "+221774044410"): None,
}
"""Endings that stand in no row, but for one of a single digit that is in one of Gabon's; None: nothing happens."""


def rows() -> dict[tuple[str, str, str], str | None]:
    """The code that a number is answered with, by payout type, provider or country, and number."""
    text = resources.files(simulator).joinpath("triggers.csv").read_text(encoding="utf-8")
    payouts = [row for row in csv.DictReader(text.splitlines()) if row["feature"] == "payout"]
    return {(row["corridor"], row["provider"] or row["country"], row["example"]): row["code"] for row in payouts}


def leg(corridor: str, variant: str, number: str) -> dict[str, Any]:
    field = "bank_account" if corridor.endswith("Bank") else "phone_number"
    details = {**NAMES, **DETAILS[corridor], field: number}
    if corridor == "UGX::Mobile":
        details["mobile_provider"] = variant
    if variant == "GA":
        details |= GABON
    currency = corridor.partition("::")[0]
    return {
        "requested_amount": AMOUNTS[currency],
        "requested_currency": currency,
        "payout_method": {"type": corridor, "details": details},
    }


def expected(code: str | None) -> dict[str, Any]:
    """What a client is shown of a recipient whose number is answered with a code."""
    if code is None:
        return {"state": "initial", "state_reason": None, "state_reason_details": None}
    category = str(codes.CODES[code].category)
    description = codes.CODES[code].description
    return {
        "state": STATES.get(category, "error"),
        "state_reason": None if code == "0" else description,
        "state_reason_details": {
            "code": code,
            "category": category,
            "messages": list(codes.CODES[code].messages),
            "description": description,
        },
    }


async def test_every_number_of_the_table_leads_to_its_outcome(world: World) -> None:
    table = rows() | ALSO
    assert len(table) == 38 + len(ALSO)
    shown = await world.funded(*(leg(*key) for key in table), sender=SENDER)
    assert shown["state"] == "received"
    seen = {
        key: {name: recipient[name] for name in ("state", "state_reason", "state_reason_details")}
        for key, recipient in zip(table, shown["recipients"], strict=True)
    }
    assert seen == {key: expected(code) for key, code in table.items()}
    assert {key: table[key] for key in table if key[0] == "UGX::Mobile" and key[2].endswith("18")} == {
        ("UGX::Mobile", "airtel", "+256752123418"): "331",
        ("UGX::Mobile", "mtn", "+256772123418"): "331",
    }
    pending = [r["id"] for r, code in zip(shown["recipients"], table.values(), strict=True) if code == "14"]
    heard = [each.content["object"]["id"] for each in world.heard() if each.event == "recipient.pending"]
    assert sorted(heard) == sorted(pending)

    paid = await world.client.post(f"/transactions/{shown['id']}/payout")
    assert paid.status == 200
    assert {recipient["state"] for recipient in paid.object["recipients"]} == {"success"}
    assert (await world.show(shown))["state"] == "paid"


async def test_a_number_of_no_row_waits_until_somebody_says_more(world: World) -> None:
    shown = await world.funded(leg("NGN::Bank", "", "12345678902"))
    (waiting,) = shown["recipients"]
    assert (shown["state"], waiting["state"]) == ("received", "initial")
    assert (waiting["editable"], waiting["may_cancel"], waiting["retriable"]) == (True, True, True)
    await world.advance(hours=23)
    await world.drain()
    assert (await world.show(shown))["recipients"] == [waiting]
    assert (await world.client.post(f"/transactions/{shown['id']}/payout")).object["state"] == "paid"
    await world.drain()
    assert world.events(shown["id"]) == [
        "transaction.created",
        "transaction.paid_in",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
