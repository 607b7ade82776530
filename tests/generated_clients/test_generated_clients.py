"""Clients that others generate from our OpenAPI document sign, pay and read what is answered, in three toolchains.

`make generated-clients` runs them: it installs the generators, pinned, into `.venv`. Where Node.js or a registry of
packages is missing they are skipped and say so; CI needs both.
"""

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from bitpesa.kernel.values import json
from experiments.harness.person import JANE
from tests.cli.processes import Sandbox, running
from tests.programs import program

HERE = Path(__file__).parent
INSTALLED = Path(sys.prefix) / "generated-clients"

pytestmark = pytest.mark.skipif(
    not os.environ.get("BITPESA_GENERATED_CLIENTS"),
    reason="`make generated-clients` runs these: they install generators",
)


class ProgramFailed(AssertionError):
    """A program failed, in its own words."""


async def run(*command: str | Path, cwd: Path, **changes: str) -> str:
    """Run a program to its end; answers what it said."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env={**os.environ, **changes},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise ProgramFailed(said.decode(errors="replace")[-4_000:])
    return said.decode()


async def installed(name: str, lock: Path, *commands: tuple[str | Path, ...]) -> Path:
    """Make a directory with what a lock file names, once for each content of that; without it the test is skipped."""
    place = INSTALLED / f"{name}-{_digest(lock)}"
    if (place / "whole").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in lock.parent.iterdir():
        shutil.copy(file, place)
    try:
        for command in commands:
            await run(*command, cwd=place)
    except ProgramFailed as problem:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"nobody has the packages of {name}: {problem}")
    (place / "whole").touch()
    return place


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all tests here, so that a database is made once."""
    return tmp_path_factory.mktemp("generated-clients") / "data"


@pytest.fixture
async def sandbox(data: Path) -> AsyncIterator[Sandbox]:
    async with running(data) as sandbox:
        yield sandbox


@pytest.fixture
def document() -> bytes:
    from bitpesa.api.reference.document import published

    return json.encode(published())


async def pays(sandbox: Sandbox, *command: str | Path, cwd: Path) -> None:
    """Run a client against the sandbox; what it says it paid is paid."""
    external_id = str(uuid4())
    said = await run(
        *command,
        cwd=cwd,
        BASE_URL=sandbox.told["base_url"],
        API_KEY=sandbox.told["api_key"],
        API_SECRET=sandbox.told["api_secret"],
        EXTERNAL_ID=external_id,
        SENDER=json.encode_text({name: value for name, value in JANE.items() if name != "external_id"}),
    )
    word, _, transaction_id = said.strip().rpartition("\n")[2].partition(" ")
    assert word == "paid", said
    async with sandbox.client() as client:
        shown = (await client.get(f"/transactions/{transaction_id}")).object
    assert (shown["state"], shown["external_id"]) == ("paid", external_id)


async def test_a_client_of_openapi_python_client_pays(sandbox: Sandbox, document: bytes, tmp_path: Path) -> None:
    uv = Path(sys.prefix) / "bin" / "uv"
    lock = HERE / "python" / "requirements.txt"
    install = (uv, "pip", "sync", "--quiet", "--python", "venv/bin/python", "--require-hashes", lock.name)
    place = await installed("python", lock, (sys.executable, "-m", "venv", "--without-pip", "venv"), install)
    tools = place / "venv" / "bin"
    (tmp_path / "openapi.json").write_bytes(document)
    await run(
        *(tools / "openapi-python-client", "generate", "--path", "openapi.json", "--output-path", "client"),
        *("--meta", "none", "--config", HERE / "python" / "config.yml", "--fail-on-warning"),
        cwd=tmp_path,
    )
    shutil.copy(HERE / "python" / "pay.py", tmp_path)
    await pays(sandbox, tools / "python", "pay.py", cwd=tmp_path)


async def test_clients_of_openapi_typescript_and_hey_api_pay(sandbox: Sandbox, document: bytes) -> None:
    node, npm = program("node"), program("npm")
    lock = HERE / "typescript" / "package-lock.json"
    place = await installed("typescript", lock, (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"))
    for file in lock.parent.glob("*.ts"):
        shutil.copy(file, place)
    for made in ("hey_api", "built"):
        shutil.rmtree(place / made, ignore_errors=True)
    (place / "openapi.json").write_bytes(document)
    tools = place / "node_modules" / ".bin"
    await asyncio.gather(
        run(tools / "openapi-typescript", "openapi.json", "-o", "openapi_typescript.ts", cwd=place),
        run(tools / "openapi-ts", "-i", "openapi.json", "-o", "hey_api", cwd=place),
    )
    await run(tools / "tsc", "--project", ".", cwd=place)
    for client in ("pay_with_openapi_fetch", "pay_with_hey_api"):
        await pays(sandbox, node, f"built/{client}.js", cwd=place)
