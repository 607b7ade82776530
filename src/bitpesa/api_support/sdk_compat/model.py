"""A model of the SDKs: the members of an object that they know, and what each may hold."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a member holds."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE_NUMBER = "whole number"
    FLAG = "flag"
    OBJECT = "object"
    UUID = "uuid"
    DATE = "date"
    TIME = "time"
    CHOICE = "one of"
    MODEL = "a"
    LIST = "list of"


class Member(msgspec.Struct, frozen=True):
    """One member: its kind, with the choices of a CHOICE, the name of a MODEL, or what the items of a LIST are."""

    kind: Kind
    choices: frozenset[str] = frozenset()
    model: str = ""
    items: "Member | None" = None


Model = Mapping[str, Member]
"""The members of an object, by name."""
