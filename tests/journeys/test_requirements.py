"""Ours: a form asks which fields of a payout are still missing."""

from typing import Any

import pytest

from tests.journeys.world import World, ok

PATH = "/info/payment_methods/out/NGN::Bank/requirements"
DETAILS = ok("00")["payout_method"]["details"]


async def test_what_is_missing_is_told_for_what_was_sent_so_far(world: World):
    nothing = (await world.client.get(PATH)).object
    assert (nothing["type"], nothing["recipient_type"], nothing["complete"]) == ("NGN::Bank", "person", False)
    assert {"first_name", "last_name", "bank_code", "bank_account"} <= set(nothing["missing"])
    assert nothing["errors"] == {name: [{"error": "blank"}] for name in nothing["missing"]}
    assert nothing["fields"]["bank_code"]["type"] == "select"

    for query in ("bank_code=058&first_name=John", "details[bank_code]=058&details%5Bfirst_name%5D=John"):
        some = (await world.client.get(f"{PATH}?{query}")).object
        assert set(nothing["missing"]) - set(some["missing"]) == {"bank_code", "first_name"}


async def test_what_is_wrong_is_told_too(world: World):
    wrong = (await world.client.get(f"{PATH}?bank_code=000&bank_account_type=99")).object
    assert wrong["errors"]["bank_code"] == [{"error": "inclusion"}]
    assert wrong["errors"]["bank_account_type"] == [{"error": "inclusion"}]
    assert not {"bank_code", "bank_account_type"} & set(wrong["missing"])


async def test_what_is_personal_can_be_sent_in_a_body_as_creation_takes_it(world: World):
    recipient = {"payout_method": {"type": "NGN::Bank", "details": DETAILS}}
    complete = (await world.client.post(PATH, {"recipient": recipient})).object
    assert (complete["complete"], complete["missing"], complete["errors"]) == (True, [], {})
    without = {name: value for name, value in DETAILS.items() if name != "bank_account"}
    recipient["payout_method"]["details"] = without
    asked = (await world.client.post(PATH, {"recipient": recipient})).object
    assert asked["missing"] == ["bank_account"]
    assert (await world.client.post(PATH, {"recipient": {}})).object == (await world.client.get(PATH)).object


async def test_creation_says_the_same(world: World):
    leg = ok("00")
    del leg["payout_method"]["details"]["bank_account"]
    refused = (await world.post_transaction(leg)).object["recipients"][0]["payout_method"]["errors"]
    assert refused == (await world.client.post(PATH, {"recipient": leg})).object["errors"]


@pytest.mark.parametrize(("query", "errors"), [("?recipient_type=robot", {"recipient_type": [{"error": "inclusion"}]})])
async def test_a_recipient_of_no_type_is_refused(world: World, query: str, errors: dict[str, Any]):
    answer = await world.client.get(PATH + query)
    assert (answer.status, answer.object["errors"]) == (422, errors)
    answer = await world.client.post(PATH, {"recipient": {"payout_method": {"details": []}}})
    assert (answer.status, answer.object["errors"]) == (422, {"details": [{"error": "invalid"}]})


async def test_only_corridors_that_can_be_used_ask_for_anything(world: World):
    assert (await world.client.get(PATH.replace("NGN", "XXX"))).status == 404
    await world.change_settings(closed_corridors=["NGN::Bank"])
    closed = await world.client.get(PATH)
    assert (closed.status, closed.object["errors"]) == (422, {"type": [{"error": "not_active"}]})
    assert (await world.client.post(PATH, {})).status in (400, 422)
