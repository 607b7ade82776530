"""SQL as the house tests see it: who owns a table, and which tables and parameters a statement touches."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bitpesa.kernel.database.statements import Statements, parse
from tests.house.code import SOURCE

SCHEMA = SOURCE / "bitpesa" / "schema"

_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_TOKEN = re.compile(r'\$\d+|::|"[^"]+"|\w+|[(),.;]')
_CREATE_TABLE = re.compile(r"^create (?:unlogged )?table (?:if not exists )?(\w+)", re.IGNORECASE)
_OWNER = re.compile(r"^-- owner: (\w+)$")

_ENDS_A_LIST_OF_TABLES = frozenset(
    "where group order having limit offset fetch for returning set select union intersect except values window".split()
)
_BEFORE_A_TABLE = frozenset("only lateral".split())


def statement_files(source: Path = SOURCE) -> list[Path]:
    """Every file of named statements; the schema's steps are not among them."""
    return sorted(path for path in source.rglob("*.sql") if path.parent.name != "schema")


def read(path: Path) -> Statements:
    """The named statements of a file."""
    return parse(path.read_text(encoding="utf-8"))


RENAMED = {"people": "users", "audit_trail": "audit_log"}
"""What nouns are called now that steps of the schema, which are never edited, know by another name."""

MOVED = {"audits": "bookkeeping", "sandbox_mails": "mail"}
"""Tables that belong to another noun now than their step says."""


def tables_of_schema(schema: Path = SCHEMA) -> dict[str, str | None]:
    """Every table with its owner; None when the line `-- owner: <noun>` above it is missing."""
    owners: dict[str, str | None] = {}
    for path in sorted(schema.glob("*.sql")):
        owners.update(_owners(path.read_text(encoding="utf-8").splitlines()))
    return {table: MOVED.get(table, RENAMED.get(owner or "", owner)) for table, owner in owners.items()}


def _owners(lines: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    owner = None
    for line in lines:
        if found := _OWNER.match(line):
            owner = found.group(1)
        elif found := _CREATE_TABLE.match(line):
            yield found.group(1), owner
            owner = None
        elif not line.startswith("--"):
            owner = None


def parameters(text: str) -> set[int]:
    """The numbers n of every `$n` of a statement."""
    return {int(token[1:]) for token in tokens(text) if token.startswith("$")}


def tokens(text: str) -> list[str]:
    """The words and signs of a statement in lower case, without comments, strings and operators."""
    return [token.lower().strip('"') for token in _TOKEN.findall(_NOISE.sub(" ", text))]


def tables_written(text: str) -> set[str]:
    """The tables a statement inserts into, updates, deletes from or merges into."""
    words = tokens(text)
    return {words[i + 1] for i in range(len(words) - 1) if _writes(words, i)}


def _writes(words: list[str], i: int) -> bool:
    before = words[i - 1] if i else ""
    if words[i] == "update":
        return before not in {"for", "do", "key"}  # locks and `on conflict do update` name no table
    return words[i] == "into" or (words[i] == "from" and before == "delete")


def tables_read(text: str, tables: Iterable[str]) -> set[str]:
    """The tables of the schema that a statement names where a list of tables may stand."""
    names, found = set(tables), set()
    lists, expecting = [False], False  # for each open bracket: does a list of tables stand in it?
    for before, word, after in _with_neighbours(tokens(text)):
        if word == "(":
            lists.append(expecting)
        elif word == ")":
            lists.pop()
            expecting = False
        elif word in {"join", "using"} or (word == "from" and before != "distinct"):
            lists[-1] = expecting = True
        elif word == "," and lists[-1]:
            expecting = True
        elif word in _ENDS_A_LIST_OF_TABLES:
            lists[-1] = expecting = False
        elif expecting and word not in _BEFORE_A_TABLE:
            expecting = False
            found |= {word} & names if after != "(" else set()
    return found


def _with_neighbours(words: list[str]) -> Iterator[tuple[str, str, str]]:
    yield from zip(["", *words[:-1]], words, [*words[1:], ""], strict=True)
