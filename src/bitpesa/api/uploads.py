"""Files inside requests: their bytes are kept before the request is done, and given back when it is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bitpesa.api.call import Call
from bitpesa.kernel.problems import Problem
from bitpesa.payments.documents.upload_intake import give_back, judge, take_in


@asynccontextmanager
async def with_file(call: Call, document: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """A document whose file is kept, if the block does not refuse it."""
    async with _kept(call, [{**document, "id": None}]) as (kept,):
        yield {**kept, "id": document.get("id")}


@asynccontextmanager
async def with_files(call: Call, sender: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """A sender whose files are kept, if the block does not refuse it."""
    documents = sender.get("documents")
    if not isinstance(documents, list) or not documents:
        yield sender
        return
    async with _kept(call, documents) as kept:
        yield {**sender, "documents": kept}


@asynccontextmanager
async def with_files_of_sender(call: Call, transaction: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """A transaction the files of whose sender are kept, if the block does not refuse it."""
    sender = transaction.get("sender")
    if not isinstance(sender, dict):
        yield transaction
        return
    async with with_files(call, sender) as with_kept:
        yield {**transaction, "sender": with_kept}


async def with_judged_files(call: Call, transaction: dict[str, Any]) -> dict[str, Any]:
    """A transaction the files of whose sender are looked at and not kept."""
    sender = transaction.get("sender")
    documents = sender.get("documents") if isinstance(sender, dict) else None
    if not isinstance(sender, dict) or not isinstance(documents, list) or not documents:
        return transaction
    judged = await judge(call.files, call.app, documents)
    return {**transaction, "sender": {**sender, "documents": judged}}


@asynccontextmanager
async def _kept(call: Call, documents: list[Any]) -> AsyncIterator[list[Any]]:
    """Keep files while the block runs. A refusal is sure; after any other failure nobody knows, so they stay."""
    call.require_let_in()
    kept, file_ids = await take_in(call.database, call.files, call.app, documents)
    try:
        yield kept
    except Problem:
        await give_back(call.database, call.files, call.app, file_ids)
        raise
