"""Who called, where proxies stand in front: believed from the proxies that the settings name, and from nobody else.

Each proxy adds the address it was called from at the right of `X-Forwarded-For`; whatever stands further left, a client
may have written itself. So the list is read from the right, for as long as proxies of ours have written it.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any, TypeAlias

import structlog
from starlette.types import Scope

log = structlog.get_logger()

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

FOR = b"x-forwarded-for"
PROTO = b"x-forwarded-proto"
SCHEMES = frozenset({"http", "https"})

MAX_HOPS = 32
"""How many addresses of a list are looked at: no deployment has as many proxies in a row."""


class TrustedProxies:
    """The proxies in front of this process, and what they say of whoever called them."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._has_warned = False

    def resolved(self, scope: Scope) -> dict[str, Any]:
        """What of a request is otherwise than it looks, because a proxy of ours passed it on: `client`, `scheme`."""
        peer = read_address(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._is_trusted(peer):
            self._warn_once(scope)
            return {}
        found: dict[str, Any] = {}
        client = self._client(peer, _values(scope, FOR))
        if client is not None:
            found["client"] = (str(client[0]), client[1])
        said = _values(scope, PROTO)
        if said and said[-1].lower() in SCHEMES:
            found["scheme"] = said[-1].lower()
        return found

    def _client(self, peer: Address, hops: Sequence[str]) -> tuple[Address, int] | None:
        """The nearest address that is no proxy of ours; of proxies alone, the furthest. None where nobody is named.

        What is no address was written by nobody whom we know: then the proxy that passed it on is as far as we see.
        """
        found: tuple[Address, int] | None = None
        for text in reversed(hops[-MAX_HOPS:]):
            hop = _read_hop(text)
            if hop is None:
                return found or (peer, 0)
            found = hop
            if not self._is_trusted(hop[0]):
                return found
        return found

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _warn_once(self, scope: Scope) -> None:
        """Tell whoever put a proxy in front and did not say so: every user looks to us like that proxy."""
        if not self._has_warned and any(name == FOR for name, _ in scope["headers"]):
            self._has_warned = True
            log.warning("http.forwarded_header_ignored", peer=scope["client"] and scope["client"][0])


def read_address(text: str) -> Address | None:
    """An address in its usual spelling; one of IPv4 that is written as one of IPv6 is the former. None: it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _read_hop(text: str) -> tuple[Address, int] | None:
    """An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    address = read_address(host)
    return None if address is None else (address, int(port) if port.isascii() and port.isdigit() else 0)


def _values(scope: Scope, wanted: bytes) -> list[str]:
    """The items of a header that is a list, wherever it was cut into several."""
    lines = (value.decode("latin-1") for name, value in scope["headers"] if name == wanted)
    return [item.strip() for line in lines for item in line.split(",") if item.strip()]
