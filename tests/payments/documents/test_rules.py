from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.documents import rules
from bitpesa.payments.documents.uploads import Elsewhere, Faulty, Kept

KEPT = Kept(UUID(int=1), "image/png", 5)


def read(**submitted):
    errors = {}
    said = rules.read_document({"upload": KEPT, "upload_file_name": "a.png", **submitted}, errors)
    return said, {name: each[0]["error"] for name, each in errors.items()}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("passport.png", "passport.png"),
        ("/etc/passwd", "passwd"),
        (r"C:\scans\my passport.pdf", "my passport.pdf"),
        ("../../a.png", "a.png"),
        ("\u00fcber.png ", "\u00fcber.png"),
    ],
)
def test_a_file_name_is_kept_without_its_path(path, name):
    said, errors = read(upload_file_name=path)
    assert (said.file_name, errors) == (name, {})


@given(st.text())
def test_no_name_leads_anywhere(path):
    name = rules.base_name(path)
    assert "/" not in name
    assert "\\" not in name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (None, "blank"),
        (" ", "blank"),
        ("a/", "invalid"),
        ("..", "invalid"),
        ("a\x00b", "invalid"),
        ("a\nb", "invalid"),
        (5, "invalid"),
        ("a" * 256, "too_long"),
    ],
)
def test_a_file_needs_a_name(name, problem):
    assert read(upload_file_name=name)[1] == {"upload_file_name": problem}


def test_an_upload_is_what_was_found_in_its_place():
    assert read()[0].upload == KEPT
    assert read(upload=Elsewhere("https://example.com"))[0].upload == Elsewhere("https://example.com")
    assert read(upload=Faulty("too_long"))[1] == {"upload": "too_long"}
    assert read(upload="data:image/png;base64,AAAA")[1] == {"upload": "invalid"}
    assert read(upload=None)[1] == {"upload": "blank"}


def test_what_else_is_said_is_read():
    said, errors = read(document_type="passport", document_id=123, source=" ", expiry_date="2030-01-01T00:00:00.000Z")
    assert (said.texts, said.expiry_date, errors) == (
        {"document_type": "passport", "document_id": "123"},
        "2030-01-01",
        {},
    )
    _, errors = read(document_type=[], document_id="x" * 256, expiry_date="soon", metadata=5)
    assert errors == {
        "document_type": "invalid",
        "document_id": "too_long",
        "expiry_date": "invalid",
        "metadata": "invalid",
    }
    assert read(expiry_date=5)[1] == {"expiry_date": "invalid"}


def test_fetching_is_given_up_after_a_while():
    waits = [rules.wait_after(fetches) for fetches in range(1, 5)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), None]
