"""What the house tests believe about a statement has to be right itself."""

import pytest

from tests.house.sql import parameters, tables_of_schema, tables_read, tables_written

TABLES = ("senders", "events", "recipients", "webhooks")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select * from senders where events = any($1)", {"senders"}),
        ("select s.id, events from senders s, recipients r where s.id = r.id", {"senders", "recipients"}),
        ("select 1 from senders s join recipients r on r.id = s.id, webhooks", {"senders", "recipients", "webhooks"}),
        ("with old as (select id from events limit 1) select id, webhooks from old", {"events"}),
        ("select (select count(*) from events), webhooks from senders", {"events", "senders"}),
        ("select * from unnest($1::uuid[]) with ordinality as e (events, senders), recipients", {"recipients"}),
        ("select * from (select * from senders) as s", {"senders"}),
        ("select * from (senders s left join lateral (select 1 from events) e on true)", {"senders", "events"}),
        ("select a from t where a is distinct from events", set()),
        ("select 'from senders' -- from senders\n", set()),
        ("delete from webhooks using senders where true", {"webhooks", "senders"}),
        ("insert into webhooks (id, events) select id, events from recipients", {"recipients"}),
        ('select * from "senders"', {"senders"}),
    ],
)
def test_tables_are_found_where_tables_stand(text: str, tables: set[str]) -> None:
    assert tables_read(text, TABLES) == tables


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("insert into senders as s (id) values ($1) on conflict (id) do update set id = $1", {"senders"}),
        ("update senders set id = $1 from events", {"senders"}),
        ("delete from events where true", {"events"}),
        ("with x as (delete from events returning *) insert into webhooks select * from x", {"events", "webhooks"}),
        ("select * from senders for update", set()),
        ("select * from senders for no key update skip locked", set()),
    ],
)
def test_written_tables_are_told_from_locked_ones(text: str, tables: set[str]) -> None:
    assert tables_written(text) & set(TABLES) == tables


def test_parameters_are_counted_outside_comments_and_strings() -> None:
    assert parameters("select $1::uuid, '$3', $$ $4 $$ -- $5\n where x = any($2)") == {1, 2}


def test_every_table_of_the_schema_has_an_owner() -> None:
    owners = tables_of_schema()
    assert owners["ledger_postings"] == "ledger"
    assert [table for table, owner in owners.items() if owner is None] == []
