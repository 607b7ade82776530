"""Ours accepts and answers all that the original contract names.

`original.json` holds bare names: operations with their statuses and parameters, shapes with their fields. A field's
text says what is in it: nothing more, another shape, `[a list]` or `{a table}` of those; `<` marks what only answers
have.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.reference.awaited import AWAITED
from tests.api.reference.watching import document

ORIGINAL = json.loads(Path(__file__).with_name("original.json").read_text(encoding="utf-8"))

MISSING = {re.sub("{[^}]*}", "{}", key) for key in AWAITED} & ORIGINAL["operations"].keys()

DEEPEST = 12


def ours() -> dict[str, dict[str, Any]]:
    """Our operations, their path parameters without names."""
    return {
        f"{method.upper()} {re.sub('{[^}]*}', '{}', path)}": operation
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }


def content(described: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = described["content"]["application/json"]["schema"]
    return schema


def resolved(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What a schema may be, references followed."""
    if "$ref" in schema:
        return resolved(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return [found for each in schema["anyOf"] for found in resolved(each)]
    return [schema]


def lacking(named: str, schema: dict[str, Any], *, sent: bool, at: str = "") -> Iterator[str]:
    """What the original names here and ours does not, by its place."""
    if at.count(".") > DEEPEST:
        return
    text = named.removeprefix("<")
    shapes = resolved(schema)
    if text.startswith("["):
        inner = [each["items"] for each in shapes if each.get("type") == "array"]
        yield from _lacking_in(text[1:-1], inner, sent=sent, at=f"{at}[]")
    elif text.startswith("{"):
        inner = [each["additionalProperties"] for each in shapes if isinstance(each.get("additionalProperties"), dict)]
        yield from _lacking_in(text[1:-1], inner, sent=sent, at=f"{at}{{}}")
    elif text in ORIGINAL["values"]:
        known = {value for each in shapes for value in each.get("enum", ())}
        yield from (f"{at}={value}" for value in ORIGINAL["values"][text] if known and value not in known)
    elif text:
        for field, what in ORIGINAL["shapes"][text].items():
            if sent and what.startswith("<"):
                continue
            inner = [each["properties"][field] for each in shapes if field in each.get("properties", {})]
            yield from _lacking_in(what, inner, sent=sent, at=f"{at}.{field}")


def _lacking_in(named: str, schemas: list[dict[str, Any]], *, sent: bool, at: str) -> Iterator[str]:
    """One of the alternatives has to have it."""
    if not schemas:
        yield at
        return
    found = [list(lacking(named, schema, sent=sent, at=at)) for schema in schemas]
    yield from min(found, key=len)


THERE = sorted(ORIGINAL["operations"].keys() - MISSING)


def test_every_operation_is_there_or_known_to_be_missing():
    assert ORIGINAL["operations"].keys() - ours().keys() == MISSING


@pytest.mark.parametrize("key", THERE)
def test_every_parameter_is_read(key):
    known = {each["name"] for each in ours()[key].get("parameters", ()) if each["in"] == "query"}
    assert set(ORIGINAL["operations"][key].get("query", ())) - known == set()


@pytest.mark.parametrize("key", THERE)
def test_every_status_is_answered(key):
    known = {int(status) for status in ours()[key]["responses"]}
    assert set(ORIGINAL["operations"][key]["statuses"]) - known == set()


@pytest.mark.parametrize("key", THERE)
def test_every_field_is_answered(key):
    operation = ORIGINAL["operations"][key]
    worked = next(each for status, each in ours()[key]["responses"].items() if status.startswith("2"))
    known_to_lack = PREVIEWS_LACK if key in PREVIEWS else LACKING.get(operation["answer"], set())
    lacks = set(lacking(operation["answer"], content(worked), sent=False))
    assert lacks - {".meta"} == known_to_lack
    assert (".meta" in lacks) == (operation["answer"] in META_ELSEWHERE)


META_ELSEWHERE = {"SenderResponse", "TransactionResponse", "AccountValidationResponse", "DebitListResponse"}
"""Answers whose `meta` is declared for when they are refused, or, with debits, for a list that has no pages."""

PREVIEWS = {"POST /transactions/calculate", "POST /transactions/validate"}

PREVIEWS_LACK = {
    *(f".object.{name}" for name in "id created_at expires_at payin_reference".split()),
    *(
        f".object.recipients[].{name}"
        for name in (
            "id created_at editable may_cancel retriable state state_reason state_reason_details "
            "transaction_external_id transaction_id transaction_state"
        ).split()
    ),
}
"""What only stored transactions have; the original declares one shape for both."""

LACKING: dict[str, set[str]] = {}
"""Fields that ours does not answer yet, by the original's name of the answer."""


def test_what_refusals_carry():
    refusal = {"$ref": "#/components/schemas/Refusal"}
    for name in ("SenderResponse", "TransactionResponse", "AccountValidationResponse"):
        meta = ORIGINAL["shapes"][name]["meta"]
        (schema,) = resolved(refusal)
        assert list(lacking(meta, schema["properties"]["meta"], sent=False)) == []
    assert list(lacking("ErrorStatus", {"$ref": "#/components/schemas/ErrorStatus"}, sent=False)) == []


@pytest.mark.parametrize("key", [key for key in THERE if "request" in ORIGINAL["operations"][key]])
def test_every_field_is_accepted(key):
    lacks = lacking(ORIGINAL["operations"][key]["request"], content(ours()[key]["requestBody"]), sent=True)
    passed_over = PASSED_OVER | (FIXED if key == "PATCH /recipients/{}" else set())
    assert {place for place in lacks if place.rpartition(".")[2] not in passed_over} == set()


PASSED_OVER = set(
    "onboarding_status sender_id state_reason_details transaction_external_id upload_file_size url".split()
)
"""What the original's shapes let clients send although only the platform says it: it is passed over."""

FIXED = set("requested_amount requested_currency type".split())
"""What stays as it was when a recipient is changed, whatever is sent."""


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("TransactionWebhook", "transaction.created"),
        ("RecipientWebhook", "recipient.error"),
        ("SenderWebhook", "sender.created"),
        ("DocumentWebhook", "document.created"),
        ("PayoutMethodWebhook", "payout_method.created"),
    ],
)
def test_every_field_is_in_webhooks(name, event):
    told = content(document()["webhooks"][event]["post"]["requestBody"])
    assert set(lacking(name, told, sent=False)) == set()
