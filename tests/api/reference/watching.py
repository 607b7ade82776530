"""Everything that the API answers and sends, held against what its reference says.

Shapes are closed here: a field that nobody declared is a mistake of ours, although clients must bear with new ones.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import jsonschema_rs

from bitpesa.api.errors import MethodNotAllowed
from bitpesa.api.reference.description import reference
from bitpesa.api.reference.document import key_of, make_document
from bitpesa.api.reference.examples import Example
from bitpesa.api.routes import Router, routes
from bitpesa.cli.client import Answered, Client
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values import json as our_json
from bitpesa.tenants.organisations.model import App, AppSettings
from tests.house.code import ROOT

_SOME_APP = App(uuid4(), uuid4(), "sandbox", AppSettings())


class WatchedClient(Client):
    """A client that believes no answer that the reference does not allow."""

    async def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answered:
        answered = await super().send(method, path, body, headers)
        check_answer(method, path, answered)
        return answered


def check_answer(method: str, path: str, answered: Answered) -> None:
    """An answer has a documented status and the shape that goes with it."""
    assert "x-request-id" in {name.lower() for name in answered.headers}, (method, path)
    key = operation_at(method, path)
    if key is None:
        assert answered.status in (400, 401, 404, 405, 413), (method, path, answered)
        _validate(answered.body, _ERROR, about=(method, path))
        return
    responses = _responses().get(key)
    assert responses is not None, f"{key} is described nowhere: say what it does in api/reference/resources"
    assert str(answered.status) in responses, f"{key} answered {answered.status}, which its reference does not say"
    _validate(answered.body, responses[str(answered.status)], about=(method, path, answered.status))
    if answered.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        codes = {error for error in _errors_in(answered.body["object"]) if _CODE.fullmatch(error)}
        unknown = codes - _documented_codes()
        assert not unknown, f"{key} answered {unknown}, which docs/reference/errors.md does not explain"


def check_example(key: str, example: Example) -> None:
    """An example says what was sent, where something is, and an answer in the shape that goes with its status."""
    method, _, _ = key.partition(" ")
    assert operation_at(method, example.path) == key
    _validate(example.answer, _responses()[key][str(example.status)], about=(key, example.status))


def check_webhook(content: Any) -> None:
    """What a webhook was sent has the shape that the reference gives its event."""
    told = document()["webhooks"][content["event"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    _validate(content, json.dumps(told), about=content["event"])


def operation_at(method: str, path: str) -> str | None:
    """The operation that a path below `/v1` means: `GET /senders/{id}`."""
    try:
        route, _ = _router().find(_SOME_APP, method, b"/v1" + path.partition("?")[0].encode())
    except (NotFound, MethodNotAllowed):
        return None
    return key_of(route)


@cache
def document() -> dict[str, Any]:
    """The reference of everything there is, without examples."""
    return make_document(routes(), reference(), {})


def _errors_in(value: Any) -> Iterator[str]:
    """The errors of an object and of what is in it."""
    if isinstance(value, list):
        for each in value:
            yield from _errors_in(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == "errors" and isinstance(inner, dict):
                yield from (error["error"] for errors in inner.values() for error in errors)
            elif name not in ("metadata", "details"):
                yield from _errors_in(inner)


@cache
def _documented_codes() -> set[str]:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


_CODE = re.compile(r"[a-z][a-z_]+")

_ERROR = json.dumps({"$ref": "#/components/schemas/ErrorStatus"})


def _validate(value: Any, schema: str, *, about: object) -> None:
    plain = json.loads(our_json.encode(value))  # decimals as the numbers they are on the wire
    problems = [f"{list(each.instance_path)}: {each.message[:300]}" for each in _validator(schema).iter_errors(plain)]
    assert not problems, (about, problems)


@cache
def _validator(schema: str) -> Any:
    components = document()["components"]["schemas"]
    closed = {"components": {"schemas": {name: _closed(each) for name, each in components.items()}}}
    return jsonschema_rs.Draft202012Validator({**closed, **_closed(json.loads(schema))}, validate_formats=True)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: _closed(each) for name, each in schema["properties"].items()}
        closed.setdefault("additionalProperties", False)
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    if "anyOf" in schema:
        closed["anyOf"] = [_closed(each) for each in schema["anyOf"]]
    return closed


@cache
def _responses() -> dict[str, dict[str, str]]:
    shared = document()["components"]["responses"]
    return {
        f"{method.upper()} {path}": {
            status: json.dumps(_schema(shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each))
            for status, each in operation["responses"].items()
        }
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }


def _schema(response: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema


@cache
def _router() -> Router:
    return Router(routes())
