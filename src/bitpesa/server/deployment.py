"""Which deployment a command works on: the embedded server of a data directory, or a database by its URL."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
import uvloop

from bitpesa.embedded_postgres import join_or_start, start_server
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.observability.instrumentation import NOBODY, Watching
from bitpesa.schema.migrate import require_current
from bitpesa.server.problems import CannotGoOn
from bitpesa.settings import Settings, read_settings, variable_of
from bitpesa.wiring import Platform, open_platform

T = TypeVar("T")

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="BITPESA_DATA",
        help="The directory of the sandbox: its database, keys and log.",
        show_default=True,
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", envvar="BITPESA_DATABASE_URL", help="A PostgreSQL (15 or newer) of your own instead."
    ),
]

DEFAULT_DATA = Path("data")

PORTAL_FILE = "portal.origin"
"""In the data directory: where its portal answers, or answered when it ran last."""

OBJECTS_UNTIL_LOOKED_AT = 10_000


class Place(msgspec.Struct, frozen=True):
    """A deployment's database, and the directory that holds what belongs to this machine."""

    database_url: str
    data: Path
    may_make_key: bool
    """Whether a missing master key may be made: never for a database whose secrets another key may have sealed."""


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop that production uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def run_for_long(main: Coroutine[Any, Any, T]) -> T:
    """The same for what runs until it is stopped.

    What is loaded by now stays: Python need not look for garbage among it again and again, which made everybody wait
    50 ms each time. What comes and goes with requests is looked at after more of it: nearly all is gone by then.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_LOOKED_AT)
    return run_async(main)


@contextmanager
def database_of_ones_own(data: Path, database_url: str | None) -> Iterator[Place]:
    """The database of a sandbox: the one named, or that of the data directory, which nobody else may be using."""
    if database_url:
        yield Place(database_url, data, may_make_key=True)
        return
    with start_server(data) as server:
        yield Place(server.dsn, data, may_make_key=True)


@contextmanager
def database_at(data: Path, database_url: str | None) -> Iterator[Place]:
    """The database to work on: the one named, or that of the data directory, which is joined or started."""
    if database_url:
        yield Place(database_url, data, may_make_key=False)
        return
    with join_or_start(data) as url:
        yield Place(url, data, may_make_key=True)


def settings_at(place: Place, **changes: Any) -> Settings:
    """The settings of a deployment: from the environment, and what a data directory brings along.

    The master key of a data directory is made on its first use and read from then on. Raises SettingsProblem.
    """
    environ = {**os.environ, variable_of("database_url"): place.database_url}
    if not environ.get(variable_of("master_keys")):
        environ[variable_of("master_keys")] = _master_key_of(place)
    if not environ.get(variable_of("documents_directory")):
        environ[variable_of("documents_directory")] = str(place.data / "documents")
    return msgspec.structs.replace(read_settings(environ), **changes)


@asynccontextmanager
async def platform_at(place: Place, watching: Watching = NOBODY, **changes: Any) -> AsyncIterator[Platform]:
    """The opened deployment, its schema as this release needs it. Raises SchemaTooOld, SchemaTooNew."""
    await require_current(place.database_url)
    async with open_platform(settings_at(place, **changes), watching) as platform:
        yield platform


def remember_portal(place: Place, origin: str) -> None:
    """Leave word where the portal of this data directory answers."""
    (place.data / PORTAL_FILE).write_text(origin + "\n", encoding="ascii")


def portal_at(place: Place) -> str | None:
    """Where the portal answers, or answered when it ran last; None where a setting says so, or nobody ever did."""
    if any(os.environ.get(variable_of(name)) for name in ("portal_origin", "sandbox_origins")):
        return None
    try:
        return (place.data / PORTAL_FILE).read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def work_on(data: Path, database_url: str | None, operation: Callable[[Platform], Coroutine[Any, Any, T]]) -> T:
    """Run one operation on a deployment."""

    async def run(place: Place) -> T:
        portal = None if database_url else portal_at(place)
        async with platform_at(place, NOBODY, **({} if portal is None else {"portal_origin": portal})) as platform:
            return await operation(platform)

    with database_at(data, database_url) as place:
        return run_async(run(place))


def _master_key_of(place: Place) -> str:
    """The key of the data directory; empty when there is none and none may be made."""
    path = place.data / "master.key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _make_master_key(path) if place.may_make_key else ""
    except OSError as problem:
        raise CannotGoOn(f"cannot read {path}: {problem.strerror}") from problem


def _make_master_key(path: Path) -> str:
    """Make a key that only this user can read; whoever comes second takes the key of whoever came first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(new_master_key() + "\n", encoding="ascii")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
