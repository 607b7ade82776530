"""Which addresses are on the public internet. A client's URL must not lead the platform into its own network."""

import ipaddress
import re
from urllib.parse import urlsplit

from yarl import URL

# Written out, because `ipaddress.is_global` changes its mind between Python releases. From the registries of special
# addresses, plus the one public address behind which a cloud hides its metadata service (168.63.129.16).
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Everything else in IPv6 is private, link-local, multicast, or carries an IPv4 address inside (mapped, NAT64).
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
# Teredo and other protocol assignments, documentation, 6to4.
_NOT_PUBLIC_V6 = tuple(ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

FIRST_FREE_PORT = 1024
PORTS_OF_HTTP = frozenset({80, 443})

LONGEST_HOST = 253

# Underscores are in no host name by the book, and in many that are called inside a network.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether an address in its usual spelling is on the public internet; anything else is not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_V4)
    return ip in _PUBLIC_V6 and not any(ip in network for network in _NOT_PUBLIC_V6)


def is_address(host: str) -> bool:
    """Whether a host is an address rather than a name, however it is spelled: `127.1`, `0x7f000001`, `2130706433`."""
    return ":" in host or bool(_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


def is_usual_address(host: str) -> bool:
    """Whether a host is an address in its usual spelling."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def can_exist(host: str) -> bool:
    """Whether DNS can have a name for a host; one with other letters is looked at as it is asked for (`xn--...`)."""
    if not host.isascii():
        try:
            host = URL.build(scheme="http", host=host).raw_host or ""
        except ValueError:
            return False
    name = host.removesuffix(".")
    return len(name) <= LONGEST_HOST and all(map(_LABEL.fullmatch, name.split(".")))


def may_be_called(url: str, *, live: bool, allow_private: bool) -> bool:
    """Whether a URL is one that can be called. What a name resolves to is checked when it is called."""
    if not url.isprintable() or any(c in url for c in " \\#"):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme.lower() not in (("https",) if live else ("http", "https")) or not host:
        return False
    if port == 0:
        return False
    if (live or not allow_private) and port is not None and port < FIRST_FREE_PORT and port not in PORTS_OF_HTTP:
        return False  # the ports of mail, log-in and the like: nobody hears webhooks there
    if is_address(host):
        return is_usual_address(host) and (allow_private or is_public(host))
    return can_exist(host)
