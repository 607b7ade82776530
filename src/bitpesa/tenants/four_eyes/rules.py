"""Who counts as a second person. Decides from plain values."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bitpesa.tenants.four_eyes.model import AccessChange, Person

SAME_PERSON = "Whoever proposed it cannot confirm it: a second person has to"


def why_not_second(
    proposer: Person, decider: Person, changes: Iterable[AccessChange], *, now: datetime, within: timedelta
) -> str | None:
    """Why the decider does not count as a second person beside the proposer; None when the decider does.

    `changes` are those of both accounts. Neither may have opened or reset the other's account, however long ago: two
    accounts would be one person. And nobody may have opened or reset the decider's account within `within`, so that the
    account's owner, who is mailed, has time to notice.
    """
    if decider.id == proposer.id or _same_name(decider.name, proposer.name):
        return SAME_PERSON
    no_second = f"{decider.name} does not count as a second person"
    known = list(changes)
    for each in known:
        if each.user_id == decider.id and _is_by(each, proposer):
            return f"{no_second}: the account was {each.kind.told} by {each.changer}"
        if each.user_id == proposer.id and _is_by(each, decider):
            return f"{no_second}: the account of {proposer.name} was {each.kind.told} by {each.changer}"
    newest = max((each for each in known if each.user_id == decider.id), key=_moment, default=None)
    if newest is not None and newest.changed_at > now - within:
        return (
            f"{no_second} before {newest.changed_at + within:%d %B %Y, %H:%M} UTC:"
            f" the account was {newest.kind.told} by {newest.changer} at {newest.changed_at:%d %B %Y, %H:%M} UTC"
        )
    return None


def _is_by(change: AccessChange, person: Person) -> bool:
    return change.changed_by == person.id or _same_name(change.changer, person.name)


def _same_name(a: str, b: str) -> bool:
    return a.strip().casefold() == b.strip().casefold()


def _moment(change: AccessChange) -> datetime:
    return change.changed_at
