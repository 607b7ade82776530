"""One suite for both kinds of shelf; the bucket is a server of our own that speaks as much S3 as is needed."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from aiohttp import web

from bitpesa.payments.documents.blob_store import Shelf, shelf_in_bucket, shelf_on_disk

APP, FILE = UUID(int=1), UUID(int=2)


class Bucket:
    """Objects by path, and who asked."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.signed: list[bool] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.signed.append("Credential=who/" in request.headers.get("Authorization", ""))
        match request.method:
            case "PUT":
                self.objects[request.path] = await request.read()
                return web.Response(headers={"ETag": '"1"'})
            case "POST" if "delete" in request.query:
                keys = re.findall("<Key>(.*?)</Key>", await request.text())
                for key in keys:
                    self.objects.pop(f"{request.path.rstrip('/')}/{key}", None)
                deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                return web.Response(text=f"<DeleteResult>{deleted}</DeleteResult>", content_type="application/xml")
            case _ if request.path in self.objects:
                last = {"ETag": '"1"', "Last-Modified": "Tue, 01 Jan 2030 12:00:00 GMT"}
                return web.Response(body=self.objects[request.path], headers=last)
        return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")


@pytest.fixture
async def bucket() -> AsyncIterator[tuple[Bucket, str]]:
    bucket = Bucket()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", bucket.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield bucket, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def keeps_files(shelf: Shelf) -> None:
    assert await shelf.fetch(APP, FILE) is None
    await shelf.keep(APP, FILE, b"one")
    assert await shelf.fetch(APP, FILE) == b"one"
    await shelf.keep(APP, FILE, b"two" * 1000)
    assert await shelf.fetch(APP, FILE) == b"two" * 1000
    assert await shelf.fetch(FILE, APP) is None
    for _ in range(2):
        await shelf.remove(APP, FILE)
        assert await shelf.fetch(APP, FILE) is None


async def test_a_shelf_on_disk_keeps_files(tmp_path):
    await keeps_files(shelf_on_disk(tmp_path / "a" / "documents"))


async def test_a_shelf_on_disk_begins_with_its_first_file(tmp_path):
    shelf = shelf_on_disk(tmp_path / "documents")
    assert not (tmp_path / "documents").exists()
    await shelf.keep(APP, FILE, b"one")
    assert (tmp_path / "documents" / str(APP) / str(FILE)).read_bytes() == b"one"


async def test_a_shelf_in_a_bucket_keeps_files(bucket, monkeypatch):
    objects, endpoint = bucket
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "who")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    shelf = shelf_in_bucket("files/of/documents", endpoint=endpoint, region="eu-west-1")
    await keeps_files(shelf)
    await shelf.keep(APP, FILE, b"one")
    assert objects.objects == {f"/files/of/documents/{APP}/{FILE}": b"one"}
    assert all(objects.signed)
