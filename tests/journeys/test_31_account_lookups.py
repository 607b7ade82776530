"""Scenario 31, second half: an account is looked up without being paid."""

from typing import Any

import pytest

from bitpesa.cli.client import Answered
from tests.journeys.world import World

NGN = {"country": "NG", "currency": "NGN", "method": "bank", "bank_code": "058"}
GHS = {"country": "GH", "currency": "GHS", "method": "mobile"}
UGX = {"country": "UG", "currency": "UGX", "method": "mobile"}
XOF = {"country": "SN", "currency": "XOF", "method": "mobile"}
XAF = {"country": "CM", "currency": "XAF", "method": "mobile"}

TEST_USER = {"account_name": "TEST USER"}


async def look_up(world: World, asked: Any) -> Answered:
    return await world.client.post("/account_validations", asked)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({**NGN, "bank_account": "12345678900"}, TEST_USER),
        ({**NGN, "bank_account": 12345678900}, TEST_USER),
        ({"country": "GH", "currency": "GHS", "method": "bank", "bank_code": "030100", "bank_account": "1"}, TEST_USER),
        ({**GHS, "phone_number": "+233302123405"}, TEST_USER),
        ({**GHS, "phone_number": "+233302123405", "mobile_provider": "mtn"}, TEST_USER),
        ({**UGX, "phone_number": "+256752123419", "mobile_provider": "airtel"}, TEST_USER),
        ({**UGX, "phone_number": "+256772123429", "mobile_provider": "mtn"}, {"account_status": "active"}),
        ({**XOF, "phone_number": "+221774044400", "mobile_provider": "orange"}, {"mapped_mobile_provider": "orange"}),
        ({**XAF, "phone_number": "+237674044400", "mobile_provider": "mtn"}, {"account_status": "active"}),
        ({"country": "BJ", "currency": "XOF", "method": "bank", "iban": "BJ0610100100144390000769"}, TEST_USER),
        ({"country": "KE", "currency": "KES", "method": "mobile", "phone_number": "+254712345678"}, TEST_USER),
    ],
)
async def test_what_is_known_of_an_account_is_told(world: World, asked: dict[str, Any], told: dict[str, str]) -> None:
    answer = await look_up(world, asked)
    assert (answer.status, answer.body) == (200, {"object": told})


@pytest.mark.parametrize(
    ("asked", "told", "error"),
    [
        ({**NGN, "bank_account": "12345678939"}, {}, "Account Invalid"),
        ({**GHS, "phone_number": "+233302123409"}, {}, "Account Invalid"),
        ({**UGX, "phone_number": "+256752123429", "mobile_provider": "airtel"}, {}, "Account Invalid"),
        (
            {**UGX, "phone_number": "+256772123419", "mobile_provider": "mtn"},
            {"account_status": "inactive"},
            "Account invalid",
        ),
        (
            {**XOF, "phone_number": "+221774044400", "mobile_provider": "free"},
            {"mapped_mobile_provider": "orange"},
            "Mobile provider does not match phone number.",
        ),
    ],
)
async def test_an_account_that_will_not_do_is_refused_with_the_reason(
    world: World, asked: dict[str, Any], told: dict[str, str], error: str
) -> None:
    answer = await look_up(world, asked)
    assert (answer.status, answer.body) == (422, {"object": told, "meta": {"error": error}})


async def test_what_is_missing_or_wrong_is_said_by_field(world: World) -> None:
    answer = await look_up(world, {"country": "NG", "currency": "GHS", "method": "bank", "more": 1})
    asked = {"country": "NG", "currency": "GHS", "method": "bank"}
    errors = {"currency": [{"error": "inclusion"}]}
    assert (answer.status, answer.body) == (
        422,
        {"object": {**asked, "errors": errors}, "meta": {"error": "currency: inclusion"}},
    )
    answer = await look_up(world, {**NGN, "bank_code": "nowhere"})
    assert answer.object["errors"] == {"bank_account": [{"error": "blank"}], "bank_code": [{"error": "inclusion"}]}
    answer = await look_up(world, {**XOF, "phone_number": "+221774044400", "mobile_provider": "wave"})
    assert answer.object["errors"] == {"mobile_provider": [{"error": "inclusion"}]}
    assert (await look_up(world, {})).object["errors"] == {
        name: [{"error": "blank"}] for name in ("country", "currency", "method")
    }
    assert (await look_up(world, [])).status == 400


async def test_live_without_a_provider_says_that_it_could_not_find_out(world: World) -> None:
    _, live = await world.open_app("live")
    answer = await live.post("/account_validations", {**NGN, "bank_account": "12345678900"})
    assert (answer.status, answer.body) == (422, {"object": {}, "meta": {"error": "Account validation failed"}})
