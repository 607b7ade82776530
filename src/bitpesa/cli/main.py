"""The `bitpesa` command and its subcommands, one file each.

A command is loaded when it is asked for: whoever lists keys waits for no pages.
"""

from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from bitpesa.cli.failures import failures_told

COMMANDS = (
    "sandbox",
    "demo",
    "serve",
    "worker",
    "migrate",
    "audit",
    "doctor",
    "quarantine",
    "export",
    "report",
    "trail",
    "apps",
    "users",
    "staff",
    "keys",
    "balance",
    "rates",
    "onboarding",
    "screening",
    "collections",
    "senders",
    "transactions",
    "recipients",
    "mandates",
)
"""As they are listed. Each is a module beside this one, which has either `run` or, with commands of its own, `app`."""


class Commands(TyperGroup):
    """The commands, each of them loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - what click gives
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002 - what click gives
        """Load a command; None when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"bitpesa.cli.{cmd_name}")
        if hasattr(module, "app"):
            group = typer.main.get_group(module.app)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(module.run)
        return cast("TyperCommand", typer.main.get_command(alone))


app = typer.Typer(
    name="bitpesa",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def bitpesa() -> None:
    """A payments platform for African corridors: exact books, signed webhooks, the BitPesa API v1."""


def main() -> None:
    """Run the command line; what went wrong is told in a sentence where a sentence can help."""
    with failures_told():
        app()
