"""The files of documents, shown to whoever has a link that is good: the app's clock says for how long (flows 3.8)."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel import clock
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.documents import queries
from bitpesa.payments.documents.links import PATH
from bitpesa.payments.documents.model import Document
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.failures import answer

FILE_PATH = f"{PATH}/{{app_id}}/{{document_id}}"


async def show_file(request: Request) -> Response:
    """Show the file of a document."""
    platform = platform_of(request)
    app_id, document_id = read_id(request.path_params["app_id"]), read_id(request.path_params["document_id"])
    if app_id is None or document_id is None:
        return answer(request, 403)
    ends_at = platform.files.links.end_of(app_id, document_id, request.scope["query_string"])
    if ends_at is None:
        return answer(request, 403)
    async with platform.database.reading() as conn:
        if await clock.now(conn, app_id) >= ends_at:
            return answer(request, 403)
        try:
            document = await queries.find(conn, app_id, document_id)
        except NotFound:
            return answer(request, 404)
    if not document.is_enabled or document.content_type is None:
        return answer(request, 404)
    data = await platform.files.shelf.fetch(app_id, document_id)
    return answer(request, 404) if data is None else Response(data, headers=_headers(document, document.content_type))


def _headers(document: Document, content_type: str) -> dict[str, str]:
    """A file is saved under its name and never run: what a client uploaded is not ours to trust."""
    return {
        "Content-Type": content_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.file_name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store",
    }
