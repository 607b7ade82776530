"""A noun's rows are its own: nobody else reads its store."""

from collections.abc import Iterator
from pathlib import Path

from tests.house.code import Module, is_inside, modules


def visitors(source: list[Module]) -> Iterator[str]:
    """Imports of a `store` from outside the package it stands in."""
    stores = [module for module in source if module.name.endswith(".store")]
    for module in source:
        for store in stores:
            named = any(is_inside(name, store.name) for name in module.imports)
            if named and not is_inside(module.name, store.package):
                yield f"{module.name} imports {store.name}"


def test_stores_are_read_only_at_home() -> None:
    assert list(visitors(modules())) == []


def test_a_visitor_is_seen(tmp_path: Path) -> None:
    files = {
        "ledger/store.py": "",
        "ledger/queries.py": "from bitpesa.ledger import store",
        "senders/operations.py": "from bitpesa.ledger import store",
        "senders/queries.py": "from bitpesa.ledger.store import insert",
        "senders/rules.py": "from bitpesa.ledger import queries",
    }
    for name, text in files.items():
        (tmp_path / "bitpesa" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bitpesa" / name).write_text(text)
    assert list(visitors(modules(tmp_path))) == [
        "bitpesa.senders.operations imports bitpesa.ledger.store",
        "bitpesa.senders.queries imports bitpesa.ledger.store",
    ]
