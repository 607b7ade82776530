from bitpesa.webhooks.event_names import ACCEPTED, EVENT_NAMES, TEST


def test_every_event_that_is_sent_can_be_asked_for_but_the_test_that_is_sent_on_demand():
    assert [entry.name for entry in EVENT_NAMES if entry.is_emitted and not entry.is_accepted] == [TEST]


def test_names_are_unique_and_all_explained():
    assert len({entry.name for entry in EVENT_NAMES}) == len(EVENT_NAMES)
    assert all(entry.when for entry in EVENT_NAMES)


def test_requests_of_old_clients_for_transaction_requests_are_accepted_and_sample_names_are_not():
    assert "transaction_request.created" in ACCEPTED
    assert "transaction.paid" not in ACCEPTED
    assert "transaction.processing" not in ACCEPTED
    assert len(ACCEPTED) == 39
