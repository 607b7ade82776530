"""Where links that we hand out lead: to the origin that the client called, so that they work from where it is."""

from urllib.parse import urlsplit

from bitpesa.settings import Settings
from bitpesa.tenants.organisations.model import Environment


def origin_called(settings: Settings, environment: Environment, host: bytes) -> str:
    """The origin of the environment that the `Host` header names, else the first one.

    `Host` only chooses among configured origins, and only for whoever sent it.
    """
    named = host.decode("latin-1").lower()
    origins = settings.origins(environment)
    return next((origin for origin in origins if urlsplit(origin).netloc.lower() == named), origins[0])
