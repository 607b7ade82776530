"""What happens in screening: lists are loaded and retired, hits kept, and dismissed by staff."""

from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import new_id
from bitpesa.payments.screening import rules, store
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.model import ListFile, ListInfo, Match, Outcome

SAMPLE = "sample"
SAMPLE_FILE = "sample_list.csv"


async def load_list(work: Work, name: str, file: ListFile, *, loaded_by: str, sandbox_only: bool = False) -> None:
    """Replace a list by what a file says."""
    await store.replace_list(work.conn, name, file, loaded_by=loaded_by, sandbox_only=sandbox_only, version=new_id())


async def retire_list(work: Work, name: str) -> ListInfo:
    """Use a list no more: what was found by it counts no more, unless it is loaded again. Raises NotFound."""
    retired = await store.delete_list(work.conn, name)
    if retired is None:
        raise NotFound
    return retired


async def load_sample(work: Work) -> None:
    """Load the small list that the sandbox comes with: nobody on it exists. Once it is there it stays as it is."""
    if any(known.name == SAMPLE for known in await store.lists(work.conn)):
        return
    content = resources.files(__package__).joinpath(SAMPLE_FILE).read_bytes()
    await load_list(work, SAMPLE, read_file(content, SAMPLE_FILE), loaded_by="sandbox", sandbox_only=True)


async def record(work: Work, app_id: UUID, sender_id: UUID, matches: Sequence[Match], now: datetime) -> Outcome:
    """Keep what was found of a sender, and say what it comes to."""
    return rules.outcome_of(await store.record_hits(work.conn, app_id, sender_id, matches, now))


async def record_of_recipient(
    work: Work,
    app_id: UUID,
    sender_id: UUID,
    recipient_id: UUID,
    transaction_id: UUID,
    matches: Sequence[Match],
    now: datetime,
) -> Outcome:
    """Keep what was found of a recipient of a sender's, and say what it comes to."""
    hits = await store.record_hits(
        work.conn, app_id, sender_id, matches, now, recipient_id=recipient_id, transaction_id=transaction_id
    )
    return rules.outcome_of(hits)


async def dismiss_of_recipients(work: Work, app_id: UUID, recipient_ids: Sequence[UUID], now: datetime) -> int:
    """Let the hits of recipients count no more: staff have seen them. Answers how many there were."""
    return await store.dismiss_of_recipients(work.conn, app_id, recipient_ids, now)


async def dismiss(work: Work, app_id: UUID, sender_id: UUID, now: datetime) -> int:
    """Let the hits of a sender count no more: staff have seen them. Answers how many there were."""
    return await store.dismiss(work.conn, app_id, sender_id, now)
