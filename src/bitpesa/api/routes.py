"""Which operation a request means. The table is what the resource modules say; `Route` itself is in `call.py`."""

from collections.abc import Iterable, Sequence
from types import ModuleType
from urllib.parse import unquote

from bitpesa.api import (
    account_validations,
    accounts,
    api_logs,
    dlocal,
    documents,
    info,
    mandates,
    payin_methods,
    payout_methods,
    recipients,
    reports,
    sandbox,
    senders,
    transactions,
    webhooks,
)
from bitpesa.api.call import Route
from bitpesa.api.errors import MethodNotAllowed
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.organisations.model import App

BASE = "v1"


RESOURCES: tuple[ModuleType, ...] = (
    senders,
    documents,
    transactions,
    recipients,
    payin_methods,
    payout_methods,
    accounts,
    account_validations,
    mandates,
    dlocal,
    info,
    webhooks,
    api_logs,
    reports,
    sandbox,
)
"""The modules whose `ROUTES` make up the API."""


def roots() -> frozenset[bytes]:
    """The first segments of the paths that the API answers; all others belong to somebody else."""
    return frozenset({BASE.encode(), *(route.path.split("/")[1].encode() for route in routes() if route.at_root)})


def routes() -> list[Route]:
    """Every operation of the API."""
    return [route for resource in RESOURCES for route in resource.ROUTES]


class _Place:
    """A place in the tree of paths: what may follow, and the operations that end here, by method."""

    def __init__(self) -> None:
        self.literals: dict[str, _Place] = {}
        self.any: _Place | None = None
        self.routes: dict[str, tuple[Route, list[str]]] = {}


class Router:
    """Finds the route of a request."""

    def __init__(self, table: Iterable[Route]) -> None:
        self._root = _Place()
        self._on_sheet: set[tuple[str, bytes]] = set()
        for route in table:
            self._add(BASE, route)
            if route.at_root:
                self._add("", route)

    def find(self, app: App, method: str, raw_path: bytes) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters, percent-decoded. Raises NotFound, MethodNotAllowed.

        Doubled slashes count as one. A literal segment wins over a parameter.
        """
        segments = [_segment(raw) for raw in raw_path.split(b"/") if raw]
        found = _find(self._root, segments, [])
        if found is None:
            raise NotFound
        place, values = found
        here = {name: entry for name, entry in place.routes.items() if app.is_sandbox or not entry[0].sandbox_only}
        if not here:
            raise NotFound
        if method not in here:
            raise MethodNotAllowed(sorted(here))
        route, names = here[method]
        return route, dict(zip(names, values, strict=True))

    def writes_on_sheet(self, method: str, raw_path: bytes) -> bool:
        """Whether a request, if its path is written as usual, is for an operation that writes on a sheet."""
        return (method, raw_path) in self._on_sheet

    def _add(self, base: str, route: Route) -> None:
        if route.on_sheet:
            self._on_sheet.add((route.method, (f"/{base}" if base else "").encode() + route.path.encode()))
        place = self._root
        names = []
        for segment in filter(None, f"{base}/{route.path}".split("/")):
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                place.any = place = place.any or _Place()
            else:
                place = place.literals.setdefault(segment, _Place())
        if route.method in place.routes:
            raise ValueError(f"{route.method} {route.path} is there twice")
        place.routes[route.method] = (route, names)


def _find(place: _Place, segments: Sequence[str], values: list[str]) -> tuple[_Place, list[str]] | None:
    if not segments:
        return (place, values) if place.routes else None
    first, rest = segments[0], segments[1:]
    literal = place.literals.get(first)
    found = _find(literal, rest, values) if literal else None
    if found is None and place.any:
        found = _find(place.any, rest, [*values, first])
    return found


def _segment(raw: bytes) -> str:
    """Undo percent-encoding. What no text column can hold becomes a character that is in no identifier."""
    return unquote(raw.decode("utf-8", "replace"), errors="replace").replace("\x00", "\ufffd")
