"""`bitpesa export`: the ledger of an environment in a form that other programs read."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from bitpesa.cli.app_option import OfEnvironment, chosen_environment
from bitpesa.ops.bookkeeping.hledger import export_hledger
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.wiring import Platform


class Format(StrEnum):
    """The forms there are."""

    HLEDGER = "hledger"


def run(
    form: Annotated[Format, typer.Option("--format", help="The form to write.")] = Format.HLEDGER,
    environment: OfEnvironment = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the ledger of an environment to standard output, as of one moment."""

    async def work(platform: Platform) -> None:
        match form:
            case Format.HLEDGER:
                await _write_hledger(platform, environment)

    work_on(data, database_url, work)


async def _write_hledger(platform: Platform, environment: str | None) -> None:
    async with platform.database.reading() as conn:
        chosen = await chosen_environment(conn, environment)
        async for text in export_hledger(conn, chosen):
            sys.stdout.write(text)
