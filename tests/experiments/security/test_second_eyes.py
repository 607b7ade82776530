"""The chapter on a second pair of eyes notices an office in which one person with two accounts can confirm."""

from pathlib import Path

import pytest

from bitpesa.tenants.four_eyes import rules
from experiments.security.second_eyes import second_eyes


async def test_an_office_that_asks_for_nobody_else_breaks_its_promises(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "why_not_second", lambda *_people, **_when: None)
    money, rate, opened_today, *about_links = (await second_eyes(fresh_database_url, tmp_path)).promises
    assert [each.is_kept for each in (money, rate, opened_today)] == [False, False, False]
    assert all(each.is_kept for each in about_links), about_links
