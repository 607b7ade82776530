from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.ids import new_id, read_id


def test_identifiers_sort_by_the_time_they_were_made():
    made = [new_id() for _ in range(2_000)]
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}
    assert all(type(each) is UUID for each in made)


def test_an_identifier_is_read_in_either_case():
    each = new_id()
    assert read_id(str(each)) == read_id(str(each).upper()) == each


@pytest.mark.parametrize(
    "text", [None, 5, "", "x" * 36, "9d4d7b73a94c4979ab5709074fd55d33", ["a"], {}, b"x" * 36, True]
)
def test_anything_else_is_no_identifier(text):
    assert read_id(text) is None


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    assert read_id(text) is None or isinstance(read_id(text), UUID)
