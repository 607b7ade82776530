"""Changing one's e-mail address."""

from bitpesa.pages.address import AddressPages
from bitpesa.pages.cookies import PORTAL
from bitpesa.pages.forms import links_of
from bitpesa.people.model import UserKind
from bitpesa.portal.account import ACCOUNT
from bitpesa.portal.visitor import LOG_IN, account_page, open_page, render

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
