"""Sanction lists as staff load and retire them; every sender is looked up again each time."""

from typing import Any

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import refused
from bitpesa.payments.recipients.operations import TOPIC_SCREENING
from bitpesa.payments.screening import operations as screening
from bitpesa.payments.screening.model import ListFile
from bitpesa.payments.senders.operations import screen_everybody
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason

LONGEST_NAME = 60
MOST_PROBLEMS_NOTED = 20


async def load_list(work: Work, name: str, file: ListFile, *, actor: Actor, sandbox_only: bool) -> str:
    """Load a list in place of its older edition; answers what it is called: without a name, by its format.

    Raises Invalid.
    """
    called = _read_name(name) or file.format
    await screening.load_list(work, called, file, loaded_by=actor.name, sandbox_only=sandbox_only)
    await screen_everybody(work)
    work.wake(TOPIC_SCREENING)
    said: dict[str, Any] = {
        "file": file.name,
        "sha256": file.sha256,
        "format": file.format,
        "entries": len(file.entries),
    }
    if file.problems:
        said["problems"] = list(file.problems[:MOST_PROBLEMS_NOTED])
    await record(
        work.conn,
        actor=actor,
        action="screening_list.loaded",
        object_type="ScreeningList",
        object_id=called,
        after={**said, "sandbox_only": sandbox_only},
    )
    return called


async def retire_list(work: Work, name: str, *, actor: Actor, reason: str | None) -> None:
    """Use a list no more. Whom it had turned away stays so, until staff reinstate it. Raises NotFound, Invalid."""
    why = read_reason(reason)
    retired = await screening.retire_list(work, name)
    await screen_everybody(work)
    work.wake(TOPIC_SCREENING)
    said = {"file": retired.file_name, "sha256": retired.sha256, "format": retired.format, "entries": retired.entries}
    await record(
        work.conn,
        actor=actor,
        action="screening_list.retired",
        object_type="ScreeningList",
        object_id=name,
        reason=why,
        before={**said, "sandbox_only": retired.sandbox_only},
    )


def _read_name(name: str) -> str:
    stripped = name.strip()
    if len(stripped) > LONGEST_NAME:
        raise refused("name", "too_long")
    if not stripped.isprintable():
        raise refused("name", "invalid")
    return stripped
