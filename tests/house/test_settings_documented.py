"""The reference lists every setting with its meaning and its default, and none that does not exist."""

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path

from bitpesa import settings
from bitpesa.settings import Settings, variable_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
_ROW = re.compile(r"^\| `(BITPESA_\w+)` \|.*$", re.MULTILINE)


def meanings() -> dict[str, str]:
    """The one-line docstring under each setting, which the running class does not keep."""
    tree = ast.parse(inspect.getsource(settings))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    found = {}
    for node, following in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            assert isinstance(node.target, ast.Name)
            found[node.target.id] = ast.literal_eval(following.value)
    return found


def written(value: object) -> str:
    """A default as one would write it in the environment."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`" if value else "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def rows() -> dict[str, str]:
    """The row that each setting ought to have."""
    defaults = dict(zip(reversed(Settings.__struct_fields__), reversed(Settings.__struct_defaults__), strict=False))
    shown = {name: written(defaults[name]) if name in defaults else "must be given" for name in meanings()}
    return {
        variable_of(name): f"| `{variable_of(name)}` | {meaning} | {shown[name]} |"
        for name, meaning in meanings().items()
    }


def test_every_setting_has_a_one_line_meaning():
    assert set(meanings()) == set(Settings.__struct_fields__)
    assert all(meaning.strip() and "\n" not in meaning for meaning in meanings().values())


def test_the_reference_lists_exactly_the_settings_there_are():
    page = PAGE.read_text(encoding="utf-8")
    assert {found.group(1): found.group(0) for found in _ROW.finditer(page)} == rows()
