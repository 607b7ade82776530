"""Everything that the master keys seal and sign: sealed anew when they change, and looked through for older ones.

A column that holds something sealed and is not listed here breaks a test.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from bitpesa.api.recipients import LINKS_LAST as PROOFS_LAST
from bitpesa.api.reports import LINKS_LAST as REPORTS_LAST
from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.settings import Settings
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries as organisation_queries
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.operations import authenticator
from bitpesa.web.portal.recipients import RECEIPT_LASTS


class Sealed(msgspec.Struct, frozen=True):
    """A column that holds what the vault sealed: what that is, how it is sealed anew, how many need older keys."""

    column: str
    what: str
    seal_again: Callable[[Work, Vault], Awaitable[int]]
    older_seals: Callable[[Connection, Vault], Awaitable[int]]


SEALED: tuple[Sealed, ...] = (
    Sealed(
        "api_keys.sealed_secret",
        "secrets of API keys",
        organisations.seal_secrets_again,
        organisation_queries.older_seals,
    ),
    Sealed(
        "users.sealed_totp_secret", "secrets of authenticators", authenticator.seal_secrets_again, people.older_seals
    ),
    Sealed("mails.sealed_text", "mails on their way", mail.seal_texts_again, mail.older_seals),
)
"""Secrets of webhooks are made from those of API keys; sessions, links in mail and recovery codes are hashes."""


def links_last(settings: Settings) -> timedelta:
    """How long a signed link may be open: it is signed by the first master key, and cannot be signed anew."""
    return max(timedelta(seconds=settings.document_link_seconds), PROOFS_LAST, REPORTS_LAST, RECEIPT_LASTS)
