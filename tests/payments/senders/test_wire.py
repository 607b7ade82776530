from uuid import UUID

from bitpesa.kernel.values import json
from bitpesa.payments.senders import wire
from bitpesa.payments.senders.model import Draft, Sender, SenderState
from tests.payments.senders.conftest import LATER, NOW

SENDER = Sender(
    app_id=UUID(int=1),
    id=UUID(int=2),
    external_id="S-1",
    type="person",
    state=SenderState.APPROVED,
    profile={"first_name": "Jane", "birth_date": "1974-12-24", "phone_e164": "+254712345678"},
    metadata={"a": 1},
    created_at=NOW,
    updated_at=LATER,
)


def test_a_sender_is_told_with_what_it_has():
    assert wire.sender_json(SENDER) == {
        "id": "00000000-0000-0000-0000-000000000002",
        "type": "person",
        "state": "approved",
        "state_reason": None,
        "external_id": "S-1",
        "onboarding_status": "new",
        "lang": "en",
        "first_name": "Jane",
        "birth_date": "1974-12-24",
        "documents": [],
        "politically_exposed_people": [],
        "providers": {},
        "metadata": {"a": 1},
        "created_at": "2030-01-01T12:00:00.000Z",
        "errors": {},
    }


def test_an_event_tells_the_same():
    event = wire.event("sender.created", SENDER)
    assert (event.name, event.object_type, event.object_id, event.subject_id) == (
        "sender.created",
        "Sender",
        SENDER.id,
        SENDER.id,
    )
    assert json.decode(event.payload) == wire.sender_json(SENDER)


def test_only_what_belongs_to_a_sender_is_echoed():
    submitted = {"first_name": "Jane", "foo": 1, "state": "banned", "id": "x", "metadata": [], "providers": {}}
    errors = {"id": [{"error": "invalid"}]}
    draft = Draft(sender=None, stored=None, submitted=submitted, errors=errors)
    assert wire.refused_json(draft) == {
        "first_name": "Jane",
        "id": "x",
        "metadata": [],
        "errors": errors,
    }
