"""Scenario 39, leaving an organisation by oneself."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from tests.journeys.people import Person, Town, open_town

HOME = "/portal/organisations"


@pytest.fixture
async def town(fresh_database_url: str) -> AsyncIterator[Town]:
    async with open_town(fresh_database_url) as town:
        yield town


async def door(town: Town, name: str = "Nairobi Exports") -> str:
    """Where an organisation is left."""
    (row,) = await town.execute("select id from organisations where name = $1", name)
    return f"{HOME}/{row['id']}/leave"


async def user_id(town: Town, person: Person) -> UUID:
    (row,) = await town.execute("select id from users where email = $1", person.email)
    found: UUID = row["id"]
    return found


async def members(town: Town) -> list[str]:
    rows = await town.execute("select email from members m join users u on u.id = m.user_id order by email")
    return [row["email"] for row in rows]


async def test_a_member_leaves_and_sees_nothing_any_more(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com", "Logs/Read")
    path = await door(town)
    assert path in (await bob.browser.get(HOME)).text
    asked = await bob.browser.get(path)
    assert "Yes, leave" in asked.words
    assert await members(town) == ["ada@example.com", "bob@example.com"], "looking is not leaving"
    assert (await bob.browser.post(path, csrf="0" * 64)).status == 403
    left = await bob.browser.post(path)
    assert left.location == f"{HOME}?done=left"
    shown = await bob.browser.get(f"{HOME}?done=left")
    assert "You have left" in shown.words
    assert "Nairobi Exports" not in shown.words
    assert (await bob.browser.get("/portal/test/logs")).location == "/portal/organisations/new"
    assert await members(town) == ["ada@example.com"]
    (line,) = await town.execute("select * from audit_trail where action = 'member.left'")
    assert line["actor"] == "bob@example.com"
    assert line["before"] == {"administrator": False, "permissions": ["Logs/Read"]}
    assert "Member left" in (await ada.browser.get("/portal/audit")).words


async def test_the_last_administrator_stays_and_is_told_what_to_do(town: Town) -> None:
    ada = await town.founder()
    keeper = await town.member(ada, "keeper@example.com", "Roles/Write", "Roles/Read")
    path = await door(town)
    shown = await ada.browser.get(path)
    assert shown.status == 200
    assert "Yes, leave" not in shown.words
    refused = await ada.browser.post(path)
    assert refused.status == 403
    for words in ("the only administrator", "make another member administrator", "Close it: staff do that"):
        assert words in refused.words
    assert (await town.trail())[-1] == "member.leaving_refused"
    assert len(await members(town)) == 2
    assert (await ada.browser.post(f"/portal/people/{await user_id(town, keeper)}", administrator="yes")).status == 303
    assert (await ada.browser.post(path)).status == 303
    assert await members(town) == [keeper.email]


async def test_of_two_administrators_who_leave_at_once_one_stays(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    await ada.browser.post(f"/portal/people/{await user_id(town, bob)}", administrator="yes")
    path = await door(town)
    answers = await asyncio.gather(ada.browser.post(path), bob.browser.post(path))
    assert sorted(answer.status for answer in answers) == [303, 403]
    assert len(await members(town)) == 1


async def test_nobody_leaves_what_is_not_his(town: Town) -> None:
    await town.founder()
    eve = await town.founder("eve@example.com", name="Elsewhere")
    newcomer = await town.user("new@example.com")
    before, trail = await members(town), await town.trail()
    for path in (await door(town), f"{HOME}/{uuid4()}/leave", f"{HOME}/x/leave"):
        for person in (eve, newcomer):
            assert (await person.browser.get(path)).location == HOME
            assert (await person.browser.post(path)).location == HOME
    stranger = await town.somebody("nobody@example.com")
    path = await door(town)
    assert (await stranger.browser.get(path)).location == f"/log-in?next={path}"
    assert (await stranger.browser.post(path)).location == "/log-in"
    assert (await members(town), await town.trail()) == (before, trail)


async def test_every_device_turns_to_another_organisation(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    await bob.found(name="Of Bob")
    await bob.browser.post("/portal/organisation", organisation=(await door(town)).split("/")[3])
    assert "Nairobi Exports" in (await bob.browser.get("/portal/account")).words
    await bob.browser.post(await door(town))
    (session,) = await town.execute(
        "select organisation_id from sessions where user_id = $1 and ended_at is null",
        await user_id(town, bob),
    )
    assert session["organisation_id"] is None
    shown = await bob.browser.get("/portal/account")
    assert "Of Bob" in shown.words


async def test_what_a_member_offered_to_others_is_worth_nothing_after_it_left(town: Town) -> None:
    ada = await town.founder()
    keeper = await town.member(ada, "keeper@example.com", "Roles/Write", "Roles/Read")
    carol = await town.user("carol@example.com")
    await keeper.browser.post("/portal/people/invite", email=carol.email)
    link = await town.link_to(carol.email, "/invitations/")
    await keeper.browser.post(await door(town))
    refused = await carol.browser.post(f"/portal{link}")
    assert (refused.status, "worth nothing any more" in refused.words) == (403, True)


async def test_who_left_comes_back_by_a_new_invitation_only(town: Town) -> None:
    ada = await town.founder()
    bob = await town.member(ada, "bob@example.com")
    # An offer to an address that bob has only now: open, and of no use to a member.
    await ada.browser.post("/portal/people/invite", email="carol@example.com")
    await town.execute("update invitations set email = $1 where accepted_at is null", bob.email)
    before = await town.link_to("carol@example.com", "/invitations/")
    await bob.browser.post(await door(town))
    assert (await bob.browser.post(f"/portal{before}")).status == 404
    (row,) = await town.execute("select void_because from invitations where accepted_at is null")
    assert row["void_because"] == "left"
    await ada.browser.post("/portal/people/invite", email=bob.email)
    link = await town.link_to(bob.email, "/invitations/")
    assert (await bob.browser.post(f"/portal{link}")).location == "/portal"


async def test_the_page_of_a_member_offers_what_its_reader_may(town: Town) -> None:
    ada = await town.founder()
    keeper = await town.member(ada, "keeper@example.com", "Roles/Write", "Roles/Read")
    carol = await town.member(ada, "carol@example.com")
    own = await keeper.browser.get(f"/portal/people/{await user_id(town, keeper)}")
    assert (await door(town)) in own.text
    assert "Remove" not in own.words
    assert 'name="permissions"' not in own.text
    boss = await keeper.browser.get(f"/portal/people/{await user_id(town, ada)}")
    assert 'name="permissions"' not in boss.text
    assert "Remove" not in boss.words
    other = await keeper.browser.get(f"/portal/people/{await user_id(town, carol)}")
    assert 'name="permissions"' in other.text
    assert "Remove" in other.words
