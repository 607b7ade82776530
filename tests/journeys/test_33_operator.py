"""Scenario 33, the operator: he sees at the terminal what has to go back, and notes that it did."""

from uuid import uuid4

from bitpesa.kernel.crypto.encryption import new_master_key
from tests.cli.processes import bitpesa
from tests.journeys.collecting import XOF, collection, pays, state_of, to_balance
from tests.journeys.world import World


async def test_surplus_is_shown_until_it_went_back(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    await world.drain()
    await world.advance(hours=1)
    await pays(world, created, 50000)

    settings = ("--app", str(world.app.id), "--database-url", world.platform.settings.database_url)

    async def run(*command: str) -> tuple[int, str, str]:
        ended = await bitpesa("collections", *command, *settings, BITPESA_MASTER_KEYS=new_master_key())
        return ended.status, ended.output, ended.complaints

    status, output, _ = await run("surplus")
    assert (status, output.split()[2:]) == (0, ["50000", "XOF", "transaction", created["id"]])
    assert (await run("return", created["id"]))[:2] == (0, f"transaction {created['id']} is canceled\n")
    assert await state_of(world, created) == ("canceled", "refunded")
    assert (await run("surplus"))[:2] == (0, "")
    for wrong, sentence in (
        (created["id"], "waits to be returned"),
        (str(uuid4()), "no transaction"),
        ("x", "not the id"),
    ):
        status, _, complaints = await run("return", wrong)
        assert (status, sentence in complaints, "Traceback" in complaints) == (1, True, False)
