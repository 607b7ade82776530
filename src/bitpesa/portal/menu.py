"""Where a visitor of the portal may go: the links at the side of every page."""

from typing import Any

PLACES: tuple[tuple[str, tuple[tuple[str, str, str | None], ...]], ...] = (
    (
        "Payments",
        (("/dashboard", "Dashboard", None), ("/senders", "Senders", None), ("/downloads", "Reports", None)),
    ),
    (
        "Integration",
        (
            ("/bench", "Test bench", None),
            ("/webhooks", "Webhooks", "Webhooks/Read"),
            ("/logs", "Logs", "Logs/Read"),
            ("/keys", "API keys", "Api Keys/Read"),
            ("/documentation", "Documentation", None),
        ),
    ),
    (
        "Organisation",
        (
            ("/onboarding", "Going live", None),
            ("/people", "People", "Roles/Read"),
            ("/organisations", "Organisations", None),
            ("/account", "Your account", None),
        ),
    ),
)
"""Titles, and under each: path, label, and the permission that the page asks for."""

OF_AN_APP = frozenset(path for _, links in PLACES[:2] for path, _, _ in links) | {"/onboarding", "/people"}
"""Pages that show an app or its organisation: without one there is nothing to see."""


def menu_of(visitor: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The links that a visitor may follow, under their titles."""
    menu = [
        (title, [(path, label) for path, label, needed in links if _open(visitor, path, needed)])
        for title, links in PLACES
    ]
    return [(title, links) for title, links in menu if links]


def _open(visitor: Any, path: str, needed: str | None) -> bool:
    if path == "/bench" and visitor.environment != "sandbox":
        return False
    if path in OF_AN_APP and visitor.app is None and path != "/documentation":
        return False
    return needed is None or visitor.may(needed)
