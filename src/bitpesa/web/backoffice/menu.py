"""Where staff may go: the links at the side of every page."""

from typing import Any

PLACES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Waiting for staff",
        (
            ("/office", "Home"),
            ("/office/senders", "Senders"),
            ("/office/held", "Held transactions"),
            ("/office/exceptions", "Exceptions"),
            ("/office/payouts", "Payouts"),
            ("/office/mandates", "Mandates"),
            ("/office/surplus", "Surplus money"),
        ),
    ),
    (
        "Clients",
        (
            ("/office/organisations", "Organisations"),
            ("/office/users", "Users"),
            ("/office/balances", "Movements"),
        ),
    ),
    (
        "The house",
        (
            ("/office/rates", "Rates"),
            ("/office/lists", "Sanction lists"),
            ("/office/books", "Books"),
            ("/office/trail", "Audit trail"),
            ("/office/staff", "Staff"),
            ("/office/account", "Your account"),
        ),
    ),
)
"""Titles, and under each: path and label. Every one of staff may look at all of them."""


def menu_of(_visitor: Any) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The links that one of staff may follow."""
    return PLACES
