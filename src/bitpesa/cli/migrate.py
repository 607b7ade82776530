"""`bitpesa migrate`: bringing a database to this release's schema."""

from bitpesa.cli.terminal import say
from bitpesa.schema.migrate import migrate
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, database_at, run_async


def run(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Apply the missing steps of the schema, each in its own transaction."""
    with database_at(data, database_url) as place:
        applied = run_async(migrate(place.database_url))
    for name in applied:
        say(f"applied {name}")
    say("the schema is current")
