"""The corridors there are: every data file, read and checked when the program starts."""

from importlib import resources
from importlib.resources.abc import Traversable

from bitpesa.rails.corridors.data_file import BrokenData, read_corridors
from bitpesa.rails.corridors.model import Bank, Corridor
from bitpesa.rails.corridors.rules import within_sdks as corridor_within_sdks


def load(folder: Traversable) -> tuple[Corridor, ...]:
    """Read every data file of a folder, in the order of their names."""
    found: dict[str, Corridor] = {}
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")):
        for read in read_corridors(folder, name):
            if read.type in found:
                raise BrokenData(f"{name}: type: {read.type} is described elsewhere too")
            found[read.type] = read
    return tuple(found.values())


CORRIDORS = load(resources.files(__package__).joinpath("data"))
"""Every payout type known, open or closed."""

_BY_TYPE = {corridor.type: corridor for corridor in CORRIDORS}
_WITHIN_SDKS = {corridor.type: corridor_within_sdks(corridor) for corridor in CORRIDORS}


def corridor(type_: str, *, within_sdks: bool = False) -> Corridor | None:
    """The corridor of a payout type such as `NGN::Bank`; upper and lower case differ.

    `within_sdks` asks for nothing that no official SDK can send.
    """
    return (_WITHIN_SDKS if within_sdks else _BY_TYPE).get(type_)


def banks(type_: str) -> tuple[Bank, ...]:
    """The banks or branches that a payout type reaches; none when it has no list, or is not known."""
    found = _BY_TYPE.get(type_)
    return () if found is None else found.banks
