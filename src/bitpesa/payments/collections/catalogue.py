"""The payin types there are: every data file, read and checked when the program starts."""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from bitpesa.kernel.values.currency import currency
from bitpesa.payments.collections.model import PayinType, UxFlow
from bitpesa.tenants.organisations.model import AppSettings


class BrokenData(ValueError):
    """A data file says something that cannot be right. The message names the file."""


def load(folder: Traversable) -> dict[str, PayinType]:
    """Read every data file of a folder, in the order of their names. Raises BrokenData."""
    found: dict[str, PayinType] = {}
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")):
        read = _read(name, folder.joinpath(name).read_text(encoding="utf-8"))
        if read.type in found:
            raise BrokenData(f"{name}: {read.type} is described elsewhere too")
        found[read.type] = read
    return found


def payin_type(name: str) -> PayinType | None:
    """The payin type of a name such as `XOF::Mobile`; upper and lower case differ."""
    return PAYIN_TYPES.get(name)


def is_open(type_: PayinType, settings: AppSettings) -> bool:
    """Whether the app may collect by a payin type now."""
    if not settings.collections or type_.type in settings.closed_payin_types:
        return False
    return type_.offered or type_.type in settings.open_payin_types


def _read(name: str, text: str) -> PayinType:
    try:
        read = msgspec.convert(tomllib.loads(text), PayinType)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise BrokenData(f"{name}: {problem}") from problem
    complaint = next(_problems(read), None)
    if complaint:
        raise BrokenData(f"{name}: {complaint}")
    return read


def _problems(read: PayinType) -> Iterator[str]:
    known = currency(read.currency)
    if known is None or not known.input:
        yield f"{read.currency} cannot be paid in"
    if not read.flows:
        yield "there is no flow"
    for name, field in read.fields.items():
        yield from (f"fields.{name}: {flow} is no flow of it" for flow in field.flows if flow not in read.flows)
        if field.pattern is not None and re.search(r"\)[*+{?]|\\[1-9]|[*+}][*+{]", field.pattern):
            yield f"fields.{name}: its pattern repeats a group, which may take for ever on what strangers send"
    for flow, entry in read.flows.items():
        yield from (f"flows.{flow}: {key} is no field" for route in entry.routes for key in route.keys() - read.fields)
        if entry.otp and not _asks_for_otp(read, flow):
            yield f"flows.{flow}: its otp is no field"
    yield from (f"example: {key} is no field" for key in read.example.keys() - read.fields.keys())


def _asks_for_otp(read: PayinType, flow: UxFlow) -> bool:
    return "otp" in read.fields and read.fields["otp"].is_asked_in(flow)


PAYIN_TYPES = load(resources.files(__package__).joinpath("data"))
"""Every payin type known, open or closed, by its name."""
