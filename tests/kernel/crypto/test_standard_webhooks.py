import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bitpesa.kernel.crypto import standard_webhooks


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80), st.uuids(), st.text(max_size=40))
def test_the_reference_library_verifies_what_we_sign(api_secret, message_id, content):
    body = json.dumps({"content": content}).encode()
    headers = standard_webhooks.headers(api_secret, str(message_id), int(time.time()), body)
    assert Webhook(standard_webhooks.secret_of(api_secret)).verify(body, headers) == {"content": content}


def test_anything_else_is_refused_by_it():
    verifier = Webhook(standard_webhooks.secret_of("secret"))
    headers = standard_webhooks.headers("secret", "m", int(time.time()), b"{}")
    for body, changes in [
        (b"[]", {}),
        (b"{}", {"webhook-id": "n"}),
        (b"{}", {"webhook-timestamp": str(int(time.time()) - 1)}),
    ]:
        with pytest.raises(WebhookVerificationError):
            verifier.verify(body, {**headers, **changes})
    with pytest.raises(WebhookVerificationError):
        Webhook(standard_webhooks.secret_of("other")).verify(b"{}", headers)


def test_the_secret_has_the_length_that_the_convention_asks_for_and_does_not_show_the_api_secret():
    secret = standard_webhooks.secret_of("0" * 64)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert "0000" not in secret


def test_the_secret_is_what_the_recipe_of_the_reference_makes_of_it():
    """printf %s standard-webhooks | openssl dgst -sha256 -hmac secret -binary | base64"""
    assert standard_webhooks.secret_of("secret") == "whsec_+Ta0uipacAd62OV5+4Uf4NyDfSOag18dG2iVXekI6sk="
