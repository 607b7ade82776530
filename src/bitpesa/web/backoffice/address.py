"""Changing one's e-mail address in the back office: as in the portal, for staff."""

from starlette.routing import Route

from bitpesa.tenants.users.model import UserKind
from bitpesa.web.backoffice.account import PATH as ACCOUNT
from bitpesa.web.backoffice.guards import open_page, page, render
from bitpesa.web.backoffice.site import HOME, LOG_IN, links_of
from bitpesa.web.kit.address import AddressPages
from bitpesa.web.kit.cookies import OFFICE

PATH = f"{ACCOUNT}/address"
NEW = f"{HOME}/new-address/{{token}}"
KEEP = f"{HOME}/keep-address/{{token}}"

PAGES = AddressPages(
    account=ACCOUNT, log_in=LOG_IN, cookie=OFFICE, kind=UserKind.STAFF, links_of=links_of, render=render
)

show = page(fresh=True)(PAGES.show)
ask = page(fresh=True)(PAGES.ask)
withdraw = page()(PAGES.withdraw)
show_new = page()(PAGES.show_new)
confirm = page()(PAGES.confirm)
show_kept = open_page(PAGES.show_kept)
keep = open_page(PAGES.keep)

ROUTES = [
    Route(PATH, show),
    Route(PATH, ask, methods=["POST"]),
    Route(f"{PATH}/withdraw", withdraw, methods=["POST"]),
    Route(NEW, show_new),
    Route(NEW, confirm, methods=["POST"]),
    Route(KEEP, show_kept),
    Route(KEEP, keep, methods=["POST"]),
]
