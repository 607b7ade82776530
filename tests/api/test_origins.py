import pytest

from bitpesa.api.origins import origin_called
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.settings import Settings

SETTINGS = Settings(
    database_url="postgresql://nowhere",
    master_keys=(new_master_key(),),
    sandbox_origins=("https://api-sandbox.example.com", "https://report-engine.sandbox.example.com"),
    live_origins=("https://api.example.com", "http://localhost:8080"),
)


@pytest.mark.parametrize(
    ("environment", "host", "origin"),
    [
        ("sandbox", b"report-engine.sandbox.example.com", "https://report-engine.sandbox.example.com"),
        ("sandbox", b"API-Sandbox.example.com", "https://api-sandbox.example.com"),
        ("live", b"localhost:8080", "http://localhost:8080"),
        ("live", b"localhost", "https://api.example.com"),
        ("live", b"api-sandbox.example.com", "https://api.example.com"),
        ("live", b"evil.example.net", "https://api.example.com"),
        ("live", b"", "https://api.example.com"),
        ("live", b"\xff", "https://api.example.com"),
    ],
)
def test_links_lead_to_the_origin_that_was_called_or_the_first_one(environment, host, origin):
    assert origin_called(SETTINGS, environment, host) == origin
