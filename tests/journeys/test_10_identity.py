"""Scenario 10: what people, companies and politically exposed people must say about themselves."""

from typing import Any

from tests.journeys.world import PERSON, World

BARE = {"first_name": "Jane", "last_name": "Roe", "country": "US", "ip": "127.0.0.1", "documents": []}

COMPANY = {
    "type": "business",
    "name": "Roe Trading",
    "country": "US",
    "trading_country": "US",
    "city": "New York",
    "street": "20 W 34th St",
    "postal_code": "10001",
    "email": "office@example.com",
    "ip": "127.0.0.1",
    "documents": [],
}

CASH = {
    "requested_amount": 100,
    "requested_currency": "MAD",
    "payout_method": {
        "type": "MAD::Cash",
        "details": {"first_name": "John", "last_name": "Doe", "phone_number": "+212537718685"},
    },
}

MINISTER = {"name": "John Doe", "position": "Minister", "started_date": "2010-01-01T00:00:00Z", "ended_date": None}


def blank(*names: str) -> dict[str, list[dict[str, str]]]:
    return {name: [{"error": "blank"}] for name in names}


async def refused(world: World, sender: dict[str, Any]) -> dict[str, Any]:
    """The errors of a sender that is not stored."""
    before = (await world.client.get("/senders")).body
    answer = await world.client.post("/senders", {"sender": sender})
    assert answer.status == 422, answer.body
    assert (await world.client.get("/senders")).body == before
    return answer.object["errors"]


async def stored(world: World, sender: dict[str, Any]) -> dict[str, Any]:
    answer = await world.client.post("/senders", {"sender": sender})
    assert answer.status == 201, answer.body
    return answer.object


async def test_with_wtr2_one_whole_set_names_a_person(world: World):
    await world.change_settings(wtr2=True)
    born = await stored(world, {**BARE, "birth_date": "1974-12-24"})
    await stored(world, {**BARE, "identification_number": "A1234", "identification_type": "PP"})
    await stored(world, {**BARE, "street": "20 W 34th St", "city": "New York", "postal_code": "10001"})

    assert await refused(world, {**BARE, "identification_number": "A1234"}) == blank("identification_type")
    assert await refused(world, {**BARE, "street": "20 W 34th St", "city": "New York"}) == blank("postal_code")
    assert await refused(world, BARE) == blank("identification_number", "identification_type")

    answer = await world.post_transaction(CASH, sender={"id": born["id"]})
    assert answer.status == 422
    (leg,) = answer.object["recipients"]
    assert leg["payout_method"]["errors"] == {"type": [{"error": "invalid"}]}
    assert (await world.client.get("/transactions")).object == []
    full = {**PERSON, "identification_number": "A1234", "identification_type": "PP"}
    assert (await world.post_transaction(CASH, sender=full)).status == 201


async def test_without_wtr2_a_person_gives_all_six_fields(world: World):
    six = ("phone_number", "email", "street", "city", "postal_code", "birth_date")
    assert await refused(world, BARE) == blank(*six)
    for name in six:
        rest = {key: value for key, value in PERSON.items() if key not in (name, "external_id")}
        assert await refused(world, rest) == blank(name)
    await world.change_settings(wtr2=True, kyc_mode="approval")
    assert await refused(world, {**BARE, "birth_date": "1974-12-24"}) == blank(*six[:-1])


async def test_a_company_says_where_it_trades_and_who_watches_over_it(world: World):
    assert await refused(world, {k: v for k, v in COMPANY.items() if k != "trading_country"}) == blank(
        "trading_country"
    )
    three = ("vat_registration_number", "financial_regulator", "regulatory_licence_number")
    bank = {**COMPANY, "legal_entity_type": "financial_institution"}
    assert await refused(world, bank) == blank(*three)
    sender = await stored(world, bank | dict.fromkeys(three, "12345"))
    assert (sender["type"], sender["state"], sender["name"]) == ("business", "approved", "Roe Trading")
    await stored(world, COMPANY)
    assert (await refused(world, {**COMPANY, "type": "club"}))["type"] == [{"error": "inclusion"}]
    changed = await world.client.patch(f"/senders/{sender['id']}", {"sender": {"type": "person"}})
    assert (changed.status, changed.object["errors"]) == (422, {"type": [{"error": "invalid"}]})


async def test_at_most_three_politically_exposed_people(world: World):
    jane = {key: value for key, value in PERSON.items() if key != "external_id"}
    four = {**jane, "politically_exposed_people": [MINISTER] * 4}
    assert await refused(world, four) == {"politically_exposed_people": [{"error": "too_long"}]}

    sender = await stored(world, {**jane, "politically_exposed_people": [MINISTER] * 3})
    people = sender["politically_exposed_people"]
    assert [person["id"] for person in people] == [1, 2, 3]
    assert {person["started_date"] for person in people} == {"2010-01-01T00:00:00.000Z"}

    path = f"/senders/{sender['id']}"
    unasked = await world.client.patch(path, {"sender": {"politically_exposed_people": [], "city": "Rome"}})
    assert unasked.object["politically_exposed_people"] == people
    other = {**MINISTER, "name": "Mary Doe"}
    replaced = await world.client.patch(path, {"sender": {"politically_exposed_people": [other]}})
    assert [person["name"] for person in replaced.object["politically_exposed_people"]] == ["Mary Doe"]
