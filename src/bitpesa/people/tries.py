"""Counting tries to log in, by e-mail address and by network, so that nobody guesses for long.

An address counts alike whether a user has it or not, so that being locked tells nothing about who is here.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from bitpesa.kernel.database import Work
from bitpesa.people import store
from bitpesa.people.model import UserKind
from bitpesa.people.rules import network_of


class LockTerms(msgspec.Struct, frozen=True):
    """How many failures in a row lock an e-mail address, and a network; and for how long."""

    of_address: int
    of_network: int
    lock: timedelta


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


def of_mail(email: str) -> str:
    """What mail to an address is counted under that strangers can cause."""
    return f"mail {email}"


async def begin(
    work: Work, terms: LockTerms, *, email: str, network_address: str | None, kind: UserKind = UserKind.CLIENT
) -> list[Begun] | None:
    """Count a try; None when it may not be made."""
    begun: list[Begun] = []
    subjects = [(of_address(email, kind), terms.of_address)]
    if network_address is not None:
        subjects.insert(0, (of_network(network_address), terms.of_network))
    for subject, limit in subjects:
        count = await store.begin_try(work.conn, subject, limit, terms.lock)
        if count is None:
            await take_back(work, begun)
            return None
        begun.append(Begun(subject, count >= limit))
    return begun


async def take_back(work: Work, begun: Sequence[Begun]) -> None:
    """The try was no failure, or was not made."""
    for each in begun:
        await store.take_back_try(work.conn, each.subject, with_lock=each.has_locked)


async def forget(work: Work, email: str, kind: UserKind = UserKind.CLIENT) -> None:
    """Begin anew: whoever has the address has proved to be its user."""
    await store.forget_tries(work.conn, of_address(email, kind))


async def may_mail(work: Work, terms: LockTerms, email: str) -> bool:
    """Whether a stranger may cause one more mail to an address; counts it."""
    return await store.begin_try(work.conn, of_mail(email), terms.of_address, terms.lock) is not None
