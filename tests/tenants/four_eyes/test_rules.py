"""Two persons are two in fact: whoever opened an account is not a second person beside it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bitpesa.tenants.four_eyes import rules
from bitpesa.tenants.four_eyes.model import AccessChange, AccessKind, Person

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(hours=24)
AMINA, BARAKA, CHIOMA = (Person(uuid4(), f"{name}@example.com") for name in ("amina", "baraka", "chioma"))


def changed(
    user: Person, by: Person | str, *, ago: timedelta = timedelta(days=90), kind: AccessKind = AccessKind.CREATED
) -> AccessChange:
    by_id, name = (by.id, by.name) if isinstance(by, Person) else (None, by)
    return AccessChange(user_id=user.id, kind=kind, changed_by=by_id, changer=name, changed_at=NOW - ago)


def why_not(*changes: AccessChange, proposer: Person = AMINA, decider: Person = BARAKA) -> str | None:
    return rules.why_not_second(proposer, decider, changes, now=NOW, within=DAY)


def test_two_people_with_accounts_of_long_ago_are_two() -> None:
    assert why_not() is None
    assert why_not(changed(AMINA, CHIOMA), changed(BARAKA, CHIOMA), changed(BARAKA, "root")) is None


def test_nobody_is_two() -> None:
    assert why_not(decider=AMINA) == rules.SAME_PERSON
    assert why_not(decider=Person(uuid4(), "Amina@Example.com ")) == rules.SAME_PERSON


@pytest.mark.parametrize("kind", list(AccessKind))
def test_whoever_opened_or_reset_the_account_is_not_another_person_however_long_ago(kind: AccessKind) -> None:
    for by in (AMINA, "AMINA@example.com"):
        assert "was " + kind.told in (why_not(changed(BARAKA, by, kind=kind)) or "")
    for by in (BARAKA, "baraka@example.com"):
        assert "amina@example.com was " + kind.told in (why_not(changed(AMINA, by, kind=kind)) or "")


@pytest.mark.parametrize(("ago", "counts"), [(DAY - timedelta(seconds=1), False), (DAY, True)])
def test_an_account_counts_a_day_after_anybody_touched_it(ago: timedelta, *, counts: bool) -> None:
    for by in (CHIOMA, "root"):
        assert (why_not(changed(BARAKA, by, ago=ago, kind=AccessKind.MFA_RESET)) is None) is counts


def test_the_refusal_says_when_and_by_whom() -> None:
    told = why_not(changed(BARAKA, CHIOMA, ago=timedelta(hours=1), kind=AccessKind.PASSWORD_LINK))
    assert told == (
        "baraka@example.com does not count as a second person before 03 March 2026, 08:00 UTC: the account was given a"
        " link to a new password by chioma@example.com at 02 March 2026, 08:00 UTC"
    )
