"""Which provider pays what: the simulated bank in the sandbox, and whatever plug-ins bring (design decision 9).

A plug-in is an entry point of the group `bitpesa.providers`: a function without arguments that answers its offers.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Literal

import msgspec

from bitpesa.providers.port import Provider

GROUP = "bitpesa.providers"

Environment = Literal["sandbox", "live"]


class Offer(msgspec.Struct, frozen=True):
    """A provider, and the payout types it pays in an environment."""

    provider: Provider
    environment: Environment
    payout_types: frozenset[str]


PlugIn = Callable[[], Iterable[Offer]]


class OfferedTwice(ValueError):
    """Two plug-ins want to pay the same payout type in the same environment; the operator must remove one."""


class Providers(msgspec.Struct, frozen=True):
    """The provider of each payout type, by environment; `otherwise` pays what nobody was named for."""

    named: Mapping[tuple[Environment, str], Provider] = {}
    otherwise: Mapping[Environment, Provider] = {}

    def for_payout(self, payout_type: str, environment: Environment) -> Provider | None:
        """The provider that pays this payout type; None when there is none."""
        return self.named.get((environment, payout_type), self.otherwise.get(environment))

    def called(self, name: str, environment: Environment) -> Provider | None:
        """The provider of this name, if it pays anything in the environment."""
        offered = (provider for (where, _), provider in self.named.items() if where == environment)
        return next((provider for provider in offered if provider.name == name), None)


def load_providers(simulator: Provider, plug_ins: Iterable[PlugIn] | None = None) -> Providers:
    """Put the providers together: plug-ins first (those installed, unless given), the simulator for the sandbox's rest.

    Live has no provider but those of plug-ins. Raises OfferedTwice.
    """
    named: dict[tuple[Environment, str], Provider] = {}
    for plug_in in installed() if plug_ins is None else plug_ins:
        for offer in plug_in():
            for payout_type in sorted(offer.payout_types):
                _add(named, offer, payout_type)
    return Providers(named, {"sandbox": simulator})


def installed(entry_points: Iterable[metadata.EntryPoint] | None = None) -> list[PlugIn]:
    """The plug-ins of the packages that are installed, by name."""
    found = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    return [entry_point.load() for entry_point in sorted(found, key=lambda each: each.name)]


def _add(named: dict[tuple[Environment, str], Provider], offer: Offer, payout_type: str) -> None:
    key = (offer.environment, payout_type)
    if key in named:
        raise OfferedTwice(f"{named[key].name} and {offer.provider.name} both offer {payout_type} in {key[0]}")
    named[key] = offer.provider
