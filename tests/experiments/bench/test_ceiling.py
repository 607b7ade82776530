"""What the ceiling makes of the rows that a request was seen to write."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from experiments.bench.ceiling import function_text
from experiments.bench.payer import Payer
from experiments.bench.written import Written

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APP, KEY, SENDER, TRANSACTION = (UUID(int=number) for number in range(1, 5))
PAYER = Payer(key="k", secret="s", app_id=APP, key_id=KEY, sender_id=SENDER)

ROW = {"app_id": APP, "id": TRANSACTION, "external_id": "order-1", "sender_id": SENDER, "created_at": NOW}


def text(table: str = "transactions", **more: Any) -> str:
    inserted = {"transactions": [ROW]}
    inserted.setdefault(table, [{}])[0].update(more)
    columns = {name: list(rows[0]) for name, rows in inserted.items()}
    return " ".join(function_text(PAYER, Written(inserted, {}), columns).split())


def test_who_pays_is_looked_up_and_what_is_new_is_made_anew() -> None:
    assert "select app_id, id_1, external_id, sender_id, moment from requests" in text()


def test_an_identifier_means_the_same_in_every_table() -> None:
    assert "insert into debits (id, to_id) select id_2, id_1 from requests" in text(
        "debits", id=UUID(int=9), to_id=TRANSACTION
    )


def test_values_are_written_as_they_were_seen() -> None:
    said = text("debits", note="it's 12:30", amount=3449, told=False, closed_at=None)
    assert "select 'it''s 12:30', 3449, false, null from requests" in said


def test_times_keep_their_distance() -> None:
    assert "select moment + interval '3600 seconds' from requests" in text(
        "debits", expires_at=NOW + timedelta(hours=1)
    )


def test_balances_are_locked_last_so_postings_come_first_in_the_text() -> None:
    said = text("ledger_postings", id=UUID(int=9))
    assert said.index("insert into ledger_postings") < said.index("insert into transactions")


def test_what_it_cannot_write_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot write"):
        text("debits", tags=["a"])
