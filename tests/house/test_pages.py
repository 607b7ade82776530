"""The pages of the reference say what the code says, and say it of everything."""

import ast
import re

import pytest

from bitpesa.cli import mandates, recipients, senders, transactions
from bitpesa.settings import Settings
from bitpesa.tenants.organisations.model import AppSettings
from tests.house.code import modules
from tests.house.declared import meanings
from tests.house.pages import DEPLOYMENT_SWITCHES, REFERENCE, TABLES, page, rewritten, rows

ALL = [(name, heading) for name, tables in TABLES.items() for heading in tables]

ORIGINAL_SWITCHES = {
    "public_hosts": "BITPESA_SANDBOX_ORIGINS",
    "unapproved_sender_policy": "unapproved_sender_policy",
    "kyc_mode": "kyc_mode",
    "waived_sender_state": "waived_sender_state",
    "wtr2": "wtr2",
    "sender_external_id_on_transaction": "sender_external_id_on_transaction",
    "auto_refund_default": "auto_refund_default",
    "account_validation_default": "account_validation_default",
    "rounding_policy": "BITPESA_ROUNDING_POLICY",
    "negative_balance": "negative_balance",
    "same_currency": "same_currency",
    "fee_rate": "fee_rate",
    "secret_header_auth": "BITPESA_SECRET_HEADER_AUTH",
    "collections": "collections",
    "category_spelling": "BITPESA_CATEGORY_SPELLING",
    "mandate_required": "mandate_required",
}
"""Where each switch of flows 0.1 is set. `sandbox_key_activation` comes with the portal's sign-up."""

CODE = re.compile(r"^[a-z][a-z_]+$")


@pytest.mark.parametrize(("name", "heading"), ALL)
def test_a_table_is_what_the_code_makes_of_it(name: str, heading: str) -> None:
    said = rows(page(name).read_text(encoding="utf-8"), heading)
    assert said == list(TABLES[name][heading]()), "write it again with `make pages`"


@pytest.mark.parametrize(("switch", "place"), ORIGINAL_SWITCHES.items())
def test_every_switch_of_compatibility_is_on_the_page(switch: str, place: str) -> None:
    text = page("switches.md").read_text(encoding="utf-8")
    assert f"| `{place}` |" in text, switch


def test_every_switch_has_a_meaning() -> None:
    assert set(meanings(AppSettings)) == set(AppSettings.__struct_fields__)
    assert set(DEPLOYMENT_SWITCHES) <= set(Settings.__struct_fields__)


def test_every_switch_is_read_somewhere() -> None:
    """A switch that nothing reads is a promise that nobody keeps."""
    read = {node.attr for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    unread = (set(AppSettings.__struct_fields__) | set(DEPLOYMENT_SWITCHES)) - read
    assert not unread


def test_every_code_of_a_field_error_is_on_the_page() -> None:
    said = set(re.findall(r"^\| `(\w+)` \|", page("errors.md").read_text(encoding="utf-8"), re.MULTILINE))
    given = {
        argument.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"add_error", "refused"}
        for argument in node.args[1:]
        for argument in ast.walk(argument)
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and CODE.match(argument.value)
    }
    fields = {
        node.args[1 if node.func.id == "add_error" else 0].value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"add_error", "refused"}
        and isinstance(node.args[1 if node.func.id == "add_error" else 0], ast.Constant)
    }
    assert given - fields - said == set()


def test_every_page_is_looked_after() -> None:
    known = {*TABLES, "settings.md", "errors.md", "calls.md", "webhooks.md", "sandbox.md", "staff.md"}
    assert {path.name for path in REFERENCE.glob("*.md")} == known


def test_the_page_for_staff_names_every_command_that_staff_decide_by() -> None:
    text = page("staff.md").read_text(encoding="utf-8")
    for group in (senders, transactions, recipients, mandates):
        for command in group.app.registered_commands:
            name = command.name or command.callback.__name__
            assert re.search(rf"`[^`|]*\b{name}\b[^`|]*`", text), f"{group.__name__} {name}"


def test_rows_are_put_below_their_heading() -> None:
    text = "before\n\n| a | b |\n|---|---|\n| old | row |\n\nafter\n"
    assert rewritten(text, "| a | b |", ["| 1 | 2 |"]) == "before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter\n"
