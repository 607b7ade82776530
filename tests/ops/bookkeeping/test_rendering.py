from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bitpesa.ops.bookkeeping.model import AuditReport, Disagreement, Figures
from bitpesa.ops.bookkeeping.rendering import render

FIGURES = {
    "apps": 2,
    "accounts": 7,
    "postings": 12,
    "debits": 3,
    "attempts": 4,
    "transactions": {"received": 1, "paid": 2},
    "recipients": {},
    "balances": {
        "NGN": {"exchange": -388_000, "float": 388_000},
        "USD": {"balance": 9_876_543, "held": 100_00, "fees": 30, "exchange": 970, "bank": -9_887_543},
    },
}

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def report_of(*disagreements: Disagreement, in_all: int = 0, **changes: Any) -> AuditReport:
    """A report in which only the sandbox has figures."""
    figures = {"live": Figures(), "sandbox": Figures(**{**FIGURES, **changes})}
    return AuditReport(
        taken_at=WHEN, figures=figures, checks=16, disagreements=disagreements, disagreements_in_all=in_all
    )


def wrong(check: str, number: int) -> Disagreement:
    return Disagreement(
        check=check,
        table="debits",
        app_id=UUID(int=1),
        id=str(number),
        about="amount",
        found="5",
        expected="4",
        environment="live",
    )


def test_true_books_are_told_in_figures():
    assert render(report_of(), "sandbox") == (
        """\
The books of sandbox on 2026-03-02 at 09:00:00 UTC

apps          2
accounts      7
postings      12
debits        3
attempts      4
transactions  3: 2 paid, 1 received
recipients    0

       balance    held  surplus  fees  exchange    float        bank
NGN          0       0        0     0  -388,000  388,000           0
USD  98,765.43  100.00     0.00  0.30      9.70     0.00  -98,875.43

16 checks of all books, live and sandbox: everything agrees."""
    )


def test_disagreements_are_told_under_what_should_hold():
    report = report_of(wrong("a debit is a posting", 1), wrong("a debit is a posting", 2), wrong("other", 3), in_all=40)
    app = UUID(int=1)
    assert render(report, "sandbox").partition("16 checks of all books, live and sandbox")[2] == (
        f""": 40 disagreements, of which these 3:

Not so: a debit is a posting
  debits 1 of live app {app}: amount: found 5, expected 4
  debits 2 of live app {app}: amount: found 5, expected 4

Not so: other
  debits 3 of live app {app}: amount: found 5, expected 4"""
    )


def test_empty_books_are_told_too():
    assert "everything agrees" in render(report_of(balances={}, transactions={}), "sandbox")


def test_the_other_environment_has_no_part_in_the_figures():
    assert "apps          0" in render(report_of(), "live")
    assert "98,765.43" not in render(report_of(), "live")
