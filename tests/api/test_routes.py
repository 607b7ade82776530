from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api.call import Answer, Route
from bitpesa.api.errors import MethodNotAllowed
from bitpesa.api.routes import Router, roots
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.organisations.model import App, AppSettings

SANDBOX = App(uuid4(), uuid4(), "sandbox", AppSettings())
LIVE = App(uuid4(), uuid4(), "live", AppSettings())


async def nothing(_call):
    return Answer(200, {})


def route(method, path, **options):
    return Route(method, path, nothing, **options)


LIST = route("GET", "/transactions")
MAKE = route("POST", "/transactions")
SHOW = route("GET", "/transactions/{id}")
PRICE = route("POST", "/transactions/calculate")
PAY_IN = route("POST", "/transactions/{id}/payin", sandbox_only=True)
FILES = route("GET", "/files", at_root=True)
PROOFS = route("GET", "/recipients/{recipient_id}/proofs/{proof_id}")
ROUTER = Router([LIST, MAKE, SHOW, PRICE, PAY_IN, PROOFS, FILES])


def find(method, path, app=SANDBOX):
    return ROUTER.find(app, method, path)


def allowed(method, path, app=SANDBOX):
    with pytest.raises(MethodNotAllowed) as refusal:
        find(method, path, app)
    return refusal.value.allowed


def test_a_path_and_a_method_mean_an_operation():
    assert find("GET", b"/v1/transactions") == (LIST, {})
    assert find("POST", b"/v1/transactions") == (MAKE, {})
    assert find("GET", b"/v1/transactions/7") == (SHOW, {"id": "7"})
    assert find("GET", b"/v1/recipients/1/proofs/2") == (PROOFS, {"recipient_id": "1", "proof_id": "2"})


def test_what_is_at_the_root_answers_there_and_under_v1():
    assert find("GET", b"/files") == find("GET", b"/v1/files") == (FILES, {})
    assert allowed("POST", b"/files") == ["GET"]
    with pytest.raises(NotFound):
        find("GET", b"/transactions")


def test_the_api_is_asked_for_the_first_segments_that_are_its_own():
    assert roots() == {b"v1", b"reports", b"authenticated_url"}


def test_a_literal_segment_wins_over_a_parameter():
    assert find("POST", b"/v1/transactions/calculate") == (PRICE, {})


def test_where_the_literal_leads_nowhere_the_parameter_is_taken():
    assert find("POST", b"/v1/transactions/calculate/payin") == (PAY_IN, {"id": "calculate"})


@pytest.mark.parametrize("path", [b"/v1//transactions", b"//v1/transactions/", b"/v1/transactions//"])
def test_doubled_slashes_count_as_one(path):
    assert find("GET", path) == (LIST, {})


@pytest.mark.parametrize(
    "path",
    [b"", b"/", b"/v1", b"/v1/", b"/v2/transactions", b"/transactions", b"/v1/Transactions", b"/v1/recipients/1"],
)
def test_an_unknown_path_is_not_found(path):
    with pytest.raises(NotFound):
        find("GET", path)


def test_a_known_path_with_another_method_tells_which_it_has():
    assert allowed("DELETE", b"/v1/transactions") == ["GET", "POST"]
    assert allowed("get", b"/v1/transactions") == ["GET", "POST"]
    assert allowed("GET", b"/v1/transactions/7/payin") == ["POST"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_live_knows_nothing_of_the_sandbox(method):
    with pytest.raises(NotFound):
        find(method, b"/v1/transactions/7/payin", LIVE)
    assert find("GET", b"/v1/transactions", LIVE) == (LIST, {})


def test_where_the_sandbox_adds_a_method_live_has_the_others():
    router = Router([route("GET", "/things"), route("POST", "/things", sandbox_only=True)])
    with pytest.raises(MethodNotAllowed) as refusal:
        router.find(LIVE, "POST", b"/v1/things")
    assert refusal.value.allowed == ["GET"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"NGN::Bank", "NGN::Bank"),
        (b"NGN%3A%3ABank", "NGN::Bank"),
        (b"a%2Fb", "a/b"),
        (b"a+b", "a+b"),
        (b"%E6%9D%8E", "李"),
        ("李".encode(), "李"),
        (b"a%00b", "a\ufffdb"),
        (b"%FF", "\ufffd"),
        (b"\xff", "\ufffd"),
        (b"%", "%"),
        (b"..", ".."),
    ],
)
def test_parameters_are_decoded_into_what_a_text_column_can_hold(raw, value):
    assert find("GET", b"/v1/transactions/" + raw) == (SHOW, {"id": value})


def test_an_operation_is_listed_once():
    with pytest.raises(ValueError, match="twice"):
        Router([SHOW, route("GET", "/transactions/{other}")])


def test_routes_that_share_a_place_may_name_their_parameters_differently():
    router = Router([SHOW, route("DELETE", "/transactions/{transaction_id}")])
    assert router.find(SANDBOX, "DELETE", b"/v1/transactions/7")[1] == {"transaction_id": "7"}


@given(st.binary(max_size=60))
def test_any_path_is_found_or_not(path):
    for raw in (path, b"/v1/transactions/" + path):
        try:
            _, values = find("GET", raw)
        except (NotFound, MethodNotAllowed):
            continue
        assert all("\x00" not in value and value.encode() for value in values.values())


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_what_a_client_encodes_is_what_the_handler_gets(text):
    assert find("GET", b"/v1/transactions/" + quote(text, safe="").encode())[1] == {"id": text}
