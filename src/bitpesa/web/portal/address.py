"""Changing one's e-mail address."""

from bitpesa.tenants.users.model import UserKind
from bitpesa.web.kit.address import AddressPages
from bitpesa.web.kit.cookies import PORTAL
from bitpesa.web.kit.forms import links_of
from bitpesa.web.portal.account import ACCOUNT
from bitpesa.web.portal.guards import LOG_IN, account_page, open_page, render

PAGES = AddressPages(
    account=ACCOUNT, log_in=LOG_IN, cookie=PORTAL, kind=UserKind.CLIENT, links_of=links_of, render=render
)

show = account_page(fresh=True)(PAGES.show)
ask = account_page(fresh=True)(PAGES.ask)
withdraw = account_page()(PAGES.withdraw)
show_new = account_page()(PAGES.show_new)
confirm = account_page()(PAGES.confirm)
show_kept = open_page(PAGES.show_kept)
keep = open_page(PAGES.keep)
