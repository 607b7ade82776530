import pytest

from bitpesa.api import errors
from bitpesa.api_support.idempotency.problems import StillRunning
from bitpesa.kernel.problems import Invalid, Kind, Malformed, NotFound, Problem, refused


class CorridorClosed(Problem):
    """The corridor is closed"""


def test_every_kind_of_problem_has_a_status():
    assert set(errors.STATUS) == set(Kind)
    assert set(errors.STATUS.values()) - {422} <= set(errors.ERROR)


@pytest.mark.parametrize(
    ("problem", "status", "error"),
    [
        (Malformed(), 400, "Bad Request"),
        (errors.Unauthenticated("the nonce was used"), 401, "Unauthorized"),
        (NotFound(), 404, "Not Found"),
        (errors.MethodNotAllowed(["GET"]), 405, "Method Not Allowed"),
        (StillRunning(), 409, "Conflict"),
        (errors.TooLarge(), 413, "Content Too Large"),
        (errors.WrongContent(), 415, "Unsupported Media Type"),
        (errors.TooMany(30), 429, "Too Many Requests"),
    ],
)
def test_a_refusal_tells_its_status_and_nothing_of_what_is_inside(problem, status, error):
    answer = errors.refusal(problem)
    assert (answer.status, answer.body) == (status, {"status": status, "error": error})


def test_some_refusals_tell_how_to_go_on():
    assert errors.refusal(errors.MethodNotAllowed(["GET", "POST"])).headers == (("Allow", "GET, POST"),)
    assert errors.refusal(errors.TooMany(30)).headers == (("Retry-After", "30"),)


def test_what_is_invalid_is_echoed_with_its_errors():
    answer = errors.refusal(refused("name", "blank", name=""))
    assert (answer.status, answer.body) == (422, {"object": {"name": "", "errors": {"name": [{"error": "blank"}]}}})


def test_what_clients_cannot_read_is_not_echoed():
    problem = refused("birth_date", "invalid", birth_date="1974-99-24", city="Oslo")
    assert errors.refusal(problem, "/senders/{id}").body["object"] == {
        "city": "Oslo",
        "errors": {"birth_date": [{"error": "invalid"}]},
    }


def test_what_exists_already_is_shown():
    assert errors.refusal(Invalid([{}], {"existing": {}})).body == {"object": [{}], "meta": {"existing": {}}}


def test_a_fact_is_told_under_base():
    answer = errors.refusal(CorridorClosed())
    assert answer.status == 422
    assert answer.body == {"object": {"errors": {"base": [{"error": "The corridor is closed"}]}}}


def test_a_failure_can_be_found_in_the_log():
    answer = errors.failure(503, "7f")
    assert (answer.status, answer.body) == (503, {"status": 503, "error": "Service Unavailable", "reference": "7f"})
