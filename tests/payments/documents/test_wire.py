from datetime import UTC, datetime
from uuid import UUID

from bitpesa.kernel.values import json
from bitpesa.payments.documents import wire
from bitpesa.payments.documents.model import Document, DocumentDraft
from bitpesa.payments.documents.uploads import Kept

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
DOCUMENT = Document(
    app_id=UUID(int=1),
    id=UUID(int=2),
    sender_id=UUID(int=3),
    file_name="a.png",
    content_type="image/png",
    size_bytes=5,
    metadata={},
    created_at=NOW,
)


def link_to(document_id: UUID) -> str:
    return f"link to {document_id}"


def test_links_are_put_where_documents_are_shown_and_nowhere_else():
    shown = {
        "sender": {"documents": [wire.document_json(DOCUMENT)]},
        "metadata": {"documents": [{"upload": None, "upload_file_name": "x", "id": str(DOCUMENT.id)}]},
        "upload": None,
    }
    wire.sign_links([shown, None, 5], link_to)
    (signed,) = shown["sender"]["documents"]
    assert signed["upload"] == signed["url"] == link_to(DOCUMENT.id)
    assert shown["metadata"]["documents"][0]["upload"] is None
    assert shown["upload"] is None
    assert list(wire.unsigned(shown)) == []


def test_a_refused_document_is_echoed_without_its_file():
    submitted = {"upload": Kept(UUID(int=9), "image/png", 5), "upload_file_name": "a/b.png", "foo": 1}
    draft = DocumentDraft(submitted=submitted, errors={"metadata": [{"error": "invalid"}]})
    assert wire.draft_json(draft) == {"upload_file_name": "a/b.png", "errors": {"metadata": [{"error": "invalid"}]}}


def test_an_event_holds_no_link_and_belongs_to_the_senders_story():
    event = wire.event("document.created", DOCUMENT)
    assert (event.object_id, event.subject_id) == (DOCUMENT.id, DOCUMENT.sender_id)
    assert json.decode(event.payload)["upload"] is None


def test_a_file_that_could_not_be_had_is_an_error_of_its_document():
    lost = Document(**{**{f: getattr(DOCUMENT, f) for f in DOCUMENT.__struct_fields__}, "fetch_problem": "too_long"})
    assert wire.document_json(lost)["errors"] == {"upload": [{"error": "too_long"}]}
