"""Senders as clients describe them."""

from typing import Any

PERSON: dict[str, Any] = {
    "first_name": "Jane",
    "last_name": "Doe",
    "country": "KE",
    "phone_number": "+254712345678",
    "email": "info@example.com",
    "street": "1 Moi Avenue",
    "city": "Nairobi",
    "postal_code": "00100",
    "birth_date": "1974-12-24",
    "ip": "127.0.0.1",
    "documents": [],
}

BUSINESS: dict[str, Any] = {
    "type": "business",
    "name": "Nairobi Exports",
    "country": "KE",
    "trading_country": "UG",
    "street": "1 Moi Avenue",
    "city": "Nairobi",
    "postal_code": "00100",
    "email": "info@example.com",
    "ip": "127.0.0.1",
}


def person(**changes: Any) -> dict[str, Any]:
    """The person with some fields changed; None leaves a field out."""
    return _with(PERSON, changes)


def business(**changes: Any) -> dict[str, Any]:
    """The business with some fields changed; None leaves a field out."""
    return _with(BUSINESS, changes)


def _with(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not None}
