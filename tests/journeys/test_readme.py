"""What the README shows is run as it stands."""

import asyncio
import os
import re
import sys

from bitpesa.worker.loops import run_worker
from tests.house.code import ROOT
from tests.journeys.world import World
from tests.programs import program


def block(language: str) -> str:
    """The first block of code in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"the README has no {language}"
    return found.group(1)


async def run(world: World, *command: str, stdin: str) -> str:
    """Run a program as a reader would, with the address and the key in its environment."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "BASE_URL": world.base_url,
            "API_KEY": world.client.key,
            "API_SECRET": world.client._secret,
        },
    )
    output, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0
    return output.decode()


async def test_the_python_of_the_readme_pays(world: World) -> None:
    worker = asyncio.create_task(run_worker(world.platform, alone=True))
    try:
        output = await run(world, sys.executable, "-", stdin=block("python"))
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert output.splitlines() == ["received 100 GBP", "paid 50000 NGN"]


async def test_the_shell_of_the_readme_shows_a_balance(world: World) -> None:
    for name in ("curl", "openssl"):
        program(name)
    output = await run(world, "sh", "-s", stdin=block("sh"))
    assert output == '{"object":{"amount":100,"currency":"GBP"},"meta":{"negative_balance":false}}'
