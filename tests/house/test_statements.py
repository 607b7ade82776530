"""SQL is source code: every statement is named, used, given what it asks for, and stays inside its own noun."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bitpesa.kernel.database.statements import Statement, Statements
from tests.house import sql
from tests.house.code import SOURCE, Module, modules, room_of

READS_EVERYTHING = {"reports", "bookkeeping", "insights", "health"}
"""Reports and health may read every table and write none but their own."""

ABOVE_APPS = {"users", "mail", "onboarding"}
"""Whose rows belong to users and organisations, not to apps."""

FOR_EVERY_APP = {
    "sealed_secrets": "as lock_sealed_secrets",
    "lock_sealed_secrets": "secrets are sealed anew for all apps when the master key changes",
    "set_sealed_secrets": "as lock_sealed_secrets",
    "screening_standing": "the operator looks at all apps",
    "open_hits": "as screening_standing",
    "count_open_hits": "as screening_standing",
    "to_return_everywhere": "as screening_standing",
    "count_to_return_everywhere": "as screening_standing",
    "bank_entry": "a bank account receives for all apps of an environment",
    "list_told": "an organisation's administrators see what was done to both its apps",
    "count_told": "as list_told",
    "quarantine": "as screening_standing",
    "release_quarantined": "staff name a row of due work by its kind and key, whosever it is",
    "forget_quarantined": "what succeeded since is forgotten for all apps",
    "moved_alone": "what one of staff may move alone is counted over all apps",
}
"""Statements that name no app, and why they may."""

FILES = sql.statement_files()
TABLES = sql.tables_of_schema()
RUNS_A_STATEMENT = {"rows", "row", "one", "value", "run"}


def every_statement() -> Iterator[tuple[Path, Statement]]:
    for path in FILES:
        for statement in sql.read(path).values():
            yield path, statement


def where(path: Path, statement: Statement) -> str:
    return f"{path.relative_to(SOURCE)}: {statement.name}"


def owner_of(path: Path) -> str:
    return room_of(".".join(path.relative_to(SOURCE).parts)).rpartition(".")[2]


def test_nothing_stands_outside_a_named_statement() -> None:
    assert [str(path) for path in FILES if has_stray_text(path.read_text(encoding="utf-8"))] == []


def has_stray_text(text: str) -> bool:
    """Whether a header is misspelt (its statement would join the one above) or SQL stands above the first."""
    headers = len(re.findall(r"^\s*--\s*name\b", text, re.MULTILINE))
    above = text.partition("-- name: ")[0]
    return headers != len(sql.parse(text)) or bool(sql.tokens(above))


def test_a_misspelt_header_is_seen() -> None:
    assert has_stray_text("-- name: a()\nselect 1\n--name: b()\nselect 2")
    assert has_stray_text("select 0\n-- name: a()\nselect 1")
    assert not has_stray_text("-- The noun's statements.\n\n-- name: a()\nselect 1")


def test_declared_parameters_are_those_in_the_text() -> None:
    wrong = [
        f"{where(path, statement)} declares {len(statement.parameters)}, uses {sorted(sql.parameters(statement.text))}"
        for path, statement in every_statement()
        if sql.parameters(statement.text) != set(range(1, len(statement.parameters) + 1))
    ]
    assert wrong == []


def test_a_noun_touches_its_own_tables_only() -> None:
    strays = [
        f"{where(path, statement)} touches {table} of {TABLES[table]}"
        for path, statement in every_statement()
        for table in sorted(foreign_tables(statement.text, owner_of(path)))
    ]
    assert strays == []


def foreign_tables(text: str, noun: str) -> set[str]:
    """The tables of others that a statement of this noun has no business with."""
    written = sql.tables_written(text) & TABLES.keys()
    read = set() if noun in READS_EVERYTHING else sql.tables_read(text, TABLES)
    return {table for table in written | read if TABLES[table] != noun}


def test_a_statement_that_strays_is_seen() -> None:
    assert foreign_tables("select * from senders join transactions using (app_id)", "senders") == {"transactions"}
    assert foreign_tables("select * from senders", "reports") == set()
    assert foreign_tables("update senders set state = $1", "reports") == {"senders"}


def test_every_statement_names_its_app() -> None:
    nameless = [
        where(path, statement)
        for path, statement in every_statement()
        if touches_app_rows(statement.text) and "app_id" not in sql.tokens(statement.text)
        if statement.name not in FOR_EVERY_APP
    ]
    assert nameless == []


def touches_app_rows(text: str) -> bool:
    """Whether a statement is about rows that belong to one app: apps and organisations themselves do not."""
    touched = sql.tables_read(text, TABLES) | (sql.tables_written(text) & TABLES.keys())
    of_nobody = {
        "apps",
        "organisations",
        "exchange_rates",
        "rate_changes",
        "rate_proposals",
        "access_changes",
        "screening_lists",
        "screening_entries",
        "screening_editions",
        "screening_rounds",
        "audits",
        "sandbox_mails",
    }
    return bool({table for table in touched - of_nobody if TABLES[table] not in ABOVE_APPS})


class Uses:
    """What one module does with the files of statements it loads."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.files: dict[str, str] = {}  # variable -> file
        self.loads_from_elsewhere: list[str] = []
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                self._note_load(node.targets[0], node.value)

    def _note_load(self, target: ast.expr, call: ast.Call) -> None:
        if not (isinstance(call.func, ast.Name) and call.func.id == "load" and isinstance(target, ast.Name)):
            return
        if len(call.args) != 2:  # something else of that name
            return
        package, file = call.args
        if not (isinstance(package, ast.Name) and package.id == "__package__" and isinstance(file, ast.Constant)):
            self.loads_from_elsewhere.append(ast.unparse(call))
            return
        self.files[target.id] = str(self.module.path.parent / str(file.value))

    def names(self, file: Path) -> set[str]:
        """The statements of a file that this module speaks of."""
        if str(file) not in self.files.values():
            return set()
        return {node.attr for node in ast.walk(self.module.tree) if self._file_of(node) == str(file)}

    def wrong_calls(self, statements: dict[str, Statements]) -> Iterator[str]:
        """Calls that hand over more or fewer arguments than the statement declares."""
        for node in ast.walk(self.module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            file = self._file_of(node.func.value)
            if file is None or node.func.attr not in RUNS_A_STATEMENT:
                continue
            name = node.func.value.attr
            declared = statements[file][name].parameters if name in statements[file] else ()
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            if not starred and len(node.args) - 1 != len(declared):
                yield f"{self.module.name}:{node.lineno} gives {name} {len(node.args) - 1} of {len(declared)}"

    def _file_of(self, node: ast.AST) -> str | None:
        """The file meant by `_sql.name`."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self.files.get(node.value.id)
        return None


@pytest.fixture(scope="module")
def uses() -> list[Uses]:
    return [Uses(module) for module in modules()]


def test_statements_are_loaded_from_ones_own_package(uses: list[Uses]) -> None:
    assert [f"{use.module.name}: {call}" for use in uses for call in use.loads_from_elsewhere] == []


def test_every_statement_is_used_and_every_used_one_exists(uses: list[Uses]) -> None:
    wrong = []
    for path in FILES:
        known, used = set(sql.read(path)), set().union(*(use.names(path) for use in uses))
        wrong += [f"{path.relative_to(SOURCE)}: {name} is used by nobody" for name in sorted(known - used)]
        wrong += [f"{path.relative_to(SOURCE)}: {name} does not exist" for name in sorted(used - known)]
    assert wrong == []


def test_statements_are_given_as_many_arguments_as_they_declare(uses: list[Uses]) -> None:
    statements = {str(path): sql.read(path) for path in FILES}
    assert [complaint for use in uses for complaint in use.wrong_calls(statements)] == []


def test_a_wrong_call_is_seen(tmp_path: Path) -> None:
    source = tmp_path / "store.py"
    source.write_text(
        '_sql = load(__package__, "x.sql")\n_sql.a.rows(conn, 1)\n_sql.b.rows(conn)\nload("y", "x.sql")\n'
    )
    use = Uses(Module("bitpesa.x.store", source))
    statements = {str(tmp_path / "x.sql"): sql.parse("-- name: a(p)\nselect $1\n-- name: b(p)\nselect $1")}
    assert list(use.wrong_calls(statements)) == ["bitpesa.x.store:3 gives b 0 of 1"]
    assert use.names(tmp_path / "x.sql") == {"a", "b"}


def with_the_one_before(statement: Statement) -> str:
    """A statement as it is carried out: behind the one whose rows it names."""
    if statement.after is None:
        return statement.text
    (before,) = (each for _, each in every_statement() if each.name == statement.after)
    return f"with {before.name} as ({before.text}), {statement.name} as ({statement.text}) select"


async def test_every_statement_prepares(database_url: str) -> None:
    """PostgreSQL itself reads every statement: names, types and the number of parameters."""
    refused = []
    conn = await asyncpg.connect(database_url)
    try:
        for path, statement in every_statement():
            try:
                prepared = await conn.prepare(with_the_one_before(statement))
            except asyncpg.PostgresError as problem:
                refused.append(f"{where(path, statement)}: {problem}")
                continue
            if len(prepared.get_parameters()) != len(statement.parameters):
                refused.append(f"{where(path, statement)}: takes {len(prepared.get_parameters())} parameters")
    finally:
        await conn.close()
    assert refused == []
