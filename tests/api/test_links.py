"""Links are put into answers whether they are data or written already."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from bitpesa.api.call import Answer, Call
from bitpesa.api.links import with_links
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.values import json
from bitpesa.payments.documents.links import Links
from bitpesa.payments.documents.model import Document
from bitpesa.payments.documents.wire import document_json
from bitpesa.tenants.organisations.model import App, AppSettings

APP = App(uuid4(), uuid4(), "sandbox", AppSettings())
NOW = datetime(2030, 1, 1, tzinfo=UTC)
DOCUMENT = Document(app_id=APP.id, id=UUID(int=2), file_name="a.png", metadata={}, created_at=NOW)


@pytest.fixture
def call(database):
    files = SimpleNamespace(links=Links([new_master_key()], {"sandbox": "https://sandbox.example"}))
    return Call(app=APP, key_id=uuid4(), at=NOW, database=database, settings=None, files=files, path_params={})


def shown():
    sender = {"documents": [document_json(DOCUMENT)]}
    return {"object": [{"sender": sender}], "meta": {"existing": {"sender": sender}}}


@pytest.mark.parametrize("as_bytes", [False, True])
async def test_every_document_of_an_answer_gets_a_link(call, as_bytes):
    body = json.encode(shown()) if as_bytes else shown()
    answer = await with_links(call, Answer(201, body, (("a", "b"),)))
    assert (answer.status, answer.headers) == (201, (("a", "b"),))
    links = {
        answer.body["object"][0]["sender"]["documents"][0]["upload"],
        answer.body["meta"]["existing"]["sender"]["documents"][0]["url"],
    }
    assert {link.partition("?")[0] for link in links} == {f"https://sandbox.example/files/{APP.id}/{DOCUMENT.id}"}


@pytest.mark.parametrize("body", [{"object": {}}, {"status": 404}, b"{}", b'{"object":[]}'])
async def test_other_answers_stay_as_they_are(call, body):
    @asynccontextmanager
    async def never():
        raise AssertionError("nobody need ask for the time")
        yield

    call.database = SimpleNamespace(reading=never)
    answer = Answer(200, body)
    assert await with_links(call, answer) is answer
