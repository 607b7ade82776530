"""How clients reach the server: by a Unix socket in a private directory, and by nothing else.

Only its owner (and root) can enter the directory, so whoever can connect may: no password has to be made, kept and
handed on, no port can be taken, and nothing listens on the network. The directory lies in the system's place for
temporary files and not with the data, because the path of a socket is limited to about a hundred bytes and because
file systems shared with a virtual machine hold no sockets. Its name comes from the path of the data, so a killed
server leaves no more than one behind; who joins reads it from `postmaster.pid`.
"""

import os
import shutil
import socket
import stat
import tempfile
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from bitpesa.embedded_postgres.cluster import DATABASE, USER
from bitpesa.embedded_postgres.identity import Identity, give

PORT = 5432  # a part of the socket's name, no port of the machine
NAME = f".s.PGSQL.{PORT}"
LONGEST_PATH = 100  # macOS allows 103 bytes, Linux 107


def make_socket_directory(cluster: Path, identity: Identity) -> Path:
    """Make the directory, or empty the one that a killed server left: its lock file may name a reused process id."""
    name = f"bitpesa-{sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    place = _place_for(name)
    directory = place / name
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_private(directory, identity):  # somebody else was here first
            directory = Path(tempfile.mkdtemp(prefix="bitpesa-", dir=place))
    for left in (NAME, f"{NAME}.lock"):
        (directory / left).unlink(missing_ok=True)
    give(directory, identity)
    return directory


def remove_socket_directory(directory: Path) -> None:
    """Tidy up after a server that has ended."""
    shutil.rmtree(directory, ignore_errors=True)


def dsn(directory: Path) -> str:
    """Say how to connect to the database through the sockets of a directory."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(directory))}&port={PORT}"


def answers(directory: Path) -> bool:
    """Try whether a server listens there."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(directory / NAME))
        except OSError:
            return False
        return True


def _place_for(name: str) -> Path:
    places = (Path(tempfile.gettempdir()).resolve(), Path("/tmp"))  # noqa: S108 # nosec B108 - ours in it is private
    return next(place for place in places if len(os.fsencode(place / name / f"{NAME}.lock")) <= LONGEST_PATH)


def _is_private(directory: Path, identity: Identity) -> bool:
    found = directory.lstat()
    ours = found.st_uid in {identity.uid, os.geteuid()}
    return stat.S_ISDIR(found.st_mode) and ours and not stat.S_IMODE(found.st_mode) & 0o077
