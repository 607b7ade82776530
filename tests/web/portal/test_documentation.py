"""The documentation shows every operation, links to nothing that is not there, and needs nothing from elsewhere."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import aiohttp
import pytest

from bitpesa.api.reference.document import published
from bitpesa.server.http import answering, listen
from bitpesa.web.portal.application import make_portal
from bitpesa.web.public.documentation import marked

BEGINNINGS = ("/documentation", "/")


class Page(HTMLParser):
    """A page: its links and assets, the ids it has, its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.links: set[str] = set()
        self.assets: set[str] = set()
        self.ids: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.add(tag)
        self.attributes |= given.keys()
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.add(str(given["href"]))
        if tag in ("link", "img", "script", "iframe"):
            self.assets.add(str(given.get("href") or given.get("src")))


TO_THE_PORTAL = {"/log-in", "/sign-up", "/portal"}
"""Pages that ask a database who somebody is; the tests of the portal go there."""


@pytest.fixture
async def base() -> AsyncIterator[str]:
    listener = listen("127.0.0.1", 0)
    platform: Any = None  # only /healthz asks for it
    async with answering(make_portal(platform, published), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def fetched(base: str) -> dict[str, Page]:
    """Every page that can be reached, by its path."""
    pages: dict[str, Page] = {}
    waiting = list(BEGINNINGS)
    async with aiohttp.ClientSession() as session:
        while waiting:
            path = waiting.pop()
            async with session.get(base + path) as answer:
                assert answer.status == 200, path
                text = await answer.text()
                if answer.content_type == "text/html":
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            pages[path] = Page(text if answer.content_type == "text/html" else "")
            found = {urldefrag(urljoin(path, link)).url for link in pages[path].links} - TO_THE_PORTAL
            waiting += sorted(found - pages.keys() - set(waiting))
    return pages


async def test_every_link_leads_somewhere(base: str):
    pages = await fetched(base)
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            target, anchor = urldefrag(urljoin(path, link))
            assert not anchor or anchor in pages[target].ids, (path, link)


async def test_nothing_comes_from_elsewhere_and_no_script_is_needed(base: str):
    for path, page in (await fetched(base)).items():
        assert page.assets <= {"/static/portal.css", "/static/mark.svg"}, path
        assert not page.elements & {"script", "style", "iframe"}, path
        assert not {name for name in page.attributes if name.startswith("on") or name == "style"}, path


async def test_every_operation_and_every_shape_has_its_place(base: str):
    pages = await fetched(base)
    ids = {each for page in pages.values() for each in page.ids}
    document = published()
    operations = [each for by_method in document["paths"].values() for each in by_method.values()]
    assert {each["operationId"] for each in operations} <= ids
    assert set(document["components"]["schemas"]) <= ids
    for event in document["webhooks"]:
        assert event in pages["/documentation/events"].text


async def test_an_example_is_shown_with_what_was_sent_and_answered(base: str):
    page = (await fetched(base))["/documentation/senders"]
    assert "POST /v1/senders" in page.text
    assert "&#34;first_name&#34;: &#34;Jane&#34;" in page.text


async def test_the_document_itself_is_served(base: str):
    async with aiohttp.ClientSession() as session, session.get(f"{base}/documentation/openapi.json") as answer:
        assert await answer.json() == published()


async def test_a_resource_that_is_not_there_is_not_found(base: str):
    async with aiohttp.ClientSession() as session, session.get(f"{base}/documentation/nowhere") as answer:
        assert (answer.status, await answer.json()) == (404, {"status": 404, "error": "Not Found"})


def test_backticks_mark_code_and_nothing_else_is_markup():
    assert marked("`a<b` & <i>") == "<code>a&lt;b</code> &amp; &lt;i&gt;"
