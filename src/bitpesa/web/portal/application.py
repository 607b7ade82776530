"""The portal's pages and the health check, as one ASGI application."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bitpesa.web.kit.answers import STATIC, Site, templates
from bitpesa.web.kit.failures import exception_handlers
from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal import account_routes, app_routes, dashboard, menu, personal_data
from bitpesa.web.portal.guards import CONFIRM, LOG_IN
from bitpesa.web.public import TEMPLATES as PUBLIC_TEMPLATES
from bitpesa.web.public import documentation, payer_page, probes
from bitpesa.web.public.files import FILE_PATH, show_file
from bitpesa.web.public.front_page import front_page
from bitpesa.web.public.proof_files import PROOF_PATH, show_proof
from bitpesa.wiring import Platform

HERE = Path(__file__).parent

SITE = Site(
    name="bitpesa",
    label="Portal",
    badge="sandbox",
    front="/",
    home=HOME,
    log_in=LOG_IN,
    log_out="/log-out",
    confirm=CONFIRM,
    forgotten="/lost-password",
    is_for_clients=True,
)


def make_portal(platform: Platform, reference: Callable[[], dict[str, Any]]) -> Starlette:
    """The portal of a deployment; `reference` answers the OpenAPI document that its documentation shows."""
    portal = Starlette(
        routes=[
            Route("/", front_page),
            *probes.ROUTES,
            Route(PROOF_PATH, show_proof),
            Route(FILE_PATH, show_file),
            Route("/pay/{token}", payer_page.show),
            Route("/pay/{token}/confirm", payer_page.confirm, methods=["POST"]),
            Route("/pay/{token}/cancel", payer_page.refuse, methods=["POST"]),
            *account_routes.ROUTES,
            *app_routes.ROUTES,
            *documentation.ROUTES,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers=exception_handlers("portal.failed"),
    )
    portal.state.platform = platform
    portal.state.reference = reference
    portal.state.stopping = asyncio.Event()
    portal.state.pages = templates(HERE / "templates", PUBLIC_TEMPLATES, site=SITE)
    portal.state.pages.env.filters["marked"] = documentation.marked
    portal.state.pages.env.globals["menu_of"] = menu.menu_of
    portal.state.pages.env.globals["attention_of"] = dashboard.attention_of
    portal.state.pages.env.globals["masked"] = personal_data.told
    portal.state.pages.env.globals["switch_of"] = menu.switch_of
    return portal
