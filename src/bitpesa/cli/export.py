"""`bitpesa export`: the whole ledger in a form that other programs read."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.reports.hledger import export_hledger
from bitpesa.wiring import Platform


class Format(StrEnum):
    """The forms there are."""

    HLEDGER = "hledger"


def run(
    form: Annotated[Format, typer.Option("--format", help="The form to write.")] = Format.HLEDGER,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the whole ledger to standard output, as of one moment."""

    async def work(platform: Platform) -> None:
        match form:
            case Format.HLEDGER:
                await _write_hledger(platform)

    work_on(data, database_url, work)


async def _write_hledger(platform: Platform) -> None:
    async with platform.database.reading() as conn:
        async for text in export_hledger(conn):
            sys.stdout.write(text)
