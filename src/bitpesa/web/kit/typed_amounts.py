"""Amounts in forms, read as people type them: what can be read in two ways is refused beside its field."""

from decimal import Decimal

from bitpesa.kernel.problems import refused
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem, read_typed_positive
from bitpesa.web.kit.refusals import Problems


def read_amount_field(field: str, typed: str) -> Decimal:
    """Read the amount in a field of a form. Raises Invalid about that field, with a sentence for the person."""
    try:
        return read_typed_positive(typed, what="amount")
    except TypedNumberProblem as problem:
        raise refused(field, "blank" if problem.code == "blank" else str(problem)) from None


def with_typed_problem(problems: Problems, field: str, typed: str) -> Problems:
    """The problems of a form, with the sentence about a typed amount in place of the API's code for it."""
    try:
        read_typed_positive(typed, what="amount")
    except TypedNumberProblem as problem:
        return problems if problem.code == "blank" else {**problems, field: [str(problem)]}
    return problems
