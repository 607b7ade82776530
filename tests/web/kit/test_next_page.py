from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.web.kit.next_page import safe_next, section_of, with_next


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\\..\\b",
        "javascript:alert(1)",
        "/a b",
        "/é",
        "/" + "x" * 2000,
        "",
        "portal",
        None,
        7,
    ],
)
def test_what_is_no_page_of_ours_leads_home(wanted: object) -> None:
    assert safe_next(wanted) == "/portal"


@pytest.mark.parametrize(
    "wanted", ["/portal/test/keys", "/portal/test/logs?page=2&q=%2F%2Fevil", "/", "/a//b", "/portal#part"]
)
def test_pages_of_ours_are_kept(wanted: str) -> None:
    assert safe_next(wanted) == wanted


@given(st.text(alphabet=st.sampled_from("/\\:@.?#%abc \t\n\r\x00e"), max_size=30))
def test_a_browser_never_leaves(wanted: str) -> None:
    target = urlsplit(urljoin("https://portal.example/log-in", safe_next(wanted)))
    assert (target.scheme, target.netloc) == ("https", "portal.example")


@given(st.text(max_size=40))
def test_a_page_that_is_carried_along_arrives_as_it_was(tail: str) -> None:
    wanted = safe_next(f"/portal/x?q={tail}")
    found = parse_qs(urlsplit(with_next("/log-in", wanted)).query).get("next", ["/portal"])
    assert found == [wanted]


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/portal/test/keys/1/revoke", "/portal/test/keys"),
        ("/portal/test/keys", "/portal/test/keys"),
        ("/portal", "/portal"),
        ("/portal/", "/portal/"),
        ("/log-in/code", "/portal"),
        ("//evil.example/portal/x", "/portal"),
        (None, "/portal"),
    ],
)
def test_a_section_is_there_on_both_sides(path: object, section: str) -> None:
    assert section_of(path) == section
