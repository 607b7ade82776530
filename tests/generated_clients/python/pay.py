"""Pays through the client that openapi-python-client made: the only code of ours in it signs requests."""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
from client import Client
from client.api.payout_methods import create_payout_method
from client.api.transactions import create_and_fund_transaction, show_transaction
from client.models import (
    CreateAndFundTransactionBody,
    CreateAndFundTransactionResponse201,
    CreateAndFundTransactionResponse422,
    CreatePayoutMethodBody,
    CreatePayoutMethodResponse201,
    Metadata,
    PayoutMethodDetailFields,
    PayoutMethodFields,
    RecipientFields,
    SenderFields,
    ShowTransactionResponse200,
    TransactionFields,
    TransactionState,
)

SECONDS_UNTIL_PAID = 60


class Signing(httpx.Auth):
    """Signs what is sent, as the SDKs do."""

    requires_request_body = True

    def __init__(self, key: str, secret: str) -> None:
        self._key = key
        self._secret = secret.encode()

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        """Add the three headers."""
        nonce = str(uuid4())
        digest = hashlib.sha512(request.content).hexdigest()
        text = f"{nonce}&{request.method}&{request.url}&{digest}"
        request.headers["Authorization-Key"] = self._key
        request.headers["Authorization-Nonce"] = nonce
        request.headers["Authorization-Signature"] = hmac.new(self._secret, text.encode(), hashlib.sha512).hexdigest()
        yield request


def method(bank_account: str) -> PayoutMethodFields:
    """Say how a recipient is paid."""
    details = {
        "first_name": "John",
        "last_name": "Doe",
        "street": "1 Broad Street",
        "bank_code": "058",
        "bank_account": bank_account,
        "bank_account_type": "20",
    }
    return PayoutMethodFields(type_="NGN::Bank", details=PayoutMethodDetailFields.from_dict(details))


def payment(external_id: str, bank_account: str) -> CreateAndFundTransactionBody:
    """Ask for a payment."""
    sender = SenderFields.from_dict(json.loads(os.environ["SENDER"]))
    recipient = RecipientFields(requested_amount=10_000, requested_currency="NGN", payout_method=method(bank_account))
    return CreateAndFundTransactionBody(
        transaction=TransactionFields(
            input_currency="USD",
            sender=sender,
            recipients=[recipient],
            external_id=external_id,
            metadata=Metadata.from_dict({"invoice": 7}),
        )
    )


def main() -> None:
    """Store a payout method, pay, wait until it is paid, and be refused."""
    client = Client(
        base_url=os.environ["BASE_URL"],
        raise_on_unexpected_status=True,
        httpx_args={"auth": Signing(os.environ["API_KEY"], os.environ["API_SECRET"])},
    )
    stored = create_payout_method.sync(client=client, body=CreatePayoutMethodBody(payout_method=method("12345678900")))
    assert isinstance(stored, CreatePayoutMethodResponse201), stored
    assert stored.object_.type_ == "NGN::Bank"

    external_id = os.environ["EXTERNAL_ID"]
    made = create_and_fund_transaction.sync(
        client=client, body=payment(external_id, "12345678900"), idempotency_key=external_id
    )
    assert isinstance(made, CreateAndFundTransactionResponse201), made
    assert made.object_.metadata["invoice"] == 7
    deadline = time.monotonic() + SECONDS_UNTIL_PAID
    state = made.object_.state
    while state is not TransactionState.PAID:
        assert time.monotonic() < deadline, state
        shown = show_transaction.sync(id=made.object_.id, client=client)
        assert isinstance(shown, ShowTransactionResponse200), shown
        state = shown.object_.state

    refused = create_and_fund_transaction.sync(client=client, body=payment(f"{external_id}-2", ""))
    assert isinstance(refused, CreateAndFundTransactionResponse422), refused
    print("paid", made.object_.id)


main()
