"""Clients that offer HTTP/2 on a plain URL, as `java.net.http.HttpClient` and `curl --http2` do by default: they are
answered over HTTP/1.1, and what they signed is what is read.
"""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from bitpesa.kernel.values import json
from tests.journeys.sockets import host, request, say
from tests.journeys.world import PERSON, World
from tests.programs import program

JAVA = """
import java.net.URI;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.*;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Caller {
    static String base, key, secret;

    static HttpRequest signed(String method, String path, String body, boolean chunked) throws Exception {
        String nonce = UUID.randomUUID().toString();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String hash = hex(MessageDigest.getInstance("SHA-512").digest(bytes));
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA512"));
        String text = String.join("&", nonce, method, base + path, hash);
        String signature = hex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        HttpRequest.BodyPublisher publisher = HttpRequest.BodyPublishers.ofByteArray(bytes);
        if (chunked) publisher = HttpRequest.BodyPublishers.fromPublisher(publisher);
        if (body.isEmpty()) publisher = HttpRequest.BodyPublishers.noBody();
        return HttpRequest.newBuilder(URI.create(base + path)).header("Content-Type", "application/json")
            .header("Authorization-Key", key).header("Authorization-Nonce", nonce)
            .header("Authorization-Signature", signature).method(method, publisher).build();
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) text.append(String.format("%02x", each));
        return text.toString();
    }

    public static void main(String[] args) throws Exception {
        base = args[0]; key = args[1]; secret = args[2];
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse.BodyHandler<String> text = HttpResponse.BodyHandlers.ofString();
        List<String> heard = new ArrayList<>();
        for (int n = 3; n < args.length; n++) {
            HttpResponse<String> answer = client.send(signed("POST", "/senders", args[n], n % 2 == 0), text);
            heard.add(answer.statusCode() + " " + answer.version());
        }
        HttpResponse<String> answer = client.send(signed("GET", "/senders", "", false), text);
        heard.add(answer.statusCode() + " " + answer.version());
        System.out.println(String.join("\\n", heard));
    }
}
"""


def sender(**changes: str) -> bytes:
    return json.encode({"sender": {**PERSON, "external_id": str(uuid4()), **changes}})


async def run(*command: str, body: bytes = b"") -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaint = await process.communicate(body)
    assert process.returncode == 0, complaint.decode()
    return said.decode()


async def test_the_client_of_java_pays_with_its_defaults(world: World, tmp_path: Path) -> None:
    program("javac", package="default-jdk-headless")
    java = program("java", package="default-jdk-headless")
    source = tmp_path / "Caller.java"
    source.write_text(JAVA, encoding="utf-8")
    bodies = [sender().decode() for _ in range(4)] + [sender(street="x" * 100_000).decode()]
    said = await run(
        java, "-XX:TieredStopAtLevel=1", str(source), world.base_url, world.client.key, world.client._secret, *bodies
    )
    assert said.split("\n")[:-1] == ["201 HTTP_1_1"] * 4 + ["422 HTTP_1_1", "200 HTTP_1_1"]


@pytest.mark.parametrize("more", [[], ["--header", "Transfer-Encoding: chunked"]])
async def test_curl_that_would_like_http2_is_answered(world: World, more: list[str]) -> None:
    curl, body, url = program("curl"), sender(), f"{world.base_url}/senders"
    headers = [f"{name}: {value}" for name, value in world.client.signed("POST", url, body).items()]
    said = await run(
        *(
            curl,
            "--silent",
            "--show-error",
            "--http2",
            "--data-binary",
            "@-",
            "--header",
            "Content-Type: application/json",
        ),
        *(part for header in headers for part in ("--header", header)),
        *more,
        *("--write-out", "\n%{http_code} %{http_version}", url),
        body=body,
    )
    assert said.rpartition("\n")[2] == "201 1.1", said


@pytest.mark.parametrize("offered", ["websocket", "h2c", "TLS/1.2", "HTTP/3.0, irc/6.9"])
async def test_whatever_is_offered_the_signed_body_is_read(world: World, offered: str) -> None:
    body, url = sender(), f"{world.base_url}/senders"
    headers = {
        "Host": host(world),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "Upgrade",
        "Upgrade": offered,
        **world.client.signed("POST", url, body),
    }
    assert (await say(world, request("POST", "/v1/senders", headers, body))).status == 201
