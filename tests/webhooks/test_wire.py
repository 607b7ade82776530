from uuid import UUID

from bitpesa.kernel.crypto.signing import signature
from bitpesa.kernel.outbox.events import Recorded
from bitpesa.webhooks import wire

OBJECT_ID = UUID("9170b966-0000-4000-8000-7af5ad7e335f")


def test_the_body_and_its_signature_are_what_client_sdks_verify():
    event = Recorded("transaction.paid", "Transaction", OBJECT_ID, f'{{"id":"{OBJECT_ID}","state":"paid"}}')
    body = wire.body(UUID("02b769ff-0000-4000-8000-820d285d76c7"), event)
    nonce = "00000000-0000-4000-8000-000000000006"
    assert signature("test-secret", nonce, "POST", "https://merchant.example/hook?tenant=7", body) == (
        "f2c042bbaa2623ce3e4a36895f82e1eea54a8e8b50954d4c0b90dd3207985776"
        "3fd36352683315c0a2675435a25eb91038ee0103de13c5c86d7063daad5f5dd6"
    )


def test_the_payload_goes_in_byte_for_byte():
    payload = '{"amount":100.50,"name":"Ŝ\\u00e9"}'
    body = wire.body(OBJECT_ID, Recorded("sender.created", "Sender", OBJECT_ID, payload))
    assert body.endswith(b',"object":' + payload.encode() + b"}")


def test_a_log_names_objects_as_classes_however_they_were_recorded():
    for object_type in ("payout_method", "PayoutMethod"):
        event = Recorded("payout_method.created", object_type, OBJECT_ID, "{}")
        assert wire.log_message(event, "delivered") == f"PayoutMethod({OBJECT_ID}) payout_method.created delivered!"
