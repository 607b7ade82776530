"""Links to documents, signed as an answer leaves: each read has fresh ones (flows 3.8)."""

from typing import Any

import msgspec

from bitpesa.api.call import Answer, Call
from bitpesa.kernel import clock
from bitpesa.kernel.values import json
from bitpesa.payments.documents.wire import sign_links, unsigned


async def with_links(call: Call, answer: Answer) -> Answer:
    """The answer, with a link in every document that it shows."""
    body = _open(answer)
    shown = [body.get("object"), *_existing(body)]
    if next(unsigned(shown), None) is None:
        return answer
    app = call.app
    async with call.database.reading() as conn:
        now = await clock.now(conn, app.id)
    sign_links(shown, lambda document_id: call.files.links.link(app.environment, app.id, document_id, now))
    return msgspec.structs.replace(answer, body=body)


def _open(answer: Answer) -> dict[str, Any]:
    """The body as data; one that was written already is read again only where it may show documents."""
    if isinstance(answer.body, dict):
        return answer.body
    read = json.decode(answer.body) if b'"upload_file_name":' in answer.body else None
    return read if isinstance(read, dict) else {}


def _existing(body: dict[str, Any]) -> list[Any]:
    """What a duplicate shows of the stored one (flows 3.7)."""
    meta = body.get("meta")
    existing = meta.get("existing") if isinstance(meta, dict) else None
    return list(existing.values()) if isinstance(existing, dict) else []
