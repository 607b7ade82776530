"""What `resources/*.toml` say of operations, parameters and shapes: one file for each resource, written by hand.

A shape is JSON Schema (2020-12) with three abbreviations: `about` is its description, `$ref` names another shape, and
`includes` takes over the properties of another shape: with `relaxed` not what is required of them, with `nullable` each
of them or null.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

Schema = dict[str, Any]
Form = Literal["one", "list", "page", "bare"]

HERE = "#/components/schemas/"

_METHODS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An operation, beside what its route and the docstring of its handler say."""

    name: str
    """Its `operationId`."""
    about: str = ""
    """What there is to know beyond its summary."""
    query: tuple[str, ...] = ()
    """Its query parameters by name; those of pages go without saying."""
    takes: str | None = None
    """The shape of what is sent."""
    under: str | None = None
    """The key around what is sent; without one, the fields stand at the top."""
    several: bool = False
    """Whether a list of them may stand under the key."""
    or_bare: bool = False
    """Whether the key may be left out."""
    may_be_empty: bool = False
    """Whether the whole body may be left out."""
    answers: str
    """The shape of what is answered under `object`."""
    form: Form = "one"
    """Whether `object` is one of these, all in a list, or a page of a list; `bare`: the shape is the whole answer."""
    meta: str | None = None
    """The shape of `meta`, where it is not that of pages."""
    status: Literal[200, 201] = 200
    refuses: str | None = None
    """The shape of the object that it echoes when it refuses what it understood, with 422."""
    names_one: bool = False
    """Whether what is sent names something that may not be there, with 404; a path with `{id}` goes without saying."""
    at_root: bool = False
    """Whether its path does not begin with `/v1`."""
    ours: bool = False
    """Whether the original API does not have it."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter of a path or a query; `name` is what it is called there when its key is another."""

    about: str
    schema: Schema
    name: str | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says. Operations go by method and path: `GET /senders/{id}`."""

    name: str
    title: str = ""
    about: str = ""
    operations: dict[str, Operation]
    parameters: dict[str, Parameter]
    schemas: dict[str, Schema]


class Reference(msgspec.Struct, frozen=True):
    """What all files say together."""

    resources: tuple[Resource, ...]
    parameters: dict[str, Parameter]
    schemas: dict[str, Schema]

    def described(self) -> Iterator[tuple[str, Operation, Resource]]:
        """Every operation with its method and path, and the resource it belongs to."""
        for resource in self.resources:
            for key, operation in resource.operations.items():
                yield key, operation, resource


class Mistake(ValueError):
    """The files do not fit together; the message says which and why."""


@cache
def reference() -> Reference:
    """Read all files. Raises Mistake."""
    folder = resources.files(__package__).joinpath("resources")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    read = tuple(_read(each.name.removesuffix(".toml"), each.read_text(encoding="utf-8")) for each in files)
    raw = _merged("shape", ((resource.name, resource.schemas) for resource in read))
    return Reference(
        resources=read,
        parameters=_merged("parameter", ((resource.name, resource.parameters) for resource in read)),
        schemas={name: _plain(_whole(name, raw)) for name in raw},
    )


def _read(name: str, text: str) -> Resource:
    content = tomllib.loads(text)
    try:
        operations = {key: msgspec.convert(content[key], Operation) for key in content if key.startswith(_METHODS)}
        parameters = msgspec.convert(content.get("parameters", {}), dict[str, Parameter])
    except msgspec.ValidationError as problem:
        raise Mistake(f"{name}.toml: {problem}") from problem
    unknown = content.keys() - operations.keys() - {"title", "about", "parameters", "schemas"}
    if unknown:
        raise Mistake(f"{name}.toml: {min(unknown)} is nothing we know")
    return Resource(
        name=name,
        title=content.get("title", ""),
        about=content.get("about", ""),
        operations=operations,
        parameters=parameters,
        schemas=content.get("schemas", {}),
    )


def _merged(kind: str, tables: Iterator[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, table in tables:
        for key in table.keys() & merged.keys():
            raise Mistake(f"{name}.toml: the {kind} {key} is there twice")
        merged.update(table)
    return merged


def _whole(name: str, raw: Mapping[str, Schema]) -> Schema:
    """A shape with the properties it includes; its own come last and replace those of the same name."""
    schema = raw[name]
    included = schema.get("includes")
    if included is None:
        return schema
    if included not in raw:
        raise Mistake(f"{name} includes {included}, which is nowhere")
    base = _whole(included, raw)
    whole = {key: value for key, value in {**base, **schema}.items() if key not in ("includes", "relaxed", "nullable")}
    kept = () if schema.get("relaxed") else base.get("required", ())
    whole["required"] = [*kept, *schema.get("required", ())]
    whole["properties"] = {**base["properties"], **schema.get("properties", {})}
    if schema.get("nullable"):
        whole["properties"] = {key: _or_null(each) for key, each in whole["properties"].items()}
    return whole


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _plain(value: Any) -> Any:
    """Undo the abbreviations. A property may itself be called `about` or `$ref`: it is a table then, not a text."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {}
    for key, inner in value.items():
        if key == "about" and isinstance(inner, str):
            plain["description"] = inner
        elif key == "$ref" and isinstance(inner, str):
            plain["$ref"] = HERE + inner
        else:
            plain[key] = _plain(inner)
    return plain
