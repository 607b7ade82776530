"""What a person at the terminal reads when the database goes away while a command starts."""

import asyncpg
import pytest

from bitpesa.cli.failures import failures_told


@pytest.mark.parametrize(
    "problem",
    [
        asyncpg.DiskFullError("could not write init file: No space left on device"),
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        ConnectionResetError("reset by peer"),
        TimeoutError("no answer"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_database_that_goes_away_is_one_sentence(problem: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, failures_told():
        raise problem
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"bitpesa: cannot reach the database: {problem}\n"


def test_a_file_that_is_not_there_is_no_matter_of_the_database() -> None:
    with pytest.raises(FileNotFoundError), failures_told():
        raise FileNotFoundError("list.csv")
