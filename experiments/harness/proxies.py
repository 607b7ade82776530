"""haproxy and nginx of Debian in front of a server, with TLS: as operators put them there.

Each writes the address that called it behind what `X-Forwarded-For` says already, as its manual recommends, and takes
nothing away that a client has put there: what comes of that is what is to be tried.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["haproxy", "nginx"]
KINDS: tuple[Kind, ...] = ("haproxy", "nginx")

HOST = "127.0.0.1"
SECONDS_TO_START = 30

HAPROXY = """
global
    maxconn 200
defaults
    mode http
    timeout connect 10s
    timeout client {seconds}s
    timeout http-keep-alive {seconds}s
    timeout http-request {seconds}s
    timeout server 60s
frontend tls
    bind {host}:{port} ssl crt {certificate}
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    default_backend ours
backend ours
    server one {host}:{behind}
"""

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 20m;
    client_header_timeout {seconds}s;
    client_body_timeout {seconds}s;
    keepalive_timeout {seconds}s;
    server {{
        listen {host}:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{
            proxy_pass http://{host}:{behind};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


class Proxy(msgspec.Struct, frozen=True):
    """A proxy that runs."""

    kind: Kind
    port: int

    @property
    def origin(self) -> str:
        """Where clients call."""
        return f"https://{HOST}:{self.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection by TLS, to say over it whatever one likes. The certificate is believed unseen.

        On a busy machine a proxy that waits for nobody long may hang up before the handshake is over.
        """
        async with asyncio.timeout(SECONDS_TO_START):
            while True:
                try:
                    return await asyncio.open_connection(HOST, self.port, ssl=_believing())
                except ConnectionError:
                    await asyncio.sleep(0)


@asynccontextmanager
async def proxy_before(
    behind: int, port: int, *, kind: Kind, program: str, certificate: Path, folder: Path, seconds: int = 60
) -> AsyncIterator[Proxy]:
    """A proxy on a port of this machine while the block runs, from the moment it answers.

    `certificate`: a file with certificate and key. `seconds`: how long it waits for the rest of a request, or the next.
    """
    place = folder / f"{kind}-{port}"
    place.mkdir()
    text = {"haproxy": HAPROXY, "nginx": NGINX}[kind].format(
        host=HOST, port=port, behind=behind, certificate=certificate, folder=place, seconds=seconds
    )
    settings = place / "conf"
    settings.write_text(text, encoding="utf-8")
    arguments = (
        ["-db", "-f", str(settings)] if kind == "haproxy" else ["-e", "stderr", "-p", str(place), "-c", str(settings)]
    )
    with (place / "log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(program, *arguments, stdout=said, stderr=said)
    try:
        await _until_it_answers(process, port, place / "log")
        yield Proxy(kind, port)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_it_answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(SECONDS_TO_START):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"it ended by itself; {log} says why")
            try:
                _, writer = await asyncio.open_connection(HOST, port, ssl=_believing())
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def _believing() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
