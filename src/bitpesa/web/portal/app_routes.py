"""The pages of the portal that are about an app: its payments, how it is integrated, its way to live."""

from types import ModuleType

from bitpesa.web.portal import (
    dashboard,
    live,
    logs,
    onboarding,
    payin_methods,
    recipients,
    reports,
    sandbox_controls,
    sandbox_payins,
    sandbox_payouts,
    sandbox_staff,
    senders,
    transactions,
    webhooks,
)

_PAGES: tuple[ModuleType, ...] = (
    dashboard,
    live,
    transactions,
    recipients,
    payin_methods,
    senders,
    webhooks,
    logs,
    reports,
    sandbox_payouts,
    sandbox_payins,
    sandbox_controls,
    sandbox_staff,
    onboarding,
)

ROUTES = [route for page in _PAGES for route in page.ROUTES]
