"""What the source says and the running program does not keep: the docstrings under the fields of a struct."""

import ast
import inspect
from itertools import pairwise

import msgspec


def meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The docstring under each field, as one line."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(struct)))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == struct.__name__).body
    found = {}
    for node, following in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            assert isinstance(node.target, ast.Name)
            found[node.target.id] = " ".join(ast.literal_eval(following.value).split())
    return found


def defaults(struct: type[msgspec.Struct]) -> dict[str, object]:
    """The defaults of the fields that have one."""
    return dict(zip(reversed(struct.__struct_fields__), reversed(struct.__struct_defaults__), strict=False))


def written(value: object) -> str:
    """A default as one would write it."""
    if isinstance(value, tuple | dict):
        return f"`{','.join(map(str, value))}`" if value else "none"
    if value is None:
        return "null"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
