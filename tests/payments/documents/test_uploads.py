import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.documents.uploads import Elsewhere, Faulty, Inline, content_type_of, read_upload, usual_spelling

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0"
PDF = b"%PDF-1.4"


def read(value, largest_bytes=1000, *, live=False, allow_private=False):
    return read_upload(value, largest_bytes=largest_bytes, live=live, allow_private=allow_private)


def uri(data: bytes, head: str = "image/png;base64") -> str:
    return f"data:{head},{base64.b64encode(data).decode()}"


@given(st.binary(max_size=500), st.integers(min_value=1, max_value=100), st.sampled_from(["\n", "\r\n", " ", "\t"]))
def test_white_space_in_base64_does_not_matter(tail, width, between):
    text = base64.b64encode(PNG + tail).decode()
    lines = between.join(text[at : at + width] for at in range(0, len(text), width))
    assert read(f"data:image/png;base64,{between}{lines}{between}") == Inline(PNG + tail, "image/png")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    assert isinstance(read(text), Elsewhere | Faulty)
    assert isinstance(read(f"data:image/png;base64,{text}"), Faulty)


@pytest.mark.parametrize(
    ("head", "data", "content_type"),
    [
        ("image/png;base64", PNG, "image/png"),
        ("IMAGE/PNG;BASE64", PNG, "image/png"),
        ("image/png; name=a.png; base64", PNG, "image/png"),
        ("image/jpeg;base64", JPEG, "image/jpeg"),
        ("image/jpg;base64", JPEG, "image/jpeg"),
        ("application/pdf;base64", PDF, "application/pdf"),
        ("application/pdf;base64", b"\xef\xbb\xbf\r\n" + PDF, "application/pdf"),
    ],
)
def test_a_declared_type_is_what_the_bytes_say(head, data, content_type):
    assert read(uri(data, head)) == Inline(data, content_type)


@pytest.mark.parametrize("data", [JPEG, PDF, b"GIF89a", b"<svg>", b"\x89PNG\r\n\x1a\nnot a picture", b"x"])
def test_bytes_of_another_type_are_refused(data):
    assert read(uri(data)) == Faulty("invalid")


@pytest.mark.parametrize("declared", ["image/gif", "image/svg+xml", "text/html", "application/octet-stream", ""])
def test_other_types_are_not_taken(declared):
    assert read(uri(PNG, f"{declared};base64")) == Faulty("inclusion")


def test_padding_may_be_missing():
    text = uri(PNG + b"a")
    assert text.endswith("=")
    assert read(text.rstrip("=")) == Inline(PNG + b"a", "image/png")


@pytest.mark.parametrize(
    "text", ["data:image/png,x", "data:image/png;base64,a$b", "data:image/png;base64,\u00e4", 5, ["x"]]
)
def test_what_is_no_data_is_refused(text):
    assert read(text) == Faulty("invalid")


@pytest.mark.parametrize("text", [None, "", "  ", "data:image/png;base64,", "data:image/png;base64, \n="])
def test_nothing_is_blank(text):
    assert read(text) == Faulty("blank")


@given(st.integers(min_value=16, max_value=300))
def test_a_file_may_be_as_large_as_the_limit_and_not_larger(size):
    text = uri(PNG + bytes(size - len(PNG)))
    assert isinstance(read(text, size), Inline)
    assert read(text, size - 1) == Faulty("too_long")


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://example.com/a.png", True),
        ("http://example.com/a.png", True),
        (" https://example.com/a.png\n", True),
        ("https://127.0.0.1/a.png", False),
        ("https://[::1]/", False),
        ("https://169.254.169.254/latest", False),
        ("ftp://example.com/a.png", False),
        ("file:///etc/passwd", False),
        ("a.png", False),
        ("https://", False),
    ],
)
def test_only_urls_that_may_be_called_are_fetched(url, taken):
    assert read(url) == (Elsewhere(url.strip()) if taken else Faulty("invalid"))


def test_live_fetches_over_tls_only_and_long_urls_are_refused():
    assert read("http://example.com/a", live=True) == Faulty("invalid")
    assert read("https://example.com/a", live=True) == Elsewhere("https://example.com/a")
    assert read("http://127.0.0.1:1/a", allow_private=True) == Elsewhere("http://127.0.0.1:1/a")
    assert read("https://example.com/" + "a" * 2000) == Faulty("too_long")


def test_content_types_are_spelt_in_one_way():
    assert usual_spelling("Image/PJPEG; charset=binary") == "image/jpeg"
    assert content_type_of(b"") is None


def test_a_head_without_an_end_is_refused_and_not_searched_for_ever():
    assert read("data:" + "; " * 400) == Faulty("invalid")
    assert read("data:" + "\t" * 990 + ";") == Faulty("invalid")
