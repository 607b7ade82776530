"""The documentation: the OpenAPI document as pages that need no script and nothing from elsewhere."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bitpesa.web.public.front_page import SAFE_HEADERS

MOST_VALUES = 12
"""Longer lists of values are on the page of their shape only."""

PATH = "/documentation"


class Field(msgspec.Struct, frozen=True):
    """One row of a table: a parameter, or a field of a shape."""

    name: str
    type: Markup
    about: str
    needed: bool = False
    values: tuple[str, ...] = ()


class Shape(msgspec.Struct, frozen=True):
    """A shape with its fields, or with its values where it is a text."""

    name: str
    about: str
    type: Markup
    fields: tuple[Field, ...]
    values: tuple[str, ...]


class Call(msgspec.Struct, frozen=True):
    """An example: the lines that were sent and those that came back."""

    sent: str
    status: int
    answer: str


class Operation(msgspec.Struct, frozen=True):
    """An operation as a page shows it."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    sandbox_only: bool
    parameters: tuple[Field, ...]
    takes: Markup | None
    answers: Markup
    statuses: tuple[tuple[str, str], ...]
    calls: tuple[Call, ...]


class Section(msgspec.Struct, frozen=True):
    """A resource: a page of its own."""

    slug: str
    title: str
    about: str
    operations: tuple[Operation, ...]


async def overview(request: Request) -> Response:
    """Show what holds for all operations, and which there are."""
    document = _document(request)
    return _page(
        request,
        "overview.html",
        about=document["info"]["description"],
        base_url=str(request.base_url).rstrip("/") + document["servers"][0]["url"],
        headers=list(document["components"]["securitySchemes"].values()),
        statuses=[(status, each["description"]) for status, each in document["components"]["responses"].items()],
    )


async def resource(request: Request) -> Response:
    """Show the operations of one resource."""
    slug = request.path_params["slug"]
    section = next((each for each in _sections(_document(request)) if each.slug == slug), None)
    if section is None:
        raise HTTPException(404)
    return _page(request, "resource.html", section=section)


async def events(request: Request) -> Response:
    """Show which events webhooks tell of."""
    told = [
        (name, hook["post"]["summary"], _type(_content(hook["post"]["requestBody"])["properties"]["object"]))
        for name, hook in _document(request)["webhooks"].items()
    ]
    return _page(request, "events.html", events=told)


async def shapes(request: Request) -> Response:
    """Show every shape."""
    schemas = _document(request)["components"]["schemas"]
    return _page(request, "shapes.html", shapes=[_shape(name, schema) for name, schema in schemas.items()])


async def openapi(request: Request) -> Response:
    """Answer the OpenAPI document itself."""
    return JSONResponse(_document(request), headers={"Access-Control-Allow-Origin": "*"})


ROUTES = [
    Route(PATH, overview),
    Route(f"{PATH}/openapi.json", openapi),
    Route(f"{PATH}/events", events),
    Route(f"{PATH}/shapes", shapes),
    Route(f"{PATH}/{{slug}}", resource),
]


def marked(text: str) -> Markup:
    """Text in which `backticks` mark code."""
    parts = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in parts)


def _document(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.state.reference()
    return document


def _page(request: Request, template: str, **shown: Any) -> Response:
    context = {"sections": _sections(_document(request)), "here": request.url.path, **shown}
    response: Response = request.app.state.pages.TemplateResponse(
        request, f"documentation/{template}", context, headers=SAFE_HEADERS
    )
    return response


def _sections(document: dict[str, Any]) -> list[Section]:
    return [
        Section(
            slug=tag["name"].lower().replace(" ", "-"),
            title=tag["name"],
            about=tag["description"],
            operations=tuple(_operations(document, tag["name"])),
        )
        for tag in document["tags"]
    ]


def _operations(document: dict[str, Any], tag: str) -> Iterator[Operation]:
    refusals = document["components"]["responses"]
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            if tag not in operation["tags"]:
                continue
            worked, *others = operation["responses"].items()
            body = operation.get("requestBody")
            yield Operation(
                id=operation["operationId"],
                method=method.upper(),
                path=(operation.get("servers") or document["servers"])[0]["url"].rstrip("/") + path,
                summary=operation["summary"],
                about=operation.get("description", ""),
                sandbox_only=operation.get("x-sandbox-only", False),
                parameters=tuple(map(_parameter, operation.get("parameters", ()))),
                takes=_type(_content(body)) if body else None,
                answers=_type(_content(worked[1])),
                statuses=(
                    (worked[0], worked[1]["description"]),
                    *((status, refusals[status]["description"]) for status, _ in others),
                ),
                calls=tuple(map(_call, operation["x-examples"])),
            )


def _parameter(described: dict[str, Any]) -> Field:
    return Field(
        name=described["name"],
        type=_type(described["schema"]),
        about=described["description"],
        needed=described.get("required", False),
        values=_values(described["schema"]),
    )


def _call(example: dict[str, Any]) -> Call:
    sent = f"{example['method']} {example['path']}"
    if example["sent"] is not None:
        sent += "\n\n" + _written(example["sent"])
    return Call(sent, example["status"], _written(example["answer"]))


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = [
        Field(field, _type(inner), inner.get("description", ""), field in required, _values(inner))
        for field, inner in schema.get("properties", {}).items()
    ]
    values = tuple(schema.get("enum", ()))
    return Shape(name, schema.get("description", ""), Markup() if fields else _type(schema), tuple(fields), values)


def _values(schema: dict[str, Any]) -> tuple[str, ...]:
    values = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    return tuple(map(str, values)) if len(values) <= MOST_VALUES else ()


def _type(schema: dict[str, Any]) -> Markup:
    """What a value is, in words, with links to the shapes it is made of."""
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return Markup(" or ").join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return Markup("list of ") + _type(schema["items"])
    if kind == "object":
        return _object_type(schema)
    words = kind if isinstance(kind, list) else [kind]
    if "format" in schema:
        words = [f"{words[0]} ({schema['format']})", *words[1:]]
    return escape(" or ".join(words))


def _object_type(schema: dict[str, Any]) -> Markup:
    inside = schema.get("properties")
    if inside:
        listed = [Markup("<code>{}</code>: {}").format(name, _type(each)) for name, each in inside.items()]
        return Markup("{{ {} }}").format(Markup(", ").join(listed))
    values = schema.get("additionalProperties")
    return Markup("table of ") + _type(values) if isinstance(values, dict) else Markup("object")


def _link(shape: str) -> Markup:
    return Markup('<a href="{}/shapes#{}">{}</a>').format(PATH, shape, shape)


def _content(described: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = described["content"]["application/json"]["schema"]
    return schema


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
