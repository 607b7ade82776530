from chaos.check import check


async def test_an_empty_database_keeps_every_promise(fresh_database_url: str) -> None:
    findings = await check(fresh_database_url, [], [])
    assert [each for each in findings if each.broken] == []
