"""Scenario 01: a signed call is answered, and the signature is the one that was published."""

from bitpesa.kernel.crypto import signing
from tests.journeys.world import World

NONCE = "00c6a48a-ccb8-4653-a0c8-de7c1ab67529"
URL = "https://api-sandbox.bitpesa.co/v1/senders"
DIGEST = (
    "947148915d2982f7897ab187fd851e854265883109935e5e8c7ba662232b2de1"
    "5e92a298067687b5402319f0efebf0561d37fc4e73460c408f91c7e25bb66ae0"
)
PUBLISHED = (
    "fc44e638c823b660e41f30ba78abe0e04f0dfc6b365e4a7129e44a181530146e"
    "4b777940fe8948af6fee5133b7f85d46a3cdcab449b9559617e60e593b73853c"
)


def test_the_published_vector_has_the_published_signature():
    message = signing.string_to_sign(NONCE, "POST", URL, DIGEST)
    assert signing.sign("YOUR_API_SECRET", message) == PUBLISHED


async def test_a_signed_call_is_answered(world: World):
    answer = await world.client.get("/info/currencies")
    assert answer.status == 200
    assert {"USD", "NGN", "XOF"} <= {currency["code"] for currency in answer.object}
