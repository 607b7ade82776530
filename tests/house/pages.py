"""The tables of `docs/reference`, made from the code. `python -m tests.house.pages` writes them into the pages again.

A page is written by hand around its tables; a table is found by its heading row.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import typer
from typer.core import TyperGroup

from bitpesa.cli.main import app
from bitpesa.rails.providers.codes import CODES
from bitpesa.settings import Settings, variable_of
from bitpesa.tenants.organisations.model import AppSettings
from bitpesa.webhooks.event_names import EVENT_NAMES
from tests.house.code import ROOT
from tests.house.declared import defaults, meanings, written

REFERENCE = ROOT / "docs" / "reference"

DEPLOYMENT_SWITCHES = (
    "sandbox_origins",
    "live_origins",
    "secret_header_auth",
    "rounding_policy",
    "category_spelling",
    "sandbox_key_activation",
)
"""The settings of a deployment that choose between two behaviours of the original API (flows 0.1, marked G)."""


def app_switches() -> Iterator[str]:
    """A row for each setting of an app."""
    hints = get_type_hints(AppSettings)
    given = defaults(AppSettings)
    for name, meaning in meanings(AppSettings).items():
        default = "none" if isinstance(given[name], msgspec._core.Factory) else written(given[name])
        yield f"| `{name}` | {_values(hints[name])} | {default} | {meaning} |"


def deployment_switches() -> Iterator[str]:
    """A row for each setting of a deployment that is a switch."""
    hints, given, said = get_type_hints(Settings), defaults(Settings), meanings(Settings)
    for name in DEPLOYMENT_SWITCHES:
        yield f"| `{variable_of(name)}` | {_values(hints[name])} | {written(given[name])} | {said[name]} |"


def events() -> Iterator[str]:
    """A row for each name of an event."""
    for entry in EVENT_NAMES:
        asked, sent = ("yes" if said else "no" for said in (entry.is_accepted, entry.is_emitted))
        yield f"| `{entry.name}` | {asked} | {sent} | {entry.when} |"


def results() -> Iterator[str]:
    """A row for each code a provider answers with."""
    for code in CODES.values():
        yield f"| `{code.code}` | `{code.category}` | {' / '.join(dict.fromkeys(code.messages))} |"


def commands() -> Iterator[str]:
    """A row for each command."""
    for name, command in _commands():
        taken = " ".join(each.name.upper() for each in command.params if each.param_type_name == "argument")
        yield f"| `{' '.join(filter(None, [name, taken]))}` | {_line(command.help)} |"


def options() -> Iterator[str]:
    """A row for each option, with the commands that take it."""
    takers: dict[str, list[str]] = {}
    for name, command in _commands():
        for each in command.params:
            if each.param_type_name == "option":
                default = "none" if each.default in (None, "") else written(each.default)
                takers.setdefault(f"| `{each.opts[0]}` | {_line(each.help)} | {default} |", []).append(name)
    for row, names in takers.items():
        yield f"{row} {', '.join(f'`{name}`' for name in names)} |"


def _commands() -> Iterator[tuple[str, Any]]:
    def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        if not isinstance(command, TyperGroup):
            yield name, command
            return
        context = typer.Context(command)
        for word in command.list_commands(context):
            yield from walk(command.get_command(context, word), f"{name} {word}")

    return walk(typer.main.get_command(app), "bitpesa")


def _line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split()).replace("|", r"\|")


def _values(hint: Any) -> str:
    """What a setting may be."""
    if get_origin(hint) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(hint))
    words = {bool: "`false`, `true`", bool | None: "`false`, `true`, null", Decimal | None: "an amount, null"}
    plain = {"Decimal": "a fraction", "tuple": "a list", "dict": "a fraction for each corridor"}
    if hint in words:
        return words[hint]
    return plain[getattr(get_origin(hint) or hint, "__name__", "")]


TABLES: dict[str, dict[str, Callable[[], Iterator[str]]]] = {
    "switches.md": {
        "| switch of an app | values | default | what it means |": app_switches,
        "| switch of a deployment | values | default | what it means |": deployment_switches,
    },
    "events.md": {"| event | may be asked for | is sent | when |": events},
    "results.md": {"| code | category | messages |": results},
    "commands.md": {
        "| command | what it does |": commands,
        "| option | what it means | default | taken by |": options,
    },
}
"""The pages, their tables by heading row, and what makes the rows."""


def rows(text: str, heading: str) -> list[str]:
    """The rows below a heading row."""
    found = re.search(rf"^{re.escape(heading)}\n\|[-|]+\|\n((?:\|.*\n)*)", text, re.MULTILINE)
    assert found, f"there is no table with the heading {heading}"
    return found[1].splitlines()


def rewritten(text: str, heading: str, wanted: list[str]) -> str:
    """The text with these rows below a heading row."""
    line = "|" + "|".join("---" for _ in heading.strip("|").split("|")) + "|"
    block = "\n".join([heading, line, *wanted]) + "\n"
    pattern = re.compile(rf"^{re.escape(heading)}\n(?:\|.*\n)*", re.MULTILINE)
    assert pattern.search(text), heading
    return pattern.sub(lambda _: block, text)


def page(name: str) -> Path:
    """Where a page is."""
    return REFERENCE / name


if __name__ == "__main__":
    for name, tables in TABLES.items():
        text = page(name).read_text(encoding="utf-8")
        for heading, make in tables.items():
            text = rewritten(text, heading, list(make()))
        page(name).write_text(text, encoding="utf-8")
