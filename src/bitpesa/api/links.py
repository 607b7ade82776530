"""Links to documents, signed as an answer leaves: each read has fresh ones (flows 3.8)."""

from bitpesa.api.call import Answer, Call
from bitpesa.documents.wire import sign_links, unsigned
from bitpesa.kernel import clock, json

UNSIGNED = b'"upload":null'
"""What a document without a link looks like in an answer that is written already."""


async def with_links(call: Call, answer: Answer) -> Answer:
    """The answer, with a link in every document that it shows; one that was kept to be answered again has none."""
    if isinstance(answer.body, bytes):
        if UNSIGNED not in answer.body:
            return answer
        answer = Answer(answer.status, json.decode(answer.body), answer.headers)
    shown = [answer.body.get("object"), *_existing(answer)] if isinstance(answer.body, dict) else []
    if next(unsigned(shown), None) is not None:
        app = call.app
        async with call.database.reading() as conn:
            now = await clock.now(conn, app.id)
        sign_links(shown, lambda document_id: call.files.links.link(app.environment, app.id, document_id, now))
    return answer


def _existing(answer: Answer) -> list[object]:
    """What a duplicate shows of the stored one (flows 3.7)."""
    meta = answer.body.get("meta") if isinstance(answer.body, dict) else None
    existing = meta.get("existing") if isinstance(meta, dict) else None
    return list(existing.values()) if isinstance(existing, dict) else []
