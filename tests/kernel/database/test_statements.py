import pytest

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.statements import parse

TEXT = """
-- The noun's statements.

-- name: first(app_id, id)
-- Why it is so.
select $1::int + $2::int as total

-- name: second()
select 1 where false
"""


def test_a_file_is_cut_into_named_statements():
    statements = parse(TEXT)
    assert list(statements) == ["first", "second"]
    assert statements.first.parameters == ("app_id", "id")
    assert statements.second.parameters == ()
    assert statements.first.text == "-- Why it is so.\nselect $1::int + $2::int as total"


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError):
        _ = parse(TEXT).third


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="twice"):
        parse("-- name: a()\nselect 1\n-- name: a()\nselect 2")


def test_a_name_that_would_not_be_found_is_refused():
    with pytest.raises(ValueError, match="update"):
        parse("-- name: update()\nselect 1")


async def test_a_statement_answers_rows_one_row_or_a_value(database: Database):
    statements = parse(TEXT)
    async with database.reading() as conn:
        assert [row["total"] for row in await statements.first.rows(conn, 1, 2)] == [3]
        assert (await statements.first.one(conn, 1, 2))["total"] == 3
        assert await statements.first.value(conn, 1, 2) == 3
        assert await statements.second.row(conn) is None
        assert await statements.second.value(conn) is None
        with pytest.raises(LookupError, match="second"):
            await statements.second.one(conn)


async def test_running_a_statement_tells_how_many_rows_it_changed(database: Database):
    statements = parse(
        """
-- name: make()
create temporary table marks (id int)

-- name: fill(most)
insert into marks select generate_series(1, $1)

-- name: mark()
update marks set id = 0 where id > 1

-- name: wipe()
delete from marks
"""
    )
    async with database.work() as work:
        assert await statements.make.run(work.conn) == 0
        assert await statements.fill.run(work.conn, 3) == 3
        assert await statements.mark.run(work.conn) == 2
        assert await statements.wipe.run(work.conn) == 3
