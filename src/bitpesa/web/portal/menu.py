"""Where a visitor of the portal may go: the links at the side of every page, and the switch between Test and Live."""

from typing import Any

from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal.guards import ENVIRONMENTS

ADMINISTRATOR = "administrator"
"""In place of a permission: pages for those who hold them all."""

SANDBOX_ONLY = frozenset({"/bench"})

OF_AN_ENVIRONMENT: tuple[tuple[str, tuple[tuple[str, str, str | None], ...]], ...] = (
    ("Payments", (("", "Dashboard", None), ("/senders", "Senders", None), ("/reports", "Reports", None))),
    (
        "Integration",
        (
            ("/bench", "Test bench", None),
            ("/webhooks", "Webhooks", "Webhooks/Read"),
            ("/logs", "Logs", "Logs/Read"),
            ("/keys", "API keys", None),
        ),
    ),
)
"""Titles, and under each: path within the environment, label, and the permission that the page asks for."""

DOCUMENTATION = ("/documentation", "Documentation", None)

OF_THE_ORGANISATION: tuple[tuple[str, str, str | None], ...] = (
    (f"{HOME}/onboarding", "Going live", None),
    (f"{HOME}/people", "People", "Roles/Read"),
    (f"{HOME}/audit", "Audit trail", ADMINISTRATOR),
    (f"{HOME}/organisations", "Organisations", None),
    (f"{HOME}/account", "Your account", None),
)
"""Pages that are the same for both environments."""

OF_AN_APP = frozenset({"/senders", "/reports", "/bench", "/webhooks", "/logs"})
"""Pages that show an app: before there is a live one they would be empty on that side."""

OF_A_USER = frozenset({f"{HOME}/organisations", f"{HOME}/account"})
"""Pages that are there without an organisation."""

LABELS = {"test": "Test", "live": "Live"}


def menu_of(visitor: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The links that a visitor may follow, under their titles. A page of neither environment leads into both."""
    menu: list[tuple[str, list[tuple[str, str]]]] = []
    if visitor.environment is None:
        menu.append(("Documentation", [DOCUMENTATION[:2]]))
    else:
        for title, links in OF_AN_ENVIRONMENT:
            menu.append(
                (title, [(visitor.to(path), label) for path, label, needed in links if _open(visitor, path, needed)])
            )
        menu[-1][1].append(DOCUMENTATION[:2])
    menu.append(
        ("Organisation", [(path, label) for path, label, needed in OF_THE_ORGANISATION if _open(visitor, path, needed)])
    )
    return [(title, links) for title, links in menu if links]


def switch_of(visitor: Any, here: str) -> list[tuple[str, str, bool]]:
    """The two sides of the switch: label, where it leads, and whether the page is of that side.

    It leads to the same section on the other side, where there is one, and else to the dashboard.
    """
    section = "" if visitor.environment is None else here.removeprefix(visitor.at).partition("?")[0]
    section = "/".join(section.split("/")[:2])
    sections = {path for _, links in OF_AN_ENVIRONMENT for path, _, _ in links} - SANDBOX_ONLY
    return [
        (LABELS[word], f"{HOME}/{word}{section if section in sections else ''}", visitor.environment == environment)
        for word, environment in ENVIRONMENTS.items()
    ]


def _open(visitor: Any, path: str, needed: str | None) -> bool:
    if visitor.organisation is None:
        return path in OF_A_USER
    if path in SANDBOX_ONLY and visitor.environment != "sandbox":
        return False
    if path in OF_AN_APP and visitor.app is None:
        return False
    if needed == ADMINISTRATOR:
        return bool(visitor.is_administrator)
    if path == "/keys":
        return bool(visitor.may("Api Keys/Read") or visitor.may("Api Keys/Write"))
    return needed is None or visitor.may(needed)
