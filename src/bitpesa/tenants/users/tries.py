"""Counting tries, so that nobody guesses for long, and nobody is kept out by the guesses of others.

Strangers' passwords are counted by e-mail address and by network. A lock on these refuses nobody: while it lasts, a
password is judged together with the code (`operations/throttled.py`). Codes behind a right password are counted by user
and network, and what is asked for within a session by that session. An address counts alike whether a user has it or
not, so that being locked tells nothing about who is here.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import Session, UserKind
from bitpesa.tenants.users.rules import network_of


class LockTerms(msgspec.Struct, frozen=True):
    """How many failures in a row lock an e-mail address, and a network; and for how long.

    Wrong codes lock a user's codes from one network after as many as an address, from everywhere after as many as a
    network takes.
    """

    of_address: int
    of_network: int
    lock: timedelta


class Limit(msgspec.Struct, frozen=True):
    """What tries are counted under, and how many failures in a row lock it."""

    subject: str
    failures: int


class Begun(msgspec.Struct, frozen=True):
    """A try that was counted as a failure before it is made; `has_locked`: it was the one too many."""

    subject: str
    has_locked: bool


def of_address(email: str, kind: UserKind = UserKind.CLIENT) -> str:
    """What tries for an e-mail address are counted under: strangers at the portal lock nobody of staff out."""
    return f"address {email}" if kind is UserKind.CLIENT else f"staff {email}"


def of_network(network_address: str) -> str:
    """What tries from a network are counted under."""
    return f"network {network_of(network_address)}"


def password_limits(terms: LockTerms, email: str, network_address: str, kind: UserKind) -> list[Limit]:
    """How passwords are counted that anybody may try."""
    return [
        Limit(of_network(network_address), terms.of_network),
        Limit(of_address(email, kind), terms.of_address),
    ]


def code_limits(terms: LockTerms, user_id: UUID, network_address: str) -> list[Limit]:
    """How codes are counted that were given with a right password, before the session is complete."""
    return [
        Limit(f"codes of {user_id}", terms.of_network),
        Limit(f"codes of {user_id} from {network_of(network_address)}", terms.of_address),
    ]


def inside_limits(terms: LockTerms, session: Session, what: str) -> list[Limit]:
    """How codes and passwords are counted that a complete session asks for once more: by itself alone."""
    return [Limit(f"{what} in session {session.id}", terms.of_address)]


def link_limits(terms: LockTerms, link_id: UUID) -> list[Limit]:
    """How passwords are counted that go with a link from a mail."""
    return [Limit(f"link {link_id}", terms.of_address)]


async def begin(work: Work, terms: LockTerms, limits: Sequence[Limit]) -> list[Begun] | None:
    """Count a try; None when it may not be made."""
    begun: list[Begun] = []
    for limit in limits:
        count = await store.begin_try(work.conn, limit.subject, limit.failures, terms.lock)
        if count is None:
            await take_back(work, begun)
            return None
        begun.append(Begun(limit.subject, count >= limit.failures))
    return begun


async def take_back(work: Work, begun: Sequence[Begun]) -> None:
    """The try was no failure, or was not made."""
    for each in begun:
        await store.take_back_try(work.conn, each.subject, with_lock=each.has_locked)


async def forget(work: Work, email: str, kind: UserKind = UserKind.CLIENT) -> None:
    """Begin anew: whoever has the address has proved to be its user."""
    await store.forget_tries(work.conn, of_address(email, kind))


async def forget_limits(work: Work, begun: Sequence[Begun]) -> None:
    """Begin anew: it was right."""
    for each in begun:
        await store.forget_tries(work.conn, each.subject)
