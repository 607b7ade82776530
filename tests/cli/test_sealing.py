"""What the master keys seal: nothing is left under an older one, and nothing sealed is overlooked."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from bitpesa.cli.keys import _say_what_needs_older_keys
from bitpesa.cli.sealing import SEALED, links_last
from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault, new_master_key
from bitpesa.kernel.database.pool import Database
from bitpesa.server.problems import CannotGoOn
from bitpesa.settings import Settings
from bitpesa.tenants.mail.due import send_due_mail
from bitpesa.tenants.mail.operations import send
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries
from bitpesa.tenants.users import store

NOT_SEALED = {
    "address_changes.confirm_hash": "a hash",
    "address_changes.keep_hash": "a hash",
    "invitations.token_hash": "a hash",
    "kept_answers.body": "an answer, for whoever signs with the same key",
    "kept_answers.fingerprint": "a hash",
    "passkeys.credential_id": "public",
    "passkeys.public_key": "public",
    "password_links.token_hash": "a hash",
    "recovery_codes.hash": "a hash",
    "report_pieces.content": "a report",
    "sessions.passkey_challenge": "random, for minutes",
    "sessions.token_hash": "a hash",
    "sign_ups.token_hash": "a hash",
    "throttled_log_ins.token_hash": "a hash",
    "used_nonces.hash": "a hash",
}
"""Columns of bytes that need no master key, and what they hold."""


async def columns_of_bytes(conn: Any) -> set[str]:
    rows = await conn.fetch(
        "select table_name || '.' || column_name as name from information_schema.columns"
        " where table_schema = 'public' and data_type = 'bytea' and table_name not like '%_p0%'"
    )
    return {row["name"] for row in rows}


async def test_every_column_of_bytes_is_sealed_anew_or_needs_no_key(database: Database) -> None:
    async with database.reading() as conn:
        found = await columns_of_bytes(conn)
    assert found == {each.column for each in SEALED} | set(NOT_SEALED)


@pytest.fixture
def old() -> str:
    return new_master_key()


async def furnish(database: Database, vault: Vault) -> UUID:
    """A row with something sealed in every such column; answers the app."""

    async def make(work: Any) -> UUID:
        organisation = await organisations.create_organisation(work, "Acme")
        app = await organisations.create_app(work, organisation.id, "sandbox")
        await organisations.create_key(work, vault, app.id)
        user = await store.insert_user(work.conn, "Ada", "ada@example.com", "no password")
        await store.propose_totp_secret(work.conn, user.id, vault.seal("JBSWY3DPEHPK3PXP"))
        await send(work, vault, "ada@example.com", "Subject", "a text that waits")
        return app.id

    return await database.run(make)


async def sealed_bytes(database: Database) -> dict[str, list[bytes]]:
    """What lies in each sealed column."""
    found = {}
    async with database.reading() as conn:
        for each in SEALED:
            table, _, column = each.column.partition(".")
            rows = await conn.fetch(f"select {column} as sealed from {table} where {column} is not null")  # noqa: S608
            found[each.column] = [row["sealed"] for row in rows]
    return found


async def older(database: Database, vault: Vault) -> dict[str, int]:
    async with database.reading() as conn:
        return {each.column: await each.older_seals(conn, vault) for each in SEALED}


async def test_nothing_is_left_under_an_older_key(database: Database, old: str) -> None:
    app_id = await furnish(database, Vault([old]))
    new = new_master_key()
    both, alone = Vault([new, old]), Vault([new])
    assert set((await older(database, both)).values()) == {1}
    for each in SEALED:
        assert await database.run(each.seal_again, both) == 1, each.column
    assert set((await older(database, both)).values()) == {0}
    for column, sealed in (await sealed_bytes(database)).items():
        assert len(sealed) == 1, column
        assert alone.open(sealed[0]), column
        with pytest.raises(CannotDecrypt):
            Vault([old]).open(sealed[0])
    async with database.reading() as conn:
        (key,) = await queries.list_keys(conn, app_id)
        assert await queries.key_secret(conn, alone, app_id, key.id) is not None


async def test_mail_that_waits_is_sent_after_the_older_key_is_gone(database: Database, old: str) -> None:
    from tests.tenants.mail.test_due import DELAYS, Post

    await furnish(database, Vault([old]))
    new, post = new_master_key(), Post()
    for each in SEALED:
        await database.run(each.seal_again, Vault([new, old]))
    assert await send_due_mail(database, post, Vault([new]), DELAYS) == 1
    assert [letter.text for letter in post.letters] == ["a text that waits"]


async def test_what_nobody_can_open_is_said_to_need_an_older_key(database: Database, old: str) -> None:
    await furnish(database, Vault([old]))
    alone = Vault([new_master_key()])
    assert set((await older(database, alone)).values()) == {1}
    for each in SEALED:
        with pytest.raises(CannotDecrypt):
            await database.run(each.seal_again, alone)
    assert set((await older(database, Vault([old]))).values()) == {0}, "and nothing of it was touched"


def test_links_are_waited_for_as_long_as_the_longest_is_good(old: str) -> None:
    settings = Settings(database_url="", master_keys=(old,))
    assert links_last(settings).total_seconds() == 3_600
    assert links_last(msgspec.structs.replace(settings, document_link_seconds=7_200)).total_seconds() == 7_200


def test_the_check_says_what_is_in_use_and_fails_while_something_is(capsys: pytest.CaptureFixture[str]) -> None:
    until = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    for older, links, words in (
        ({"mails on their way": 2}, None, "bitpesa keys reseal"),
        ({"mails on their way": 0}, until, "until these have ended"),
    ):
        with pytest.raises(CannotGoOn, match=words):
            _say_what_needs_older_keys((older, links))
    _say_what_needs_older_keys(({"mails on their way": 0}, None))
    said = capsys.readouterr().out
    assert "mails on their way that need an older master key: 2\n" in said
    assert "may be open until 2026-12-01 10:30 UTC\n" in said
    assert said.endswith("no older master key is in use\n")
