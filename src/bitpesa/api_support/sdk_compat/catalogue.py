"""The models there are: the data file, read and checked when the program starts."""

import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec

from bitpesa.api_support.sdk_compat.model import Kind, Member, Model


class BrokenModels(ValueError):
    """The data file names something that is nowhere. The message says what."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    choices: dict[str, str]
    models: dict[str, dict[str, str]]


def load(text: str) -> dict[str, Model]:
    """Read the models of a data file. Raises BrokenModels."""
    file = msgspec.convert(tomllib.loads(text), _File)
    choices = {name: frozenset(words.split()) for name, words in file.choices.items()}
    return {
        model: {name: _member(said, choices, file.models) for name, said in members.items()}
        for model, members in file.models.items()
    }


def _member(said: str, choices: Mapping[str, frozenset[str]], models: Mapping[str, object]) -> Member:
    if said.startswith("list of "):
        item = said.removeprefix("list of ")
        return Member(Kind.LIST, items=_member(f"a {item}" if item in models else item, choices, models))
    if said.startswith("one of ") and said.removeprefix("one of ") in choices:
        return Member(Kind.CHOICE, choices=choices[said.removeprefix("one of ")])
    if said.startswith("a ") and said.removeprefix("a ") in models:
        return Member(Kind.MODEL, model=said.removeprefix("a "))
    if said in _PLAIN:
        return Member(Kind(said))
    raise BrokenModels(f"{said!r} is nothing that a member can hold")


_PLAIN = frozenset(Kind) - {Kind.CHOICE, Kind.MODEL, Kind.LIST}

MODELS = load(resources.files(__package__).joinpath("models.toml").read_text(encoding="utf-8"))
"""The models by name, such as `Sender`."""
