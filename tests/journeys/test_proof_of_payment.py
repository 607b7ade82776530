"""A payout that succeeded is proven by a receipt, for whoever holds the link."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp

from bitpesa.kernel.signed_links import link_keys, sign
from tests.journeys.world import World, ok


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


async def test_a_link_that_was_altered_or_is_over_leads_nowhere(world: World) -> None:
    funded = await world.funded(ok("00"))
    (leg,) = funded["recipients"]
    (proof,) = (await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")).object
    url = proof["url"]
    path = f"/files/proofs/{world.app.id}/{leg['id']}.pdf"
    keys = link_keys(world.platform.settings.master_keys)
    root = url.partition("/files/")[0]
    over = root + sign(path, datetime.now(UTC) - timedelta(seconds=1), keys)
    nobody = root + sign(path.replace(leg["id"], str(uuid4())), datetime.now(UTC) + timedelta(hours=1), keys)
    for wrong in (url[:-1], url.partition("?")[0], url.replace(leg["id"], str(uuid4())), over, nobody):
        assert (await fetch(wrong))[0] == 404


async def test_what_was_not_paid_has_no_receipt(world: World) -> None:
    funded = await world.funded(ok("19"), ok("01"))
    for leg in funded["recipients"]:
        answer = await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")
        assert (answer.status, answer.body) == (200, {"object": []})
    _, other = await world.open_app()
    assert (await other.get(f"/recipients/{leg['id']}/proof_of_payments")).status == 404
    assert (await world.client.get("/recipients/nobody/proof_of_payments")).status == 404
