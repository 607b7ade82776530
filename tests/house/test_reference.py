"""No operation is forgotten in the reference: each is described and has an example that worked."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from bitpesa.api.reference.description import HERE, Mistake, reference
from bitpesa.api.reference.document import key_of, make_document
from bitpesa.api.reference.examples import examples
from bitpesa.api.routes import routes
from bitpesa.payments.senders.fields import FIELDS, Content
from tests.api.reference.awaited import AWAITED
from tests.api.reference.watching import check_example

KEYS = sorted(key_of(route) for route in routes())
DESCRIBED = {key: operation for key, operation, _ in reference().described()}
DOCUMENT = make_document(routes(), reference(), examples())


def test_every_operation_is_described_in_the_file_of_its_resource() -> None:
    assert [key for key in KEYS if key not in DESCRIBED] == []


def test_nothing_is_described_that_is_not_there() -> None:
    assert DESCRIBED.keys() - set(KEYS) == AWAITED


def test_every_operation_has_a_name_of_its_own_and_a_purpose() -> None:
    names = [operation.name for operation in DESCRIBED.values()]
    assert len(names) == len(set(names))
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    assert [each["operationId"] for each in operations if not each["summary"]] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_operation_has_an_example_that_worked(key: str) -> None:
    made = examples().get(key, ())
    assert made, f"{key} has no example: add a call to tests/reference/stories.py and run `make examples`"
    assert made[0].status == DESCRIBED[key].status
    for example in made:
        check_example(key, example)


def test_no_example_is_of_an_operation_that_is_gone() -> None:
    assert examples().keys() - set(KEYS) == set()


def test_every_shape_that_is_named_is_there_and_none_is_without_use() -> None:
    named = _names(reference().schemas)
    for operation in DESCRIBED.values():
        named |= {
            name for name in (operation.takes, operation.answers, operation.meta, operation.refuses) if name is not None
        }
    by_document = set(DOCUMENT["components"]["schemas"])
    known = set(reference().schemas)
    assert named - known == set()
    assert known - named - by_document == set()


def test_every_parameter_that_is_named_is_there_and_none_is_without_use() -> None:
    known = set(reference().parameters)
    in_paths = {part.strip("{}") for key in DESCRIBED for part in key.split("/") if part.startswith("{")}
    in_queries = {name for operation in DESCRIBED.values() for name in operation.query}
    assert in_paths | in_queries | {"page", "per"} == known


def test_every_shape_is_a_schema() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_what_a_sender_may_say_is_what_the_platform_reads() -> None:
    shape = reference().schemas["SenderFields"]["properties"]
    assert shape.keys() - {"id", "type", "external_id", "metadata"} == FIELDS.keys()
    for name, field in FIELDS.items():
        if field.content is Content.CHOICE:
            told = reference().schemas[shape[name]["$ref"].removeprefix(HERE)] if "$ref" in shape[name] else shape[name]
            assert set(told["enum"]) == field.choices, name


def _names(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_names, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(_names, value.values()))
    target = value.get("$ref")
    return found | {target.removeprefix(HERE)} if isinstance(target, str) else found


def test_a_file_that_says_what_nobody_knows_is_refused() -> None:
    from bitpesa.api.reference import description

    with pytest.raises(Mistake, match="nothing we know"):
        description._read("x", '["HEAD /x"]\nname = "x"\nanswers = "X"')
    with pytest.raises(Mistake, match="nonsense"):
        description._read("x", '["GET /x"]\nname = "x"\nanswers = "X"\nnonsense = 1')


# -- what generators of clients make of it


def test_no_two_shapes_have_one_name_in_a_generated_client() -> None:
    """Generators name a shape that has no name by where it stands, and fold the case of all: one of two is lost."""
    named: dict[str, set[str]] = {}
    for name, place in _generated_names(DOCUMENT):
        named.setdefault(_folded(name), set()).add(place)
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


@pytest.mark.parametrize(
    "clash",
    [
        {"A": {"type": "object", "properties": {"b_c": {"type": "object"}}}, "ABC": {"type": "object"}},
        {"SenderFields": {"type": "object"}, "sender_fields": {"type": "object"}},
        {"A": {"type": "object"}, "B": {"type": "object", "title": "A"}},
    ],
)
def test_two_shapes_with_one_name_are_seen(clash: dict[str, Any]) -> None:
    places = [_folded(name) for name, _ in _generated_names({"components": {"schemas": clash}, "paths": {}})]
    assert len(places) > len(set(places))


def test_every_object_says_whether_it_may_hold_anything() -> None:
    """Generated TypeScript lets nothing be put into an object of which neither members nor others are named."""
    closed = [
        place
        for place, schema in _schemas(DOCUMENT["components"]["schemas"])
        if schema.get("type") == "object" and not {"properties", "additionalProperties"} & schema.keys()
    ]
    assert closed == []


def test_no_shape_that_is_sent_has_a_default() -> None:
    """Generated TypeScript takes a member that has a default for one that must be sent."""
    assert [place for place, schema in _schemas(DOCUMENT["components"]["schemas"]) if "default" in schema] == []


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _schemas(schemas: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema and those inside it, each with where it stands."""
    for name, schema in schemas.items():
        here = f"{place}/{name}"
        yield here, schema
        yield from _schemas(_inside(schema), here)


def _inside(schema: dict[str, Any]) -> dict[str, Any]:
    """The schemas in one, by what generators add to its name for them."""
    found = dict(schema.get("properties", {}))
    for key, added in (("items", "Item"), ("additionalProperties", "AdditionalProperty")):
        if isinstance(schema.get(key), dict):
            found[added] = schema[key]
    for key in ("anyOf", "oneOf", "allOf"):
        found |= {f"Type{number}": each for number, each in enumerate(schema.get(key, ()))}
    return found


def _generated_names(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What generators make classes of, by the names that they give them; each with where it stands."""
    roots = dict(document["components"]["schemas"])
    for path in document["paths"].values():
        for operation in path.values():
            name = operation["operationId"]
            if "requestBody" in operation:
                roots[f"{name}Body"] = operation["requestBody"]["content"]["application/json"]["schema"]
            for status, response in operation["responses"].items():
                if "content" in response:
                    roots[f"{name}Response{status}"] = response["content"]["application/json"]["schema"]
            for parameter in operation.get("parameters", ()):
                roots[f"{name}{parameter['name']}"] = parameter["schema"]
    for place, schema in _schemas(roots):
        if "$ref" not in schema and ("enum" in schema or schema.get("type") == "object"):
            yield schema.get("title") or place, place
