"""The web and the terminal are spoken to at the edges and nowhere below."""

from tests.house.code import modules, ranks

OF_THE_EDGES = {"jinja2", "starlette", "typer", "uvicorn"}
RANKS = ranks()
LOWEST_EDGE, _ = RANKS["web"]


def test_only_edges_know_the_web_and_the_terminal() -> None:
    below = [module for module in modules() if RANKS.get(module.room, (LOWEST_EDGE + 1, 0))[0] > LOWEST_EDGE]
    found = {module.name: sorted(module.libraries & OF_THE_EDGES) for module in below}
    assert {name: libraries for name, libraries in found.items() if libraries} == {}


def test_the_edges_are_ranked_highest_and_the_command_that_starts_them_above_them() -> None:
    by_rank = [{name for name, rank in RANKS.items() if rank == (wanted, -1)} for wanted in (0, 1, 2)]
    assert by_rank == [{"cli"}, {"server"}, {"api", "web", "worker"}]
