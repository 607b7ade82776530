"""Every package opens with two sentences, what it is and what it may import, and the second one is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.code import Module, modules, ranks, room_of

TWO_SENTENCES = re.compile(r"(?P<what>[^.]+(?:\.\w[^.]*)*)\. May import: (?P<names>[\w., ]+)\.")
NOTHING = "nothing of ours"

RANKS = ranks()


def complaints(source: list[Module]) -> Iterator[str]:
    """What is wrong with the front doors of these modules, and with the imports behind them."""
    for package in source:
        if not package.is_package or package.name == "bitpesa":
            continue
        allowed = may_import(package)
        if allowed is None:
            yield f"{package.name} needs two sentences: what it is, and `May import: a, b, c.`"
            continue
        yield from complaints_about_promises(package, allowed)
        yield from complaints_about_imports(package.name, allowed, source)


def may_import(package: Module) -> list[str] | None:
    """The names that a package says it may import, in its order; None when it does not say so in two sentences."""
    text = " ".join((ast.get_docstring(package.tree) or "").split())
    found = TWO_SENTENCES.fullmatch(text)
    if not found:
        return None
    return [] if found["names"] == NOTHING else [name.strip() for name in found["names"].split(",")]


def complaints_about_promises(package: Module, allowed: list[str]) -> Iterator[str]:
    """A package may promise itself what the import contract allows it, highest first."""
    for name in allowed:
        if name not in RANKS:
            yield f"{package.name} may import {name}, which has no rank"
        elif package.room in RANKS and RANKS[name] <= RANKS[package.room]:
            yield f"{package.name} may import {name}, which stands above or beside it"
    order = [RANKS.get(name, (0, 0)) for name in allowed]
    if order != sorted(order):
        yield f"{package.name} does not name what it may import from the highest to the lowest"


def complaints_about_imports(package: str, allowed: list[str], source: list[Module]) -> Iterator[str]:
    """Everything below a package imports its own room and what the front door names."""
    for module in source:
        if module.package != package:
            continue
        strangers = {room_of(name) for name in module.imports} - {*allowed, module.room, ""}
        for stranger in sorted(strangers & RANKS.keys()):
            yield f"{module.name} imports {stranger}, which {package} does not name"


def test_every_front_door_tells_the_truth() -> None:
    assert list(complaints(modules())) == []


def write(source: Path, files: dict[str, str]) -> list[Module]:
    for name, text in files.items():
        path = source / "bitpesa" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return modules(source)


def test_a_package_without_the_two_sentences_is_seen(tmp_path: Path) -> None:
    source = write(tmp_path, {"money/ledger/__init__.py": '"""The books. They balance.\n\nMay import: kernel.\n"""'})
    assert [complaint[:32] for complaint in complaints(source)] == ["bitpesa.money.ledger needs two s"]


def test_an_import_that_is_not_named_is_seen(tmp_path: Path) -> None:
    door = '"""The books, as in `ledger.sql`.\n\nMay import: kernel.\n"""'
    store = "from bitpesa import settings\nfrom bitpesa.kernel.money import Money\nfrom . import model\n"
    source = write(tmp_path, {"money/ledger/__init__.py": door, "money/ledger/store.py": store})
    assert list(complaints(source)) == [
        "bitpesa.money.ledger.store imports settings, which bitpesa.money.ledger does not name"
    ]


def test_a_promise_against_the_order_is_seen(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        {
            "payments/senders/__init__.py": (
                '"""People.\n\nMay import: kernel, money.ledger, payments.recipients, corn.\n"""'
            )
        },
    )
    assert list(complaints(source)) == [
        "bitpesa.payments.senders may import payments.recipients, which stands above or beside it",
        "bitpesa.payments.senders may import corn, which has no rank",
        "bitpesa.payments.senders does not name what it may import from the highest to the lowest",
    ]
