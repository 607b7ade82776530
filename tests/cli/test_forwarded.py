"""Who called, where proxies stand in front: from plain scopes."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bitpesa.server.forwarded import MAX_HOPS, TrustedProxies, read_address

PROXY, OUTER_PROXY, CLIENT, LIE = "10.0.0.1", "10.0.0.2", "203.0.113.9", "192.0.2.66"
OURS = TrustedProxies(["10.0.0.0/24", "2001:db8:1::/48"])


def scope(*headers: tuple[str, str], peer: str | None = PROXY, port: int = 4711) -> dict:
    return {
        "type": "http",
        "client": None if peer is None else (peer, port),
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }


def client_of(*lists: str, peer: str | None = PROXY, proxies: TrustedProxies = OURS) -> str | None:
    """The client that is found, where these lines came; None when it is left as it was."""
    found = proxies.resolved(scope(*(("X-Forwarded-For", each) for each in lists), peer=peer))
    return found["client"][0] if "client" in found else None


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1", "::1", "no address", "", None])
def test_what_nobody_of_ours_says_is_not_believed(peer):
    for proxies in (TrustedProxies([]), OURS):
        lines = scope(
            ("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"), ("Forwarded", f"for={CLIENT}"), peer=peer
        )
        assert proxies.resolved(lines) == {}


@pytest.mark.parametrize(
    ("lists", "client"),
    [
        ([CLIENT], CLIENT),
        ([f"{LIE}, {CLIENT}"], CLIENT),
        ([LIE, CLIENT], CLIENT),
        ([f"{LIE}, {CLIENT}, {OUTER_PROXY}"], CLIENT),
        ([f"{LIE}, 10.0.0.9, {CLIENT}, {OUTER_PROXY}"], CLIENT),
        ([f"{OUTER_PROXY}"], OUTER_PROXY),
        ([f"10.0.0.7, {OUTER_PROXY}"], "10.0.0.7"),
        ([f"{CLIENT}:4711"], CLIENT),
        (["[2001:db8::9]:4711"], "2001:db8::9"),
        (["2001:db8::9"], "2001:db8::9"),
        (["::ffff:203.0.113.9"], CLIENT),
        ([f"{CLIENT}, unknown"], PROXY),
        ([f"unknown, {OUTER_PROXY}"], OUTER_PROXY),
        (["<script>"], PROXY),
        ([" , ,"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_called(lists, client):
    assert client_of(*lists) == client


def test_a_proxy_is_known_however_its_address_is_written():
    assert client_of(CLIENT, peer="::ffff:10.0.0.1") == CLIENT
    assert client_of(CLIENT, peer="2001:db8:1::7") == CLIENT
    assert client_of(CLIENT, peer="10.0.1.1") is None


def test_other_headers_about_the_client_mean_nothing():
    assert (
        OURS.resolved(scope(("Forwarded", f"for={CLIENT}"), ("X-Real-IP", CLIENT), ("X-Forwarded-Host", "evil"))) == {}
    )


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        (["https"], "https"),
        (["http"], "http"),
        (["HTTPS"], "https"),
        (["http, https"], "https"),
        (["https", "http"], "http"),
        (["javascript"], None),
        ([""], None),
        ([], None),
    ],
)
def test_the_scheme_is_what_the_nearest_proxy_says(said, scheme):
    assert OURS.resolved(scope(*(("X-Forwarded-Proto", each) for each in said))).get("scheme") == scheme


def test_a_list_without_end_is_not_read_to_its_end():
    assert client_of(f"{LIE}, " + ", ".join([OUTER_PROXY] * MAX_HOPS)) == OUTER_PROXY


addresses = st.ip_addresses().map(str)


@given(st.lists(addresses | st.text(alphabet="abc:.[]%, 01", max_size=12)), addresses)
def test_nothing_that_a_client_writes_changes_who_it_is(written, client):
    """Whatever stands further left: the proxy of ours adds at the right the address it was called from."""
    expected = read_address(client)
    if any(expected in ipaddress.ip_network(each) for each in ("10.0.0.0/24", "2001:db8:1::/48")):
        return
    assert client_of(", ".join([*written, client])) == str(expected)


def test_who_put_a_proxy_in_front_and_did_not_say_so_is_told_once():
    with capture_logs() as lines:
        for peer in ("127.0.0.1", "127.0.0.1", "192.0.2.1"):
            TrustedProxies(["10.0.0.0/24"]).resolved(scope(peer=peer))
        proxies = TrustedProxies([])
        for _ in range(3):
            proxies.resolved(scope(("X-Forwarded-For", CLIENT), peer="127.0.0.1"))
    assert [(line["event"], line["peer"]) for line in lines] == [("http.forwarded_header_ignored", "127.0.0.1")]
