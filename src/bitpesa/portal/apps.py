"""The pages of the portal that are about an app: its payments, how it is integrated, its way to live."""

from types import ModuleType

from bitpesa.portal import (
    bench,
    bench_controls,
    dashboard,
    live,
    logs,
    onboarding,
    recipients,
    reports,
    senders,
    transactions,
    webhooks,
)

_PAGES: tuple[ModuleType, ...] = (
    dashboard,
    live,
    transactions,
    recipients,
    senders,
    webhooks,
    logs,
    reports,
    bench,
    bench_controls,
    onboarding,
)

ROUTES = [route for page in _PAGES for route in page.ROUTES]
