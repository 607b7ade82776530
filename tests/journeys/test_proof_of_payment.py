"""A payout that succeeded is proven by a receipt, for whoever holds the link."""

from datetime import timedelta
from uuid import UUID, uuid4

import aiohttp

from bitpesa.reports.proof_of_payment import link_path, links
from tests.journeys.world import BEGINNING, World, ok


async def fetch(url: str, **options) -> tuple[int, str, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url, **options) as answer:
        return answer.status, answer.headers["content-type"], await answer.read()


async def test_a_paid_recipient_has_a_receipt_that_opens_by_its_link_alone(world: World) -> None:
    funded = await world.funded(ok("00", first_name="Adébáyọ̀", last_name="محمد"), external_id="T-1")
    (leg,) = funded["recipients"]
    answer = await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")
    assert answer.status == 200
    (proof,) = answer.object
    assert proof == {
        "id": leg["id"],
        "file_name": f"proof_of_payment_{leg['id']}.pdf",
        "thumbnail": None,
        "url": proof["url"],
    }
    status, kind, content = await fetch(proof["url"])
    assert (status, kind) == (200, "application/pdf")
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert (await fetch(proof["url"]))[2] == content


async def test_a_link_that_was_altered_or_is_over_opens_nothing(world: World) -> None:
    funded = await world.funded(ok("00"))
    (leg,) = funded["recipients"]
    (proof,) = (await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")).object
    url, other = proof["url"], str(uuid4())
    assert url.startswith(world.base_url.removesuffix("/v1") + f"/files/proofs/{world.app.id}/{leg['id']}.pdf?")
    for wrong in (url[:-1], url.partition("?")[0], url.replace(leg["id"], other), url.replace(leg["id"], "x")):
        assert (await fetch(wrong))[0] == 403
    path = link_path(world.app.id, UUID(other))
    query = links(world.platform.settings.master_keys).query(path, BEGINNING + timedelta(hours=1))
    assert (await fetch(f"{world.base_url.removesuffix('/v1')}{path}?{query}"))[0] == 404
    await world.advance(minutes=59)
    assert (await fetch(url))[0] == 200
    await world.advance(minutes=1)
    assert (await fetch(url))[0] == 403


async def test_what_was_not_paid_has_no_receipt(world: World) -> None:
    funded = await world.funded(ok("19"), ok("01"))
    for leg in funded["recipients"]:
        answer = await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")
        assert (answer.status, answer.body) == (200, {"object": []})
    _, other = await world.open_app()
    assert (await other.get(f"/recipients/{leg['id']}/proof_of_payments")).status == 404
    assert (await world.client.get("/recipients/nobody/proof_of_payments")).status == 404
