"""The OpenAPI 3.1 document: the route table, what the resources say of it, and the recorded examples (flows 11)."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from bitpesa.api.call import Route
from bitpesa.api.errors import STATUS
from bitpesa.api.reference.description import HERE, Operation, Parameter, Reference, Resource, Schema, reference
from bitpesa.api.reference.examples import Example, examples
from bitpesa.api.routes import routes
from bitpesa.api_support.sdk_compat.model import Kind, Member, Model
from bitpesa.api_support.sdk_compat.rules import DETAILS, PAYIN_DETAILS
from bitpesa.rails.corridors.catalogue import CORRIDORS
from bitpesa.webhooks.event_names import EVENT_NAMES

JSON = "application/json"

BASE = "/v1"

TITLE = "BitPesa API v1"

ALWAYS = (400, 401, 413, 415, 429, 500, 503)
"""What any request may be answered with."""

REFUSALS = {
    400: "The request is no HTTP, no JSON, or lacks the key around its fields; or a parameter cannot be read.",
    401: "Key, nonce and signature do not belong together, or were used before. Which, nobody is told.",
    404: "There is no such object, or it belongs to another app.",
    409: "The same request, by its `Idempotency-Key`, is still being answered.",
    413: "The body is longer than 16 MiB.",
    415: "The body is not JSON, or compressed in a way nobody knows.",
    422: "The request was understood and refused; nothing was stored.",
    429: "Too many requests of this sort today, where the operator has set hard limits.",
    500: "We failed: the outcome is unknown. Look the object up before trying again.",
    503: (
        "We cannot reach our database: the outcome is unknown. Look the object up before trying again. "
        "With `Retry-After`: too much is being read, and nothing of this request was looked at."
    ),
}

PAGED = ("page", "per")

WRITES = ("POST", "PATCH", "DELETE")

PAYLOADS = {
    "transaction": "Transaction",
    "recipient": "RecipientPayload",
    "sender": "Sender",
    "document": "Document",
    "payout_method": "PayoutMethod",
    "payin_method": "PayinMethodPayload",
    "webhook": "Webhook",
}
"""The shape of the object that an event is about, by the first part of the event's name."""

_SIGNED = {
    "key": ("Authorization-Key", "The API key."),
    "nonce": ("Authorization-Nonce", "A text that is used once per key, such as a UUID."),
    "signature": (
        "Authorization-Signature",
        "HMAC-SHA512 in hex, under the secret, of nonce, method, URL and the body's SHA-512 in hex, joined by `&`.",
    ),
    "secret": ("Authorization-Secret", "The secret itself, in place of nonce and signature, where that is allowed."),
}

_REQUEST_ID = {"x-request-id": {"description": "Finds the request in our log.", "schema": {"type": "string"}}}


_IDEMPOTENCY_KEY = {
    "description": "A text of the client's own. The same request under it again gets the first answer again, and does "
    "nothing; another request under it is refused. Ours: the original API does not have it.",
    "schema": {"type": "string"},
}

_RETRY_AFTER = {"retry-after": {"description": "Seconds to wait.", "schema": {"type": "string"}}}


class Undescribed(LookupError):
    """A route that no file in `resources/` describes."""


@cache
def published() -> dict[str, Any]:
    """The document of every operation there is, as it is published."""
    return make_document(routes(), reference(), examples())


def key_of(route: Route) -> str:
    """What a route goes by in the reference: `GET /senders/{id}`."""
    return f"{route.method} {route.path}"


def make_document(table: Iterable[Route], said: Reference, seen: Mapping[str, Sequence[Example]]) -> dict[str, Any]:
    """The document of these routes; what only other operations need is left out. Raises Undescribed."""
    known = {key: (operation, resource) for key, operation, resource in said.described()}
    paths: dict[str, dict[str, Any]] = {}
    used: dict[str, Resource] = {}
    for route in table:
        key = key_of(route)
        if key not in known:
            raise Undescribed(key)
        operation, resource = known[key]
        used[resource.name] = resource
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, operation, resource, said, seen.get(key, ())
        )
    heard = _webhooks()
    schemas = {**said.schemas, **_details(said.schemas)}
    answered = {status for by_method in paths.values() for each in by_method.values() for status in each["responses"]}
    responses = {str(status): _refusal(status) for status in REFUSALS if str(status) in answered}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version("bitpesa"), "description": _ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"key": [], "nonce": [], "signature": []}, {"key": [], "secret": []}],
        "tags": [{"name": each.title, "description": each.about} for each in used.values()],
        "paths": paths,
        "webhooks": heard,
        "components": {
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header, "description": about}
                for name, (header, about) in _SIGNED.items()
            },
            "responses": responses,
            "schemas": _reachable(schemas, [paths, heard, responses]),
        },
    }


def _operation(
    route: Route, operation: Operation, resource: Resource, said: Reference, calls: Sequence[Example]
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [resource.title],
        "summary": _summary(route),
    }
    about = [operation.about] if operation.about else []
    if operation.ours:
        about.append("Ours: the original API does not have it.")
    if route.sandbox_only:
        about.append("The sandbox only has it; on live it answers 404.")
        made["x-sandbox-only"] = True
    if operation.at_root:
        made["servers"] = [{"url": "/"}]
    if about:
        made["description"] = " ".join(about)
    parameters = list(_parameters(route, operation, said))
    if parameters:
        made["parameters"] = parameters
    if operation.takes is not None:
        made["requestBody"] = _request(operation, calls)
    made["responses"] = _responses(route, operation, calls)
    root = "" if operation.at_root else BASE
    made["x-examples"] = [
        {
            "method": route.method,
            "path": root + each.path,
            "sent": each.sent,
            "status": each.status,
            "answer": each.answer,
        }
        for each in calls
    ]
    return made


def _summary(route: Route) -> str:
    """The first line of the handler's docstring says what the operation is for."""
    return (inspect.getdoc(route.handler) or "").partition("\n")[0].removesuffix(".")


def _parameters(route: Route, operation: Operation, said: Reference) -> Iterator[dict[str, Any]]:
    for segment in route.path.split("/"):
        if segment.startswith("{"):
            name = segment.strip("{}")
            yield {"name": name, "in": "path", "required": True, **_described(said.parameters[name])}
    if _is_kept(route):
        yield {"name": "Idempotency-Key", "in": "header", **_IDEMPOTENCY_KEY}
    for name in (*operation.query, *(PAGED if operation.form == "page" else ())):
        parameter = said.parameters[name]
        yield {"name": parameter.name or name, "in": "query", **_described(parameter)}


def _is_kept(route: Route) -> bool:
    """Whether a write is done once however often it is sent, under its `Idempotency-Key`."""
    return route.method in WRITES and HTTPStatus.CONFLICT in STATUS.values()


def _described(parameter: Parameter) -> dict[str, Any]:
    described = {"description": parameter.about, "schema": parameter.schema}
    return {**described, "style": "deepObject"} if parameter.schema.get("type") == "object" else described


def _request(operation: Operation, calls: Sequence[Example]) -> dict[str, Any]:
    shape: Schema = {"$ref": f"{HERE}{operation.takes}"}
    schema = shape
    if operation.under is not None:
        within = {"anyOf": [shape, {"type": "array", "items": shape}]} if operation.several else shape
        schema = {"type": "object", "required": [operation.under], "properties": {operation.under: within}}
        if operation.or_bare:
            schema = {"anyOf": [schema, shape]}
    content: dict[str, Any] = {"schema": schema}
    sent = [each.sent for each in calls if each.sent is not None]
    if sent:
        content["example"] = sent[0]
    return {"required": not operation.may_be_empty, "content": {JSON: content}}


def _responses(route: Route, operation: Operation, calls: Sequence[Example]) -> dict[str, Any]:
    statuses = set(ALWAYS)
    if "{" in route.path or route.sandbox_only or operation.names_one:
        statuses.add(404)
    if operation.refuses is not None:
        statuses.add(422)
    if _is_kept(route):
        statuses |= {409, 422}
    content: dict[str, Any] = {"schema": _answer(operation)}
    seen = next((each for each in calls if each.status == operation.status), None)
    if seen is not None:
        content["example"] = seen.answer
    worked = {
        "description": HTTPStatus(operation.status).phrase,
        "headers": _REQUEST_ID,
        "content": {JSON: content},
    }
    refused: dict[str, Any] = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    if operation.refuses is not None:
        refused["422"] = _refusal_of(operation.refuses, several=operation.several)
    return {str(operation.status): worked, **refused}


def _answer(operation: Operation) -> Schema:
    shape: Schema = {"$ref": f"{HERE}{operation.answers}"}
    if operation.form == "bare":
        return shape
    schema: Schema = {
        "type": "object",
        "required": ["object"],
        "properties": {"object": shape if operation.form == "one" else {"type": "array", "items": shape}},
    }
    meta = operation.meta or ("PaginationMeta" if operation.form == "page" else None)
    if meta is not None:
        schema["required"].append("meta")
        schema["properties"]["meta"] = {"$ref": HERE + meta}
    return schema


def _refusal(status: int) -> dict[str, Any]:
    schema = "Refusal" if status == HTTPStatus.UNPROCESSABLE_ENTITY else "ErrorStatus"
    return {
        "description": REFUSALS[status],
        "headers": {**_REQUEST_ID, **(_RETRY_AFTER if status == HTTPStatus.TOO_MANY_REQUESTS else {})},
        "content": {JSON: {"schema": {"$ref": HERE + schema}}},
    }


def _refusal_of(shape: str, *, several: bool) -> dict[str, Any]:
    """A refusal that echoes an object of this shape, or a list of them."""
    one: Schema = {"$ref": HERE + shape}
    schema = {
        "type": "object",
        "required": ["object"],
        "properties": {
            "object": {"anyOf": [one, {"type": "array", "items": one}]} if several else one,
            "meta": {"$ref": f"{HERE}RefusalMeta"},
        },
    }
    return {"description": REFUSALS[422], "headers": _REQUEST_ID, "content": {JSON: {"schema": schema}}}


def _details(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """The shapes of details with the fields that corridors ask for.

    What may be sent in a field depends on the corridor, what is answered on the SDKs that read it.
    """
    asked: dict[str, list[str]] = {}
    for corridor in CORRIDORS:
        for field in corridor.fields:
            asked.setdefault(field.name, []).append(corridor.type)
    fields = {name: {"description": ", ".join(types)} for name, types in sorted(asked.items())}
    sent, answered = (
        {**schemas[name], "properties": {**fields, **schemas[name]["properties"]}}
        for name in ("PayoutMethodDetailFields", "PayoutMethodDetails")
    )
    return {
        "PayoutMethodDetailFields": sent,
        "PayoutMethodDetails": _as_read(answered, DETAILS),
        "PayinMethodDetails": _as_read(schemas["PayinMethodDetails"], PAYIN_DETAILS),
    }


def _as_read(declared: Schema, model: Model) -> Schema:
    """A shape with what strict SDKs can read of its members; null they always can."""
    told = {name: {**each, **_kind(model[name])} for name, each in declared["properties"].items() if name in model}
    return {**declared, "properties": {**declared["properties"], **told}}


def _kind(member: Member) -> Schema:
    schema: Schema = {"type": ["string", "null"]}
    if member.kind is Kind.DATE:
        schema["format"] = "date"
    if member.kind is Kind.CHOICE:
        schema["enum"] = [*sorted(member.choices), None]
    return schema


def _webhooks() -> dict[str, Any]:
    return {entry.name: {"post": _webhook(entry.name, entry.when)} for entry in EVENT_NAMES if entry.is_emitted}


def _webhook(name: str, when: str) -> dict[str, Any]:
    body: Schema = {
        "type": "object",
        "required": ["webhook", "event", "object"],
        "properties": {
            "webhook": {"$ref": f"{HERE}Id"},
            "event": {"type": "string", "const": name},
            "object": _payload(name),
        },
    }
    return {
        "operationId": f"hear.{name}",
        "summary": when[:1].upper() + when[1:],
        "requestBody": {"content": {JSON: {"schema": body}}},
        "responses": {"2XX": {"description": "Heard; anything else is tried again later."}},
    }


def _payload(event: str) -> Schema:
    return {"$ref": HERE + PAYLOADS[event.partition(".")[0]]}


def _reachable(schemas: Mapping[str, Schema], roots: Sequence[Any]) -> dict[str, Schema]:
    found: set[str] = set()
    waiting = [name for root in roots for name in _named(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_named(schemas[name]))
    return {name: schemas[name] for name in sorted(found)}


def _named(value: Any) -> Iterator[str]:
    """The shapes that are referred to."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(HERE):
            yield target.removeprefix(HERE)
        for key, each in value.items():
            if key not in ("example", "x-examples"):
                yield from _named(each)


_ABOUT = """\
Everything is JSON over HTTPS. Answers carry what was asked for under `object`, and what there is to say of it under \
`meta`. Amounts are JSON numbers in units of their currency, times are UTC. Unknown fields are passed over. A request \
that got no answer, or a status of 500 and above, may have worked: look the object up before trying again.\
"""
