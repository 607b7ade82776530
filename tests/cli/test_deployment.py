"""A deployment of several processes on a database of one's own: `migrate`, `serve`, `worker`."""

import asyncio
import socket
import sys

import asyncpg
import pytest
from aiohttp import ClientConnectorError

from bitpesa.cli.client import Client
from bitpesa.kernel.crypto.encryption import new_master_key
from tests.cli.processes import COMMAND, bitpesa, environment, in_process


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_schema_newer_than_the_code_is_refused(fresh_database_url: str) -> None:
    conn = await asyncpg.connect(fresh_database_url)
    await conn.execute("insert into schema_steps (number, name) values (9999, '9999_from_the_future.sql')")
    await conn.close()
    for command in (["migrate"], ["worker"], ["audit"], ["sandbox", "--port", "0"]):
        ended = await bitpesa(*command, "--database-url", fresh_database_url, BITPESA_MASTER_KEYS=new_master_key())
        assert ended.status == 1
        assert "step 9999" in ended.complaints
        assert "Traceback" not in ended.complaints


async def test_migrate_has_nothing_to_do_on_a_current_schema(fresh_database_url: str) -> None:
    ended = await bitpesa("migrate", "--database-url", fresh_database_url)
    assert (ended.status, ended.output) == (0, "the schema is current\n")


async def test_a_database_that_does_not_answer_is_told_in_a_sentence(free_port: int) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port}/nothing"
    ended = await bitpesa("audit", "--database-url", url, BITPESA_MASTER_KEYS=new_master_key())
    assert ended.status == 1
    assert "cannot reach the database" in ended.complaints
    assert "Traceback" not in ended.complaints


async def test_keys_without_a_master_key_are_refused(fresh_database_url: str, tmp_path) -> None:
    ended = await bitpesa("keys", "list", "--database-url", fresh_database_url, "--data", tmp_path / "none")
    assert ended.status == 1
    assert "BITPESA_MASTER_KEYS" in ended.complaints


async def test_a_sanction_list_is_loaded_and_shown(fresh_database_url: str, tmp_path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("id,schema,name,aliases\n1,Person,Zébulon Vex,Zeb Vex\n".encode("cp1252"))
    where = ("--database-url", fresh_database_url)
    key = new_master_key()
    loaded = await in_process(
        "screening", "load", file, "--name", "mine", "--as", "amina", *where, BITPESA_MASTER_KEYS=key
    )
    assert (loaded.status, loaded.output.splitlines()[0]) == (0, "1 on list mine; every sender will be looked up")
    lists = await in_process("screening", "lists", *where, BITPESA_MASTER_KEYS=key)
    assert lists.output.startswith("mine  1 entries  loaded 20")
    assert lists.output.endswith(" by amina from list.csv  everywhere\n")
    assert (await in_process("screening", "hits", *where, BITPESA_MASTER_KEYS=key)).output == ""
    file.write_text("nothing\n")
    refused = await in_process("screening", "load", file, *where, BITPESA_MASTER_KEYS=key)
    assert (refused.status, "none of the formats" in refused.complaints) == (1, True)
    file.write_text("id,schema,name,aliases\n1,Person\n")
    refused = await in_process("screening", "load", file, *where, BITPESA_MASTER_KEYS=key)
    assert (refused.status, "list.csv: line 2: it has 2 columns" in refused.complaints) == (1, True)
    for words, status, told in (
        (("mine",), 1, "reason: blank"),
        (("yours", "--reason", "x"), 1, "there is no list yours"),
        (("mine", "--reason", "a copy"), 0, "list mine is used no more; every sender will be looked up"),
    ):
        ended = await in_process("screening", "retire", *words, *where, BITPESA_MASTER_KEYS=key)
        assert (ended.status, told in ended.output + ended.complaints) == (status, True), words
    assert (await in_process("screening", "lists", *where, BITPESA_MASTER_KEYS=key)).output == ""


async def test_serve_and_worker_pay_together(fresh_database_url: str, free_port: int) -> None:
    """The API process commits, a NOTIFY wakes the worker process, the payment is made there."""
    settings = {
        "BITPESA_MASTER_KEYS": new_master_key(),
        "BITPESA_SANDBOX_ORIGINS": f"http://127.0.0.1:{free_port}",
        "BITPESA_ALLOW_PRIVATE_WEBHOOKS": "true",
    }
    key, secret = await _prepared(fresh_database_url, settings["BITPESA_MASTER_KEYS"])
    started = [
        await asyncio.create_subprocess_exec(
            *COMMAND, *command, "--database-url", fresh_database_url, env=environment(**settings), stderr=sys.stderr
        )
        for command in (["serve", "--port", str(free_port)], ["worker"])
    ]
    try:
        await _until_it_answers(free_port)
        url = f"http://127.0.0.1:{free_port}/v1"
        played = await bitpesa("demo", "--url", url, "--key", key, "--secret", secret)
        assert played.status == 0, played.output + played.complaints
    finally:
        for process in started:
            process.terminate()
        assert [await process.wait() for process in started] == [0, 0]
    async with Client(url, key, secret) as client:
        with pytest.raises(ClientConnectorError):
            await client.get("/accounts")


async def _prepared(database_url: str, master_key: str) -> tuple[str, str]:
    """A demo organisation in the database, as `bitpesa sandbox` makes it."""
    from bitpesa.kernel.crypto.encryption import Vault
    from bitpesa.kernel.database.pool import open_database
    from bitpesa.sandbox.demo_organisation import prepare_demo

    async with open_database(database_url) as database:
        access = await database.run(prepare_demo, Vault([master_key]))
    return access.key, access.secret


async def _until_it_answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0)
        else:
            writer.close()
            return
