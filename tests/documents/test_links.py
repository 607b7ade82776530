from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from bitpesa.documents.links import Links

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
APP, OTHER, DOCUMENT = UUID(int=1), UUID(int=2), UUID(int=3)
ORIGINS = {"sandbox": "https://sandbox.example", "live": "https://live.example"}


def opened(link: str) -> tuple[int, str]:
    query = parse_qs(urlsplit(link).query)
    return int(query["expires"][0]), query["signature"][0]


def test_a_link_is_good_for_one_document_of_one_app_and_one_time():
    links = Links(["a"], ORIGINS)
    link = links.link("live", APP, DOCUMENT, NOW)
    assert link.startswith(f"https://live.example/files/{APP}/{DOCUMENT}?expires=")
    expires, signature = opened(link)
    assert links.is_genuine(APP, DOCUMENT, expires, signature)
    assert not links.is_genuine(OTHER, DOCUMENT, expires, signature)
    assert not links.is_genuine(APP, OTHER, expires, signature)
    assert not links.is_genuine(APP, DOCUMENT, expires + 1, signature)
    assert not links.is_genuine(APP, DOCUMENT, expires, "")
    assert not links.is_genuine(APP, DOCUMENT, expires, "\ud800\u00e4")


def test_its_time_is_over_after_an_hour():
    expires, _ = opened(Links(["a"], ORIGINS).link("live", APP, DOCUMENT, NOW))
    assert not Links.is_over(expires, NOW + timedelta(hours=1))
    assert Links.is_over(expires, NOW + timedelta(hours=1, milliseconds=1))


def test_links_outlive_a_change_of_the_master_key_while_the_old_one_is_believed():
    expires, signature = opened(Links(["old"], ORIGINS).link("sandbox", APP, DOCUMENT, NOW))
    assert Links(["new", "old"], ORIGINS).is_genuine(APP, DOCUMENT, expires, signature)
    assert not Links(["new"], ORIGINS).is_genuine(APP, DOCUMENT, expires, signature)
    newer = opened(Links(["new", "old"], ORIGINS).link("sandbox", APP, DOCUMENT, NOW))[1]
    assert newer != signature
