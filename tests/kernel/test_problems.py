import pytest

from bitpesa.kernel.problems import Invalid, Kind, Malformed, NotFound, Problem, add_error, refused


class BalanceTooLow(Problem):
    """The balance is too low

    More for those who read the code.
    """


def test_the_first_line_of_the_docstring_is_what_the_caller_reads():
    assert BalanceTooLow().message == str(BalanceTooLow()) == "The balance is too low"
    assert BalanceTooLow("Another").message == "Another"
    assert BalanceTooLow().kind is Kind.INVALID


def test_problems_know_their_kind():
    assert (Malformed().kind, NotFound().kind) == (Kind.MALFORMED, Kind.NOT_FOUND)


def test_errors_of_a_field_add_up():
    errors = {}
    add_error(errors, "name", "blank")
    add_error(errors, "name", "invalid")
    assert errors == {"name": [{"error": "blank"}, {"error": "invalid"}]}


def test_a_refusal_echoes_what_it_is_given():
    problem = refused("base", "Transaction already funded", id="7")
    assert problem.object == {"id": "7", "errors": {"base": [{"error": "Transaction already funded"}]}}
    assert problem.meta is None
    with pytest.raises(Invalid):
        raise problem
