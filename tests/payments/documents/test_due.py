import pytest

from bitpesa.kernel.outbound.http_client import Delivered, Failed, Refused, TimedOut
from bitpesa.payments.documents.due import Found, NotFound, judge

PDF = b"%PDF-1.4"


def delivered(body: bytes, declared: str | None = None, status: int = 200):
    return judge(Delivered(status, {} if declared is None else {"CONTENT-TYPE": declared}, body), 10)


@pytest.mark.parametrize("declared", [None, "application/pdf", "Application/PDF; x=1", "application/octet-stream"])
def test_a_file_is_what_its_bytes_say(declared):
    assert delivered(PDF, declared) == Found(PDF, "application/pdf")


def test_a_file_that_is_not_what_it_says_or_nothing_we_take_is_none():
    assert delivered(PDF, "image/png") == NotFound("invalid")
    assert delivered(b"<html>", "text/html") == NotFound("inclusion")
    assert delivered(b"") == NotFound("blank")
    assert delivered(PDF + b"123") == NotFound("too_long")


@pytest.mark.parametrize("status", [204, 301, 403, 404, 410])
def test_some_answers_are_final(status):
    assert delivered(PDF, status=status) == NotFound("invalid")


@pytest.mark.parametrize("outcome", [Delivered(503, {}, b""), Delivered(429, {}, b""), TimedOut(), Failed("x")])
def test_others_are_worth_asking_again(outcome):
    assert judge(outcome, 10) == NotFound("invalid", may_change=True)


def test_where_we_do_not_call_we_do_not_ask_again():
    assert judge(Refused("address not allowed"), 10) == NotFound("invalid")
