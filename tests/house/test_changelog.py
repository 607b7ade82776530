"""Changes that a user can notice are told in files of their own until a release gathers them."""

import re

from tests.house.code import ROOT

NAME = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md")


def test_news_files_are_named_and_filled_as_changelog_d_says() -> None:
    news = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert [path.name for path in news if not NAME.fullmatch(path.name)] == []
    assert [path.name for path in news if not path.read_text(encoding="utf-8").strip().endswith(".")] == []
