"""The locks are in step with pyproject.toml and with each other; `make lock` makes them so."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.code import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["sandbox"],
    *PROJECT["dependency-groups"]["build"],
]
DEV = PROJECT["dependency-groups"]["dev"]


def pins(lock: str) -> dict[str, str]:
    """Name and version of everything a lock holds."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def unmet(requirements: list[str], lock: str) -> list[str]:
    """The requirements that a lock leaves out or pins to a version they do not allow."""
    pinned = pins(lock)
    wanted = [Requirement(line) for line in requirements]
    return [str(want) for want in wanted if not want.specifier.contains(pinned.get(canonicalize_name(want.name), "0"))]


def test_the_locks_meet_every_requirement() -> None:
    assert unmet(RUNTIME, "runtime.lock") == []
    assert unmet([*RUNTIME, *DEV], "dev.lock") == []


def test_a_requirement_without_a_pin_is_seen() -> None:
    assert unmet(["no-such-thing>=1", "pytest>=1000"], "dev.lock") == ["no-such-thing>=1", "pytest>=1000"]


def test_development_runs_on_the_versions_that_ship() -> None:
    dev = pins("dev.lock")
    assert {name: dev.get(name) for name in pins("runtime.lock")} == pins("runtime.lock")


def test_the_installer_is_pinned_once() -> None:
    assert pins("uv.lock") == {"uv": pins("dev.lock")["uv"]}


def test_every_pin_has_a_hash() -> None:
    for lock in ("runtime.lock", "dev.lock", "uv.lock"):
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        assert [entry for entry in re.split(r"\n(?=\w)", text) if "--hash=sha256:" not in entry] == []


def test_dependencies_are_explained() -> None:
    """Every direct dependency has its row in docs/dependencies.md, and nothing else has one."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE))
    assert explained == {Requirement(line).name for line in [*RUNTIME, *DEV]}
