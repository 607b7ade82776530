"""What happens in screening: lists are loaded, hits kept, and dismissed by staff."""

from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from uuid import UUID

from bitpesa.kernel.database import Work
from bitpesa.kernel.ids import new_id
from bitpesa.screening import list_formats, rules, store
from bitpesa.screening.model import Match, Outcome

SAMPLE = "sample"


async def load_list(
    work: Work, name: str, text: str, *, format_: str, aliases: str | None = None, sandbox_only: bool = False
) -> int:
    """Replace a list by what a file says; answers how many are on it. Raises UnknownFormat."""
    entries = list_formats.read_entries(text, format_, aliases)
    await store.replace_list(work.conn, name, format_, entries, sandbox_only=sandbox_only, version=new_id())
    return len(entries)


async def load_sample(work: Work) -> None:
    """Load the small list that the sandbox comes with: nobody on it exists. Once it is there it stays as it is."""
    if any(known.name == SAMPLE for known in await store.lists(work.conn)):
        return
    text = resources.files(__package__).joinpath("sample_list.csv").read_text(encoding="utf-8")
    await load_list(work, SAMPLE, text, format_="simple", sandbox_only=True)


async def record(work: Work, app_id: UUID, sender_id: UUID, matches: Sequence[Match], now: datetime) -> Outcome:
    """Keep what was found of a sender, and say what it comes to."""
    return rules.outcome_of(await store.record_hits(work.conn, app_id, sender_id, matches, now))


async def dismiss(work: Work, app_id: UUID, sender_id: UUID, now: datetime) -> int:
    """Let the hits of a sender count no more: staff have seen them. Answers how many there were."""
    return await store.dismiss(work.conn, app_id, sender_id, now)
