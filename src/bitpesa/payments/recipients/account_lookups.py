"""Looking an account up without paying it: who holds it, which network serves it, whether it is active (flows 11.1).

`account_lookups.csv` has what can be looked up where. Decides from plain values; asking the provider is the caller's
part. For Kenya, Congo, Gabon, Chad and the banks of XOF the API only names the countries; what they answer is ours.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.kernel.values.text import is_blank
from bitpesa.rails.corridors import rules as corridor_rules
from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.rails.providers.port import AccountFacts, PayoutOrder

NAME_UNKNOWN = "Account Invalid"
NETWORK_DIFFERS = "Mobile provider does not match phone number."
NETWORK_UNKNOWN = "Could not find account"
INACTIVE = "Account invalid"
NO_ANSWER = "Account validation failed"

FIELDS = ("country", "currency", "method", "bank_account", "bank_code", "iban", "phone_number", "mobile_provider")


ANY_DAY = date(2000, 1, 1)
"""An account is judged on no day in particular."""


class Kind(StrEnum):
    """What is found out."""

    NAME = "name"
    NETWORK = "network"
    STATUS = "status"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What can be found out about the accounts of a payout type in a country, at some mobile providers."""

    payout_type: str
    country: str
    method: str
    mobile_providers: tuple[str, ...]
    provider_needed: bool
    kind: Kind

    @property
    def currency(self) -> str:
        """The currency of the accounts."""
        return self.payout_type.partition("::")[0]

    @property
    def account_fields(self) -> tuple[str, ...]:
        """The fields that name an account."""
        if self.method == "mobile":
            return ("phone_number",)
        return ("iban",) if self.payout_type == "XOF::Bank" else ("bank_account", "bank_code")


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """One account to be looked up."""

    payout_type: str
    country: str
    currency: str
    kind: Kind
    details: dict[str, Any]

    def order(self, app_id: UUID) -> PayoutOrder:
        """The question as a provider is asked it: an order of nothing, for nobody."""
        return PayoutOrder(
            reference=new_id(),
            app_id=app_id,
            recipient_id=new_id(),
            payout_type=self.payout_type,
            recipient_type="person",
            amount=Money(0, self.currency),
            details=self.details,
            country=self.country,
        )


class Result(msgspec.Struct, frozen=True):
    """What is told of an account, and why it will not do, if it will not."""

    told: dict[str, Any]
    error: str | None = None


def read_lookup(submitted: Mapping[str, Any], errors: FieldErrors) -> Lookup | None:
    """Read what is to be looked up, noting what is missing or malformed."""
    offers = _offers(submitted, errors)
    if errors or not offers:
        return None
    details: dict[str, Any] = {"country": submitted["country"]}
    details |= {name: submitted[name] for name in offers[0].account_fields if not is_blank(submitted.get(name))}
    _check_account(offers[0], details, errors)
    offer = _at_provider(offers, submitted, details, errors)
    if errors or offer is None:
        return None
    return Lookup(
        payout_type=offer.payout_type,
        country=offer.country,
        currency=offer.currency,
        kind=offer.kind,
        details=details,
    )


def judge(lookup: Lookup, facts: AccountFacts) -> Result:
    """Decide what is told of an account, by what its provider knows."""
    if not facts.reachable:
        return Result({}, NO_ANSWER)
    match lookup.kind:
        case Kind.NAME:
            return _judge_name(lookup, facts)
        case Kind.NETWORK:
            return _judge_network(lookup, facts.mapped_mobile_provider)
        case Kind.STATUS:
            return _judge_status(facts.account_status)


def echoed(submitted: Mapping[str, Any]) -> dict[str, Any]:
    """What a client asked for, as far as it is known here."""
    return {name: submitted[name] for name in FIELDS if name in submitted}


def in_words(errors: FieldErrors) -> str:
    """The errors in one line, for clients that read no fields of this answer."""
    return ", ".join(f"{field}: {item['error']}" for field, items in errors.items() for item in items)


def _offers(submitted: Mapping[str, Any], errors: FieldErrors) -> list[Offer]:
    """What can be found out where the request points; the field that leads nowhere is the faulty one."""
    found = list(OFFERS)
    for name in ("country", "currency", "method"):
        value = submitted.get(name)
        if is_blank(value):
            add_error(errors, name, "blank")
            continue
        found = [offer for offer in found if getattr(offer, name) == value]
        if not found and not errors:
            add_error(errors, name, "inclusion")
    return found


def _check_account(offer: Offer, details: dict[str, Any], errors: FieldErrors) -> None:
    """Judge the account as the details of a payout are judged; the other details of a payout are not asked for.

    Numbers can be looked up in more countries than the corridor pays into.
    """
    found = corridor(offer.payout_type)
    if found is None:
        raise AssertionError(f"{offer.payout_type} is a payout type")
    known = msgspec.structs.replace(found, countries=(offer.country,)) if offer.method == "mobile" else found
    checked = corridor_rules.check_details(known, "person", details, today=ANY_DAY)
    for name in offer.account_fields:
        if name not in details:
            add_error(errors, name, "blank")
            continue
        if name in checked.errors:
            errors.setdefault(name, []).extend(checked.errors[name])
    details.update(corridor_rules.provider_details(known, {**details, **_named(checked.details, offer.account_fields)}))


def _named(details: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: details[name] for name in names if name in details}


def _at_provider(
    offers: list[Offer], submitted: Mapping[str, Any], details: dict[str, Any], errors: FieldErrors
) -> Offer | None:
    """The offer of the mobile provider that is named; where none has to be, the only one there is."""
    named = submitted.get("mobile_provider")
    if offers[0].method != "mobile":
        return offers[0]
    if is_blank(named):
        if offers[0].provider_needed:
            add_error(errors, "mobile_provider", "blank")
        return offers[0]
    found = next((offer for offer in offers if named in offer.mobile_providers), None)
    if found is None:
        add_error(errors, "mobile_provider", "inclusion")
    details["mobile_provider"] = named
    return found


def _judge_name(lookup: Lookup, facts: AccountFacts) -> Result:
    named, serving = lookup.details.get("mobile_provider"), facts.mapped_mobile_provider
    if facts.account_name is None:
        return Result({}, NAME_UNKNOWN)
    if named is not None and serving not in (None, named):
        return Result({}, NETWORK_DIFFERS)
    return Result({"account_name": facts.account_name})


def _judge_network(lookup: Lookup, serving: str | None) -> Result:
    if serving is None:
        return Result({}, NETWORK_UNKNOWN)
    differs = serving != lookup.details.get("mobile_provider")
    return Result({"mapped_mobile_provider": serving}, NETWORK_DIFFERS if differs else None)


def _judge_status(status: str | None) -> Result:
    if status is None:
        return Result({}, INACTIVE)
    return Result({"account_status": status}, None if status == "active" else INACTIVE)


def _load() -> Iterator[Offer]:
    text = resources.files(__package__).joinpath("account_lookups.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield Offer(
            payout_type=row["payout_type"],
            country=row["country"],
            method=row["method"],
            mobile_providers=tuple(row["mobile_providers"].split()),
            provider_needed=row["provider_needed"] == "yes",
            kind=Kind(row["kind"]),
        )


OFFERS = tuple(_load())
"""Everything that can be found out."""
