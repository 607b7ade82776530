"""An audit as people read it at a terminal."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from bitpesa.kernel.values.money import minor_to_decimal
from bitpesa.ops.bookkeeping.model import AuditReport, Disagreement, Figures
from bitpesa.tenants.organisations.model import Environment

ACCOUNTS = ("balance", "held", "surplus", "fees", "exchange", "float", "bank")
"""The kinds of accounts, in the order in which their totals are shown."""


def render(report: AuditReport, environment: Environment) -> str:
    """The figures of one environment, then what disagrees in either."""
    figures = report.figures.get(environment, Figures())
    return "\n".join([*_figures(report, environment, figures), "", *_balances(figures), "", *_verdict(report)])


def _figures(report: AuditReport, environment: Environment, figures: Figures) -> Iterator[str]:
    yield f"The books of {environment} on {report.taken_at:%Y-%m-%d at %H:%M:%S} UTC"
    yield ""
    yield f"apps          {figures.apps}"
    yield f"accounts      {figures.accounts}"
    yield f"postings      {figures.postings}"
    yield f"debits        {figures.debits}"
    yield f"attempts      {figures.attempts}"
    yield f"transactions  {_by_state(figures.transactions)}"
    yield f"recipients    {_by_state(figures.recipients)}"


def _by_state(counts: Mapping[str, int]) -> str:
    total = str(sum(counts.values()))
    parts = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{total}: {parts}" if parts else total


def _balances(figures: Figures) -> Iterator[str]:
    """One line for each currency: what all its accounts of a kind hold together."""
    table = [["", *ACCOUNTS]]
    for currency, balances in figures.balances.items():
        table.append([currency, *(f"{minor_to_decimal(balances.get(kind, 0), currency):,f}" for kind in ACCOUNTS)])
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for first, *cells in table:
        yield "  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])


def _verdict(report: AuditReport) -> Iterator[str]:
    compared = f"{report.checks} checks of all books, live and sandbox"
    if report.agrees:
        yield f"{compared}: everything agrees."
        return
    shown = len(report.disagreements)
    yield f"{compared}: {report.disagreements_in_all} disagreements, of which these {shown}:"
    for check, disagreements in groupby(report.disagreements, key=lambda each: each.check):
        yield ""
        yield f"Not so: {check}"
        yield from (f"  {_line(each)}" for each in disagreements)


def _line(disagreement: Disagreement) -> str:
    d = disagreement
    return (
        f"{d.table} {d.id} of {d.environment or 'no'} app {d.app_id}: {d.about}: found {d.found}, expected {d.expected}"
    )
