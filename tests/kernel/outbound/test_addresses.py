import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.outbound.addresses import is_address, is_public, is_usual_address, may_be_called


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an example of what is refused
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",  # a cloud's metadata
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",  # a cloud's metadata
        "169.254.169.254",  # nearly every cloud's metadata
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
def test_an_address_of_ours_or_of_nobody_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", " 8.8.8.8", "[::1]"]
)
def test_what_is_no_address_in_its_usual_spelling_is_not_public(text):
    assert not is_public(text)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "0X7F.1", "2130706433", "017700000001", "1.", "::1"]
)
def test_an_address_is_recognised_however_it_is_spelled(host):
    assert is_address(host)


@pytest.mark.parametrize("host", ["example.com", "localhost", "1.example", "0x7f.example", "7f000001", ""])
def test_a_name_is_no_address(host):
    assert not is_address(host)


def test_only_the_usual_spelling_is_usual():
    assert is_usual_address("127.0.0.1")
    assert is_usual_address("::1")
    assert not is_usual_address("127.1")
    assert not is_usual_address("example.com")


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address):
    if is_public(str(address)):
        assert not (address.is_private)
        assert not (address.is_loopback)
        assert not (address.is_multicast)
        assert not (address.is_link_local)


@given(st.ip_addresses(v=4))
def test_no_ipv6_address_that_carries_an_ipv4_address_is_public(address):
    packed = int(address)
    for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
        assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + packed)))
    assert not is_public(str(ipaddress.IPv6Address((0x2002 << 112) + (packed << 80))))


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text):
    assert is_public(text) in (True, False)
    assert is_address(text) in (True, False)


@pytest.mark.parametrize("port", ["", ":443", ":80", ":8443", ":1024"])
def test_a_port_where_web_servers_listen_may_be_called(port):
    assert may_be_called(f"https://example.com{port}/", live=True, allow_private=False)


@pytest.mark.parametrize("port", [":0", ":22", ":25", ":587", ":993", ":1023", ":65536"])
def test_a_port_of_another_service_may_not(port):
    assert not may_be_called(f"https://example.com{port}/", live=True, allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com.",
        "a.b",
        "localhost",
        "my_service.internal",
        "xn--bcher-kva.example",
        "bücher.example",
        "例え.テスト",
        "a" * 63 + ".example",
        "1a.2b",
        ".".join(["a" * 63] * 3 + ["b" * 61]),
    ],
)
def test_a_host_that_can_exist_may_be_called(host):
    assert may_be_called(f"https://{host}/x", live=True, allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "a..b",
        ".example.com",
        "example.com..",
        ".",
        "-bad.test",
        "bad-.test",
        "a.-b.test",
        "a" * 64 + ".example",
        "ü" * 64 + ".example",
        ".".join(["a" * 63] * 3 + ["b" * 62]),
        "exa mple.com",
        "exa%41mple.com",
        "exam!ple.com",
        "exam*ple.com",
        "a,b.com",
    ],
)
@pytest.mark.parametrize("allow_private", [False, True])
def test_a_host_that_cannot_exist_may_not(host, allow_private):
    assert not may_be_called(f"http://{host}/x", live=False, allow_private=allow_private)
