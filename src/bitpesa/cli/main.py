"""The `bitpesa` command and its subcommands, one file each."""

import typer

from bitpesa.cli import (
    apps,
    audit,
    balance,
    collections,
    demo,
    doctor,
    export,
    keys,
    mandates,
    migrate,
    onboarding,
    rates,
    recipients,
    report,
    sandbox,
    screening,
    senders,
    serve,
    staff,
    trail,
    transactions,
    users,
    worker,
)
from bitpesa.cli.failures import failures_told

app = typer.Typer(
    name="bitpesa",
    help="A payments platform for African corridors: exact books, signed webhooks, the BitPesa API v1.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("sandbox")(sandbox.run)
app.command("demo")(demo.run)
app.command("serve")(serve.run)
app.command("worker")(worker.run)
app.command("migrate")(migrate.run)
app.command("audit")(audit.run)
app.command("doctor")(doctor.run)
app.command("export")(export.run)
app.add_typer(apps.app, name="apps")
app.command("report")(report.run)
app.add_typer(users.app, name="users")
app.add_typer(staff.app, name="staff")
app.add_typer(keys.app, name="keys")
app.add_typer(balance.app, name="balance")
app.add_typer(rates.app, name="rates")
app.add_typer(onboarding.app, name="onboarding")
app.add_typer(screening.app, name="screening")
app.add_typer(collections.app, name="collections")
app.add_typer(senders.app, name="senders")
app.add_typer(transactions.app, name="transactions")
app.add_typer(recipients.app, name="recipients")
app.add_typer(mandates.app, name="mandates")
app.command("trail")(trail.run)


def main() -> None:
    """Run the command line; what went wrong is told in a sentence where a sentence can help."""
    with failures_told():
        app()
