"""Where a visitor of the portal may go: the links at the side of every page."""

from typing import Any

ADMINISTRATOR = "administrator"
"""In place of a permission: pages for those who hold them all."""

PLACES: tuple[tuple[str, tuple[tuple[str, str, str | None], ...]], ...] = (
    (
        "Payments",
        (("/portal", "Dashboard", None), ("/portal/senders", "Senders", None), ("/portal/reports", "Reports", None)),
    ),
    (
        "Integration",
        (
            ("/portal/bench", "Test bench", None),
            ("/portal/webhooks", "Webhooks", "Webhooks/Read"),
            ("/portal/logs", "Logs", "Logs/Read"),
            ("/portal/keys", "API keys", None),
            ("/documentation", "Documentation", None),
        ),
    ),
    (
        "Organisation",
        (
            ("/portal/onboarding", "Going live", None),
            ("/portal/people", "People", "Roles/Read"),
            ("/portal/audit", "Audit trail", ADMINISTRATOR),
            ("/portal/organisations", "Organisations", None),
            ("/portal/account", "Your account", None),
        ),
    ),
)
"""Titles, and under each: path, label, and the permission that the page asks for."""

OF_AN_APP = frozenset(f"/portal/{name}" for name in ("senders", "reports", "bench", "webhooks", "logs"))
"""Pages that show an app: before there is a live one they would be empty on that side."""


OF_A_USER = frozenset({"/portal/organisations", "/portal/account"})
"""Pages that are there without an organisation."""


def menu_of(visitor: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The links that a visitor may follow, under their titles."""
    menu = [
        (title, [(path, label) for path, label, needed in links if _open(visitor, path, needed)])
        for title, links in PLACES
    ]
    return [(title, links) for title, links in menu if links]


def _open(visitor: Any, path: str, needed: str | None) -> bool:
    if visitor.organisation is None:
        return not path.startswith("/portal") or path in OF_A_USER
    if path == "/portal/bench" and visitor.environment != "sandbox":
        return False
    if path in OF_AN_APP and visitor.app is None:
        return False
    if needed == ADMINISTRATOR:
        return bool(visitor.is_administrator)
    if path == "/portal/keys":
        return bool(visitor.may("Api Keys/Read") or visitor.may("Api Keys/Write"))
    return needed is None or visitor.may(needed)
