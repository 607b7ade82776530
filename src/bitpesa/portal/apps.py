"""The pages of the portal that are about an app: its payments, how it is integrated, its way to live."""

from types import ModuleType

from bitpesa.portal import (
    bench,
    bench_collect,
    bench_controls,
    bench_staff,
    dashboard,
    live,
    logs,
    onboarding,
    payin_methods,
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
    payin_methods,
    senders,
    webhooks,
    logs,
    reports,
    bench,
    bench_collect,
    bench_controls,
    bench_staff,
    onboarding,
)

ROUTES = [route for page in _PAGES for route in page.ROUTES]
