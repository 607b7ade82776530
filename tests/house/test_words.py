"""What no file of the repository may say."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.code import ROOT, SOURCE

# Written in pieces, so that this file does not say it either.
MACHINE_PATHS = ["/wor" + "k/", "/roo" + "t/", "/opt/py" + "pi", "/opt/whe" + "els"]
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.", "npm" + "js.", "deb." + "debian", "proxy.go" + "lang"]
FORBIDDEN = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" for word in [*MACHINE_PATHS, *REGISTRY_HOSTS]))
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
VAGUE = re.compile(r"(?:^|_)(?:utils?|helpers?|common|managers?|misc)(?:_|$)")

NOT_OURS = {ROOT / "data", ROOT / "dist"}
HIDDEN_AND_OURS = {".ci", ".gitignore"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the repository; tools keep what is theirs in hidden folders."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in HIDDEN_AND_OURS
        if hidden or path.name == "__pycache__" or path in NOT_OURS:
            continue
        yield from files(path) if path.is_dir() else [path]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "ignore")


def test_no_file_names_a_path_of_one_machine_or_a_registry() -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}: {found.group()}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (found := FORBIDDEN.search(line))
    ]
    assert said == []


def test_forbidden_words_are_recognised() -> None:
    assert FORBIDDEN.search("see " + MACHINE_PATHS[0] + "main")
    assert FORBIDDEN.search("https://" + REGISTRY_HOSTS[0] + "/simple")
    assert not FORBIDDEN.search("frame" + MACHINE_PATHS[0] + "x")


def test_nothing_in_the_source_is_left_for_later() -> None:
    left = [str(path.relative_to(ROOT)) for path in SOURCE.rglob("*.py") if UNFINISHED.search(text_of(path))]
    left += [str(path.relative_to(ROOT)) for path in SOURCE.rglob("*.sql") if UNFINISHED.search(text_of(path))]
    assert left == []


def test_every_file_is_named_after_what_it_is() -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCE.rglob("*.py") if VAGUE.search(path.stem)] == []
