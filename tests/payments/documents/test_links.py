from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.payments.documents.links import Links

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
APP, OTHER, DOCUMENT = UUID(int=1), UUID(int=2), UUID(int=3)
ORIGINS = {"sandbox": "https://sandbox.example", "live": "https://live.example"}
KEY = new_master_key()


def query_of(link: str) -> bytes:
    return urlsplit(link).query.encode()


def test_a_link_is_good_for_one_document_of_one_app_and_an_hour():
    links = Links([KEY], ORIGINS)
    link = links.link("live", APP, DOCUMENT, NOW)
    assert link.startswith(f"https://live.example/files/{APP}/{DOCUMENT}?expires=")
    query = query_of(link)
    assert links.end_of(APP, DOCUMENT, query) == NOW + timedelta(hours=1)
    assert links.end_of(OTHER, DOCUMENT, query) is None
    assert links.end_of(APP, OTHER, query) is None
    assert links.end_of(APP, DOCUMENT, query.replace(b"expires=1", b"expires=2")) is None
    assert links.end_of(APP, DOCUMENT, b"") is None
    assert links.end_of(APP, DOCUMENT, b"\xff") is None


def test_links_outlive_a_change_of_the_master_key_while_the_old_one_is_believed():
    newer = new_master_key()
    query = query_of(Links([KEY], ORIGINS).link("sandbox", APP, DOCUMENT, NOW))
    assert Links([newer, KEY], ORIGINS).end_of(APP, DOCUMENT, query) is not None
    assert Links([newer], ORIGINS).end_of(APP, DOCUMENT, query) is None
    assert query_of(Links([newer, KEY], ORIGINS).link("sandbox", APP, DOCUMENT, NOW)) != query
