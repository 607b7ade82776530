"""Links to documents, signed as an answer leaves: each read has fresh ones (flows 3.8)."""

from bitpesa.api.call import Answer, Call
from bitpesa.documents.wire import sign_links, unsigned
from bitpesa.kernel import clock


async def with_links(call: Call, answer: Answer) -> Answer:
    """The answer, with a link in every document that it shows."""
    if not isinstance(answer.body, dict):
        return answer
    shown = [answer.body.get("object"), *_existing(answer)]
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
