"""Requests that two servers in a row could read differently: where one ends, how long its body is, whom it is for.

A proxy may refuse one or tidy it up; what matters is that the server behind it reads exactly the requests that the
proxy answers for.
"""

from collections.abc import Mapping


def shapes(path: str, inner: bytes) -> Mapping[str, bytes]:
    """Each shape by its name: a request for a path with another request hidden in it."""
    post, get = f"POST {path} HTTP/1.1\r\nHost: a\r\n".encode(), f"GET {path} HTTP/1.1\r\nHost: a\r\n".encode()
    size, length = b"%x" % len(inner), b"%d" % len(inner)
    chunk = size + b"\r\n" + inner + b"\r\n0\r\n\r\n"
    return {
        "CL.TE": post + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(inner) + 5) + inner,
        "TE.CL": post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
        "two lengths": post + b"Content-Length: 0\r\nContent-Length: " + length + b"\r\n\r\n" + inner,
        "a list of lengths": post + b"Content-Length: 0, " + length + b"\r\n\r\n" + inner,
        "a length with a sign": post + b"Content-Length: +" + length + b"\r\n\r\n" + inner,
        "a hexadecimal length": post + b"Content-Length: 0x" + size + b"\r\n\r\n" + inner,
        "another coding": post + b"Transfer-Encoding: xchunked\r\n\r\n" + inner,
        "chunked, identity": post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
        "two codings": post + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
        "a space before the colon": post + b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n" + inner,
        "a tab before chunked": post + b"Transfer-Encoding:\tchunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + inner,
        "a folded coding": post + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + inner,
        "a header behind a bare LF": post + b"X: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + inner,
        "bare LFs": f"GET {path} HTTP/1.1\nHost: a\n\n".encode() + inner,
        "bare CRs": f"GET {path} HTTP/1.1\rHost: a\r\r".encode() + inner,
        "a NUL": get + b"X: a\x00b\r\n\r\n" + inner,
        "GET with a body": get + b"Content-Length: " + length + b"\r\n\r\n" + inner,
        "a quoted chunk extension": post
        + b'Transfer-Encoding: chunked\r\n\r\n5;a="\r\n"\r\nhello\r\n0\r\n\r\n'
        + inner,
        "a chunk beyond any number": post
        + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"
        + inner,
        "chunks that end in LF": post + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n" + inner,
        "a trailer": post + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n" + inner,
        "an offer of websocket": post
        + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + b"Sec-WebSocket-Version: 13\r\nContent-Length: "
        + length
        + b"\r\n\r\n"
        + inner,
        "an offer of h2c": post
        + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
        + b"Content-Length: "
        + length
        + b"\r\n\r\n"
        + inner,
        "an offer of h2c with chunks": post
        + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + chunk,
        "hop by hop": post + b"Connection: Content-Length\r\nContent-Length: " + length + b"\r\n\r\n" + inner,
        "a tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n" + inner,
        "an absolute target": f"GET http://elsewhere{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        "HTTP/0.9": f"GET {path}\r\n\r\n".encode() + inner,
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inner,
        "expecting": post + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n" + inner,
        "no host": f"GET {path} HTTP/1.1\r\n\r\n".encode() + inner,
        "two hosts": get + b"Host: b\r\n\r\n" + inner,
    }
