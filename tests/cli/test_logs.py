"""What a process logs, read as an operator reads it: a process of its own whose standard error is no terminal."""

import json
import subprocess
import sys

SECRET = "5ec2e7" * 11
SAYS = f"""
import asyncpg, logging, structlog
from bitpesa.server.logs import log_to_stderr
log_to_stderr()
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(request_id="r"):
    log.info("said", account="1234567890", inside=[{{"iban": "GB33BUKB20201555555555"}}], count=12345678)
def fail(secret):
    raise ValueError(f"cannot read {{secret}}")
try:
    fail("{SECRET}")
except ValueError:
    log.exception("failed")
    logging.getLogger("uvicorn.error").error("library said 1234567890", exc_info=True)
logging.getLogger("asyncio").warning("%s", "1234567890")
logging.getLogger("asyncio").info("not worth a line")
log.debug("nor is this")
"""


def said():
    finished = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert finished.stdout == ""
    return finished.stderr


def test_every_line_is_json_and_holds_no_secret_and_no_number_in_full():
    text = said()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["said", "failed", "library said *******890", "*******890"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "said",
        "level": "info",
        "timestamp": "",
        "request_id": "r",
        "account": "*******890",
        "inside": [{"iban": "******************5555"}],
        "count": 12345678,
    }
    assert "ValueError: cannot read [masked]" in lines[1]["exception"]
    assert "ValueError: cannot read [masked]" in lines[2]["exception"]
    assert lines[2]["logger"] == "uvicorn.error"
    assert SECRET not in text
    assert "1234567890" not in text
