"""`/documents`: files about senders (flows 3.8)."""

from bitpesa.api.answers import listed, shown, stored
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page
from bitpesa.api.uploads import with_file
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.compliance.senders import withdraw_document
from bitpesa.payments.documents import operations, queries
from bitpesa.payments.documents.model import Document
from bitpesa.payments.documents.wire import document_json


async def create(call: Call) -> Answer:
    """Store a document."""
    async with with_file(call, call.wrapped("document")) as submitted:
        return await call.write(_stored, operations.create, call.app.id, submitted)


async def list_all(call: Call) -> Answer:
    """List documents, newest first."""
    page = read_page(call.query)
    async with call.database.reading() as conn:
        documents, total = await queries.list_page(conn, call.app.id, limit=page.per, offset=page.offset)
    return listed([document_json(document) for document in documents], page, total)


async def show(call: Call) -> Answer:
    """Show a document."""
    async with call.database.reading() as conn:
        return shown(document_json(await queries.find(conn, call.app.id, read_id(call.path_params["id"]))))


async def withdraw(call: Call) -> Answer:
    """Withdraw a document; the query may say whose it is expected to be."""
    document_id, owner = read_id(call.path_params["id"]), call.query.text("sender_id")
    sender_id = None if owner is None else read_id(owner)
    if owner is not None and sender_id is None:
        raise NotFound
    return await call.write(_shown, withdraw_document, call.app, document_id, sender_id=sender_id)


def _stored(document: Document) -> Answer:
    return stored(document_json(document))


def _shown(document: Document) -> Answer:
    return shown(document_json(document))


ROUTES = (
    Route("POST", "/documents", create),
    Route("GET", "/documents", list_all),
    Route("GET", "/documents/{id}", show),
    Route("DELETE", "/documents/{id}", withdraw),
)
"""The last of them is an older one that no current SDK has."""
