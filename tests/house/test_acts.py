"""Every act that the code writes into the audit trail has its line in `acts.csv`, with what clients are told of it."""

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import product

from bitpesa.money.accounts.model import Direction
from bitpesa.onboarding.model import RequestState
from bitpesa.payments.mandates.model import MandateStatus
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.senders.model import Decision
from bitpesa.payments.transactions.operations.staff_exceptions import WayOut
from bitpesa.tenants.audit_log.acts import acts
from tests.house.code import Module, modules

WRITERS = {"record", "_record", "record_about", "note", "_note", "_write_down", "_refused"}
"""The functions that hand an act on to the trail, and take its name."""

ACT = re.compile(r"[a-z_{}.]+\.[a-z_{}.]+")

MADE_OF: dict[str, Iterable[str]] = {
    "sender.{decision.done}": [f"sender.{each.done}" for each in Decision],
    "recipient.{ending}": [f"recipient.{each}" for each in Ending],
    "transaction.exception_{way_out}": [f"transaction.exception_{each}" for each in WayOut],
    "mandate.{status}": [f"mandate.{each}" for each in ("signed", "failed", "bypassed") if each in list(MandateStatus)],
    "live_request.{what}": [f"live_request.{each}" for each in ("asked", RequestState.APPROVED, RequestState.RETURNED)],
    "app.{become}": ["app.disabled", "app.enabled"],
    "{movement.direction}.{what}": [
        f"{one}.{what}" for one, what in product(Direction, ("proposed", "made", "refused"))
    ],
}
"""Acts whose names are put together, and all that they can be."""


def written() -> Iterator[tuple[str, str]]:
    """The acts that calls of writers name, each with where; names that are put together with braces in them."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and (
                _called(node) in WRITERS or any(keyword.arg == "action" for keyword in node.keywords)
            ):
                for given in _actions(node, module):
                    yield given, f"{module.name}:{node.lineno}"


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _actions(node: ast.Call, module: Module) -> Iterator[str]:
    named = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
    for given in named or node.args:
        for text in _texts(given, module):
            if ACT.fullmatch(text):
                yield text


def _texts(node: ast.expr, module: Module) -> Iterator[str]:
    """What an argument may be: a text, one of two, or a name that the module gives a text."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield ast.unparse(node)[2:-1]
        case ast.IfExp():
            yield from _texts(node.body, module)
            yield from _texts(node.orelse, module)
        case ast.Name(id=name):
            for each in ast.walk(module.tree):
                if isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in each.targets):
                    yield from _texts(each.value, module)


def test_every_act_that_is_written_has_its_line() -> None:
    lacking = [
        f"{where}: {action}"
        for given, where in written()
        for action in (MADE_OF.get(given, [given]))
        if action not in acts()
    ]
    assert lacking == [], "add it to audit_trail/acts.csv, with what clients may know of it: perhaps nothing"


def test_no_other_function_hands_acts_on() -> None:
    found = {
        node.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and any(each.arg in ("action", "what") for each in [*node.args.args, *node.args.kwonlyargs])
        and any(isinstance(each, ast.Call) and _called(each) in WRITERS for each in ast.walk(node))
    }
    assert found - WRITERS == set()


def test_every_line_is_of_an_act_that_is_written() -> None:
    known = {action for given, _ in written() for action in MADE_OF.get(given, [given])}
    assert set(acts()) - known == set()


def test_names_that_are_put_together_are_all_used() -> None:
    assert set(MADE_OF) - {given for given, _ in written()} == set()


def test_what_clients_are_told_names_neither_staff_nor_why() -> None:
    told = [act.client_wording for act in acts().values() if act.client_wording]
    words = re.compile(
        r"sanction|screen|match|hit|list|review|held|hold|reject|ban|propos|margin|rate|confirm", re.IGNORECASE
    )
    assert [each for each in told if words.search(each)] == []
    assert all("support" in each.casefold() for each in told)
