"""`bitpesa sandbox`: API, worker and portal in one command, with an organisation and money to play with."""

import asyncio
import json
import logging
import socket
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from bitpesa.cli.terminal import say
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, Place, database_of_ones_own, run_for_long
from bitpesa.server.http import listen_everywhere, stop_asked
from bitpesa.server.logs import log_to_stderr
from bitpesa.server.sandbox import RunningSandbox, running_sandbox

Host = Annotated[
    str,
    typer.Option(
        "--host", help="The address to answer on; one of this machine alone stands for both, `127.0.0.1` and `::1`."
    ),
]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65_535, help="The port to answer on; 0 takes any that is free.")
]


def run(
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON with address and key once requests are answered.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every step of the work.")] = False,
) -> None:
    """Run a whole sandbox: API, worker and portal. Ctrl-C stops it; its data stays in the directory."""
    log_to_stderr(level=logging.INFO if verbose else logging.WARNING)
    listeners = listen_everywhere(host, port)
    with database_of_ones_own(data, database_url) as place:
        run_for_long(_run(place, listeners, as_json=as_json))


async def _run(place: Place, listeners: Sequence[socket.socket], *, as_json: bool) -> None:
    asked = asyncio.create_task(stop_asked())
    async with running_sandbox(place, listeners) as running:
        _tell(running, place, as_json=as_json)
        await asked
        if not as_json:
            say("\nstopping")


def _tell(running: RunningSandbox, place: Place, *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(msgspec.to_builtins(running)))
        return
    say(f"""
  bitpesa sandbox is running

  API base URL   {running.base_url}
  API key        {running.api_key}
  API secret     {running.api_secret}
  portal         {running.portal_url}
  your account   {running.portal_url}sign-up
  and then       {running.organisation_url}
                 opens the organisation of this key, with the payments of `bitpesa demo`
  data           {place.data.resolve()}

  Watch a payment:  bitpesa demo        Stop:  Ctrl-C
""")
