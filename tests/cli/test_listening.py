"""Where a process answers: at both addresses that `localhost` may lead to, with the date on every answer."""

import asyncio
import socket
from contextlib import suppress
from email.utils import parsedate_to_datetime

import pytest

from bitpesa.server import http
from bitpesa.server.connection_limits import Limits
from bitpesa.server.http import answering, listen, listen_everywhere
from bitpesa.server.problems import CannotGoOn


async def hello(_scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def asked(host, port, request=b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def headers_of(answer):
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def closed(listeners):
    for each in listeners:
        each.close()


needs_ipv6 = pytest.mark.skipif(not http._has_address("::1"), reason="this machine has no ::1")


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0"])  # noqa: S104
async def test_both_addresses_of_localhost_answer_on_one_port(host):
    listeners = listen_everywhere(host, 0)
    ports = {each.getsockname()[1] for each in listeners}
    assert len(ports) == 1
    async with answering(hello, listeners):
        for address in ("127.0.0.1", "::1"):
            assert (await asked(address, *ports)).startswith(b"HTTP/1.1 200")


async def test_a_machine_without_ipv6_answers_where_it_can(monkeypatch):
    monkeypatch.setattr(http, "_has_address", lambda host: ":" not in host)
    listeners = listen_everywhere("127.0.0.1", 0)
    assert [each.getsockname()[0] for each in listeners] == ["127.0.0.1"]
    closed(listeners)


@needs_ipv6
async def test_somebody_at_the_other_address_is_told_of_before_anything_is_started(unused_tcp_port):
    taken = listen("::1", unused_tcp_port)
    try:
        with pytest.raises(CannotGoOn, match="cannot listen on ::1"):
            listen_everywhere("127.0.0.1", unused_tcp_port)
    finally:
        taken.close()
    closed(listen_everywhere("127.0.0.1", unused_tcp_port))  # what was taken is let go of


@needs_ipv6
async def test_a_free_port_is_one_that_is_free_at_both(monkeypatch):
    real, tried = http.listen, []

    def listen_once_refused(host, port):
        tried.append(host)
        if tried == ["127.0.0.1", "::1"]:
            raise CannotGoOn("taken")
        return real(host, port)

    monkeypatch.setattr(http, "listen", listen_once_refused)
    listeners = listen_everywhere("127.0.0.1", 0)
    assert len({each.getsockname()[1] for each in listeners}) == 1
    assert tried == ["127.0.0.1", "::1"] * 2
    closed(listeners)


async def test_an_address_of_the_network_stands_for_itself():
    listeners = listen_everywhere("::", 0) if socket.has_dualstack_ipv6() else [listen("127.0.0.1", 0)]
    assert len(listeners) == 1
    closed(listeners)


async def test_every_answer_has_its_date():
    async with asyncio.timeout(20):
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        async with answering(hello, listener, Limits(head_bytes=1_000)):
            for request in (
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                b"nonsense\r\n\r\n",
                b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000 + b"\r\n\r\n",
            ):
                date = headers_of(await asked("127.0.0.1", port, request))["date"]
                assert date.endswith(" GMT")
                assert parsedate_to_datetime(date).year > 2000
