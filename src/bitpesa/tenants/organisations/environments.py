"""Whose money a figure is about: that of one environment. Money of the sandbox is never added to real money."""

from bitpesa.kernel.database.statements import Connection, load
from bitpesa.tenants.organisations.model import Environment

ENVIRONMENTS: tuple[Environment, ...] = ("live", "sandbox")
"""The order in which figures are shown: real money first."""

_sql = load(__package__, "environments.sql")


async def main_environment(conn: Connection) -> Environment:
    """The environment whose figures are shown where nobody asks for another: live, once a live app was opened."""
    return "live" if await _sql.has_live_app.value(conn) else "sandbox"


def read_environment(text: str | None) -> Environment | None:
    """An environment by its name; None for anything else."""
    return next((each for each in ENVIRONMENTS if each == text), None)
