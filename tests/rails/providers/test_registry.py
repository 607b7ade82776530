from importlib.metadata import EntryPoint

import pytest

from bitpesa.rails.providers.registry import (
    GROUP,
    CollectingOffer,
    NamedAlike,
    Offer,
    OfferedTwice,
    installed,
    load_providers,
)


class Named:
    """A provider as far as the registry looks at it."""

    def __init__(self, name):
        self.name = name


SIMULATOR, ACME = Named("simulator"), Named("acme")


def acme_plug_in():
    return [Offer(ACME, "live", frozenset({"NGN::Bank", "GHS::Bank"}))]


def test_the_sandbox_has_the_simulator_and_live_has_nobody():
    providers = load_providers(SIMULATOR, [])
    assert providers.for_payout("NGN::Bank", "sandbox") is SIMULATOR
    assert providers.for_payout("NGN::Bank", "live") is None


def test_a_plug_in_pays_what_it_offers_where_it_offers_it():
    providers = load_providers(SIMULATOR, [acme_plug_in])
    assert providers.for_payout("NGN::Bank", "live") is ACME
    assert providers.for_payout("UGX::Mobile", "live") is None
    assert providers.for_payout("NGN::Bank", "sandbox") is SIMULATOR


def test_a_plug_in_may_take_a_payout_type_of_the_sandbox_from_the_simulator():
    providers = load_providers(SIMULATOR, [lambda: [Offer(ACME, "sandbox", frozenset({"NGN::Bank"}))]])
    assert providers.for_payout("NGN::Bank", "sandbox") is ACME
    assert providers.for_payout("GHS::Bank", "sandbox") is SIMULATOR


def test_two_plug_ins_cannot_pay_the_same():
    other = [Offer(Named("other"), "live", frozenset({"NGN::Bank"}))]
    with pytest.raises(OfferedTwice, match="acme and other both offer NGN::Bank in live"):
        load_providers(SIMULATOR, [acme_plug_in, lambda: other])


def test_plug_ins_are_found_as_entry_points():
    entry_points = [EntryPoint("b", "builtins:tuple", GROUP), EntryPoint("a", "builtins:list", GROUP)]
    assert installed(entry_points) == [list, tuple]


def test_a_fresh_installation_has_no_plug_ins():
    assert load_providers(SIMULATOR).for_payout("NGN::Bank", "live") is None


def test_a_provider_is_found_by_its_name_where_it_pays():
    providers = load_providers(SIMULATOR, [acme_plug_in])
    assert providers.called("acme", "live") is ACME
    assert providers.called("acme", "sandbox") is None
    assert providers.called("nobody", "live") is None


def collecting_plug_in():
    return [CollectingOffer(ACME, "live", frozenset({"XOF::Mobile"})), *acme_plug_in()]


def test_a_plug_in_collects_what_it_offers_and_the_simulator_the_rest_of_the_sandbox():
    providers = load_providers(SIMULATOR, [collecting_plug_in], collecting_simulator=SIMULATOR)
    assert providers.for_payin("XOF::Mobile", "live") is ACME
    assert providers.for_payin("GHS::Mobile", "live") is None
    assert providers.for_payin("GHS::Mobile", "sandbox") is SIMULATOR
    assert providers.for_payout("NGN::Bank", "live") is ACME


def test_two_plug_ins_that_collect_the_same_are_refused():
    with pytest.raises(OfferedTwice, match="both offer XOF::Mobile in live"):
        load_providers(SIMULATOR, [collecting_plug_in, lambda: collecting_plug_in()[:1]])


def test_what_pays_and_collects_the_rest_has_a_name_too():
    collector = Named("collecting simulator")
    providers = load_providers(SIMULATOR, [acme_plug_in], collecting_simulator=collector)
    assert providers.called("simulator", "sandbox") is SIMULATOR
    assert providers.called("simulator", "live") is None
    assert providers.collecting_called("collecting simulator", "sandbox") is collector
    assert providers.collecting_called("collecting simulator", "live") is None
    assert providers.called("collecting simulator", "sandbox") is None


@pytest.mark.parametrize("name", ["simulator", "none", "unrecorded"])
def test_a_name_is_of_one_provider_since_it_is_asked_by_it(name):
    with pytest.raises(NamedAlike, match=name):
        load_providers(SIMULATOR, [lambda: [Offer(Named(name), "sandbox", frozenset({"NGN::Bank"}))]])


def test_a_provider_may_offer_much_and_in_both_environments():
    offers = [Offer(ACME, "live", frozenset({"NGN::Bank"})), Offer(ACME, "sandbox", frozenset({"NGN::Bank"}))]
    assert load_providers(SIMULATOR, [lambda: offers]).called("acme", "sandbox") is ACME
