"""A cluster that is hurt lets nobody believe that it was not."""

import time
from pathlib import Path

import pytest

from experiments.chaos import cluster as clusters
from experiments.chaos.cluster import FORGETFUL, open_cluster


def test_a_kill_comes_back_when_the_first_process_has_noticed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it lets others in: a storm once took that for its end, and the fail-over after it was refused."""
    tmp_path.chmod(0o711)  # PostgreSQL may run as somebody else
    with open_cluster(tmp_path / "data", FORGETFUL) as cluster:
        first, *others = cluster.processes()
        first.suspend()
        monkeypatch.setattr(clusters.time, "sleep", lambda _seconds: first.resume())
        killed = cluster.kill_child(0.5)
        noticed = [each for each in others if not each.is_running()]
        first.resume()
        monkeypatch.undo()
        while not cluster.answers:
            assert cluster.is_alive
            time.sleep(0)
    assert killed is not None
    assert noticed
