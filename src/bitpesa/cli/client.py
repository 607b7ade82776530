"""A small client of the API: it signs what it sends, as the SDKs do (flows 2.1)."""

import io
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
import msgspec
from yarl import URL

from bitpesa.kernel.crypto.signing import signature
from bitpesa.kernel.values import json

LONG_BODY_BYTES = 1024 * 1024


class Answered(msgspec.Struct, frozen=True):
    """What the API answered."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def object(self) -> Any:
        """What was asked for."""
        return self.body["object"]


class Client:
    """Calls the API as one app."""

    def __init__(self, base_url: str, key: str, secret: str) -> None:
        self.base_url = base_url
        self.key = key
        self._secret = secret
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str) -> Answered:
        """Ask for something."""
        return await self.send("GET", path)

    async def post(self, path: str, content: Any = None) -> Answered:
        """Send something new."""
        return await self.send("POST", path, b"" if content is None else json.encode(content))

    async def patch(self, path: str, content: Any) -> Answered:
        """Change something."""
        return await self.send("PATCH", path, json.encode(content))

    async def delete(self, path: str) -> Answered:
        """Take something away."""
        return await self.send("DELETE", path)

    async def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answered:
        """Sign and send a request; `headers` replace those of the signature. `path` is sent as it is written."""
        url = self.base_url + path
        sent = {"Content-Type": "application/json", "Accept": "application/json", **self.signed(method, url, body)}
        if headers:
            sent.update(headers)
        data = io.BytesIO(body) if len(body) > LONG_BODY_BYTES else body  # aiohttp sends a long one in pieces
        async with self._session.request(
            method, URL(url, encoded=True), data=data, headers=sent, allow_redirects=False
        ) as answer:
            content = await answer.read()
            return Answered(answer.status, json.decode(content) if content else None, dict(answer.headers))

    def signed(self, method: str, url: str, body: bytes, nonce: str | None = None) -> dict[str, str]:
        """The headers that sign a request."""
        nonce = nonce or str(uuid4())
        return {
            "Authorization-Key": self.key,
            "Authorization-Nonce": nonce,
            "Authorization-Signature": signature(self._secret, nonce, method, url, body),
        }

    def has_signed(self, url: str, headers: dict[str, str], body: bytes) -> bool:
        """Whether a webhook that came to `url` was signed with our secret, as the SDKs check it."""
        expected = signature(self._secret, headers.get("Authorization-Nonce", ""), "POST", url, body)
        return headers.get("Authorization-Key") == self.key and headers.get("Authorization-Signature") == expected
