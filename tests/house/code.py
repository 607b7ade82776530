"""The source as the house tests see it: its modules, what they import, and the order of the packages."""

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Module:
    """One Python file. `name` is dotted: `bitpesa.money.ledger.store`; a package has the name of its folder."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @property
    def is_package(self) -> bool:
        """Whether this is the front door of a folder."""
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        """The package this module stands in; a package stands in itself."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def room(self) -> str:
        """The ranked place it belongs to: `money.ledger` for `bitpesa.money.ledger.store`, nothing for `bitpesa`."""
        return room_of(self.name)

    @cached_property
    def imports(self) -> set[str]:
        """The dotted names of ours that it imports: `from bitpesa.money.ledger import store` names both ends."""
        return {name for name in self._all_imports if is_inside(name, "bitpesa")}

    @cached_property
    def libraries(self) -> set[str]:
        """The top-level names of everything else that it imports."""
        return {name.partition(".")[0] for name in self._all_imports if not is_inside(name, "bitpesa")}

    @cached_property
    def _all_imports(self) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found.update({base}, {f"{base}.{alias.name}" for alias in node.names})
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])


def modules(source: Path = SOURCE) -> list[Module]:
    """Every Python file below `source`, by name."""
    return sorted((Module(_dotted(path, source), path) for path in source.rglob("*.py")), key=lambda m: m.name)


def _dotted(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_inside(name: str, package: str) -> bool:
    """Whether a dotted name is the package or something below it."""
    return name == package or name.startswith(f"{package}.")


def room_of(name: str) -> str:
    """The ranked place of a dotted name: a room of a wing (`money.ledger`), or what has no rooms (`cli`, `kernel`)."""
    parts = name.split(".")[1:3]
    return ".".join(parts if parts and parts[0] in WINGS else parts[:1])


def layers(project: Path = ROOT / "pyproject.toml") -> dict[str, list[list[str]]]:
    """The layers of each import contract, highest first, by the package they are in."""
    contracts = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    return {
        contract["containers"][0]: [re.findall(r"\w+", layer) for layer in contract["layers"]]
        for contract in contracts
        if contract["type"] == "layers"
    }


def ranks(project: Path = ROOT / "pyproject.toml") -> dict[str, tuple[int, int]]:
    """The rank of each room, (0, -1) for the highest: first that of its wing, then its own in the wing."""
    found: dict[str, tuple[int, int]] = {}
    in_order = layers(project)
    for rank, wings in enumerate(in_order["bitpesa"]):
        for wing in wings:
            rooms = in_order[f"bitpesa.{wing}"] if wing in WINGS else []
            found[wing] = (rank, -1)
            found.update({f"{wing}.{name}": (rank, own) for own, names in enumerate(rooms) for name in names})
    return found


WINGS = frozenset(name.partition(".")[2] for name in layers()) - {"", "kernel"}
"""The packages whose rooms are ranked; what is in the kernel counts as one, since everybody may use it."""
