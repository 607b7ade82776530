"""Which provider pays what: the simulated bank in the sandbox, and whatever plug-ins bring (design decision 9).

A plug-in is an entry point of the group `bitpesa.providers`: a function without arguments that answers its offers.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Literal, TypeVar

import msgspec

from bitpesa.rails.providers.collecting import CollectingProvider
from bitpesa.rails.providers.port import Provider

GROUP = "bitpesa.providers"

NOBODY = "none"
"""Stands in the place of a provider's name where there was none: what it was to get was handed to nobody."""

UNRECORDED = "unrecorded"
"""Stands there where nobody kept the name: it may have been anybody."""

RESERVED = frozenset({NOBODY, UNRECORDED})

Environment = Literal["sandbox", "live"]

Named = TypeVar("Named", Provider, CollectingProvider)


class Offer(msgspec.Struct, frozen=True):
    """A provider, and the payout types it pays in an environment."""

    provider: Provider
    environment: Environment
    payout_types: frozenset[str]


class CollectingOffer(msgspec.Struct, frozen=True):
    """A collecting provider, and the payin types it collects in an environment."""

    provider: CollectingProvider
    environment: Environment
    payin_types: frozenset[str]


PlugIn = Callable[[], Iterable[Offer | CollectingOffer]]


class OfferedTwice(ValueError):
    """Two plug-ins want the same payout or payin type in the same environment; the operator must remove one."""


class NamedAlike(ValueError):
    """Two providers of an environment have one name, by which what they were handed is asked about: rename one."""


class Providers(msgspec.Struct, frozen=True):
    """The provider of each payout and payin type, by environment; `otherwise` does what nobody was named for."""

    named: Mapping[tuple[Environment, str], Provider] = {}
    otherwise: Mapping[Environment, Provider] = {}
    named_to_collect: Mapping[tuple[Environment, str], CollectingProvider] = {}
    otherwise_to_collect: Mapping[Environment, CollectingProvider] = {}

    def for_payout(self, payout_type: str, environment: Environment) -> Provider | None:
        """The provider that pays this payout type; None when there is none."""
        return self.named.get((environment, payout_type), self.otherwise.get(environment))

    def called(self, name: str, environment: Environment) -> Provider | None:
        """The provider of this name, if it pays anything in the environment."""
        return _called(name, environment, self.named, self.otherwise)

    def for_payin(self, payin_type: str, environment: Environment) -> CollectingProvider | None:
        """The provider that collects by this payin type; None when there is none."""
        return self.named_to_collect.get((environment, payin_type), self.otherwise_to_collect.get(environment))

    def collecting_called(self, name: str, environment: Environment) -> CollectingProvider | None:
        """The provider of this name, if it collects anything in the environment."""
        return _called(name, environment, self.named_to_collect, self.otherwise_to_collect)


def load_providers(
    simulator: Provider,
    plug_ins: Iterable[PlugIn] | None = None,
    *,
    collecting_simulator: CollectingProvider | None = None,
) -> Providers:
    """Put the providers together: plug-ins first (those installed, unless given), the simulator for the sandbox's rest.

    Live has no provider but those of plug-ins. Raises OfferedTwice, NamedAlike.
    """
    paying: dict[tuple[Environment, str], Provider] = {}
    collecting: dict[tuple[Environment, str], CollectingProvider] = {}
    for plug_in in installed() if plug_ins is None else plug_ins:
        for offer in plug_in():
            if isinstance(offer, CollectingOffer):
                for payin_type in sorted(offer.payin_types):
                    _add(collecting, (offer.environment, payin_type), offer.provider)
            else:
                for payout_type in sorted(offer.payout_types):
                    _add(paying, (offer.environment, payout_type), offer.provider)
    collects_the_rest: dict[Environment, CollectingProvider] = (
        {} if collecting_simulator is None else {"sandbox": collecting_simulator}
    )
    _require_own_names([*paying.items(), (("sandbox", ""), simulator)])
    _require_own_names([*collecting.items(), *((("sandbox", ""), each) for each in collects_the_rest.values())])
    return Providers(paying, {"sandbox": simulator}, collecting, collects_the_rest)


def installed(entry_points: Iterable[metadata.EntryPoint] | None = None) -> list[PlugIn]:
    """The plug-ins of the packages that are installed, by name."""
    found = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    return [entry_point.load() for entry_point in sorted(found, key=lambda each: each.name)]


def _add(named: dict[tuple[Environment, str], Named], key: tuple[Environment, str], provider: Named) -> None:
    if key in named:
        raise OfferedTwice(f"{named[key].name} and {provider.name} both offer {key[1]} in {key[0]}")
    named[key] = provider


def _require_own_names(offered: Iterable[tuple[tuple[Environment, str], Named]]) -> None:
    known: dict[tuple[Environment, str], Named] = {}
    for (environment, _), provider in offered:
        if provider.name in RESERVED or known.setdefault((environment, provider.name), provider) is not provider:
            raise NamedAlike(f"there is more than one provider {provider.name!r} in {environment}")


def _called(
    name: str,
    environment: Environment,
    named: Mapping[tuple[Environment, str], Named],
    otherwise: Mapping[Environment, Named],
) -> Named | None:
    offered = [provider for (where, _), provider in named.items() if where == environment]
    offered += [provider for where, provider in otherwise.items() if where == environment]
    return next((provider for provider in offered if provider.name == name), None)
