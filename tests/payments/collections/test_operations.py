from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.collections.operations import app_of_page, new_page_token


def test_a_page_token_tells_its_app_and_nothing_else_does():
    app_id = uuid4()
    token = new_page_token(app_id)
    assert app_of_page(token) == app_id
    for wrong in (token[:-1], f"{token}A", f"{token}\x00", f"{token}=", f" {token}", token.swapcase()[:-2]):
        assert app_of_page(wrong) is None


@given(st.text())
def test_whatever_is_called_a_token_is_read(text):
    assert app_of_page(text) is None
