"""Every write of the API can be repeated under an Idempotency-Key: handlers write through `Call.write` alone."""

import ast
from collections.abc import Iterator

from tests.house.code import Module, modules

RUNS_WORK = {"run", "work"}


def writes_past_the_key(module: Module) -> Iterator[str]:
    """Where a handler runs work on the database itself, as in `call.database.run(...)`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in RUNS_WORK and isinstance(node.value, ast.Attribute):
            inner = node.value
            if inner.attr == "database" and isinstance(inner.value, ast.Name) and inner.value.id == "call":
                yield f"{module.name}:{node.lineno}"


def test_handlers_write_through_the_call() -> None:
    found = [each for module in modules() if module.package == "bitpesa.api" for each in writes_past_the_key(module)]
    assert found == []
