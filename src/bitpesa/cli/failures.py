"""Failures that a person at the terminal can do something about: one sentence and exit status 1, no trace."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from bitpesa.embedded_postgres import PostgresUnavailable
from bitpesa.kernel.crypto.encryption import CannotDecrypt
from bitpesa.kernel.database.pool import UNREACHABLE
from bitpesa.kernel.problems import Invalid, Problem
from bitpesa.schema.migrate import SchemaInUse, SchemaTooNew, SchemaTooOld
from bitpesa.server.problems import CannotGoOn
from bitpesa.settings import SettingsProblem

# What is unreachable, but for the files that a command cannot read: those are told by their own names.
AWAY = (
    *(each for each in UNREACHABLE if each is not OSError),
    ConnectionError,
    TimeoutError,
    asyncpg.InvalidCatalogNameError,
)


@contextmanager
def failures_told() -> Iterator[None]:
    """Turn expected failures into a sentence on standard error."""
    try:
        yield
    except (
        CannotGoOn,
        PostgresUnavailable,
        SettingsProblem,
        SchemaInUse,
        SchemaTooNew,
        SchemaTooOld,
        CannotDecrypt,
    ) as problem:
        _tell(str(problem))
    except Invalid as refusal:
        _tell(in_words(refusal))
    except Problem as problem:
        _tell(problem.message)
    except AWAY as problem:
        _tell(f"cannot reach the database: {problem}")
    except asyncpg.InvalidAuthorizationSpecificationError as problem:
        _tell(f"the database refuses us: {problem}")


def in_words(refusal: Invalid) -> str:
    """What was wrong, as a sentence: errors of the whole as they are, those of a field with its name."""
    (body,) = refusal.object if isinstance(refusal.object, list) else (refusal.object,)
    said = [(field, each["error"]) for field, errors in body["errors"].items() for each in errors]
    return "; ".join(error if field == "base" else f"{field}: {error}" for field, error in said)


def _tell(sentence: str) -> None:
    print(f"bitpesa: {sentence}", file=sys.stderr)  # noqa: T201 - this is the terminal
    sys.exit(1)
