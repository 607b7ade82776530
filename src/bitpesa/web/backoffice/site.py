"""Where the back office is: its paths, and the links that lead into it."""

from bitpesa.settings import Settings
from bitpesa.tenants.users.links import Links
from bitpesa.web.kit.answers import Site
from bitpesa.web.kit.next_page import OFFICE

HOME = OFFICE
LOG_IN = f"{HOME}/log-in"
GIVE_CODE = f"{LOG_IN}/code"
ENROL = f"{LOG_IN}/authenticator"
LOG_OUT = f"{HOME}/log-out"
CONFIRM = f"{HOME}/confirm"
PASSWORD = f"{HOME}/lost-password"

SITE = Site(
    name="bitpesa office",
    label="Back office",
    badge="staff only",
    front=HOME,
    home=HOME,
    log_in=LOG_IN,
    log_out=LOG_OUT,
    confirm=CONFIRM,
    forgotten=PASSWORD,
    is_for_clients=False,
)


def links_of(settings: Settings) -> Links:
    """The links by which staff choose their passwords: as those of the portal, below the office's own path."""
    return Links(
        f"{settings.portal}{HOME}",
        settings.confirmation_link_seconds,
        settings.password_link_seconds,
        settings.invitation_seconds,
    )
