"""What was moved and done to accounts before the register was there is in it afterwards."""

from typing import Any
from uuid import UUID, uuid4

from bitpesa.kernel.values.ids import new_id
from bitpesa.schema.migrate import migrations
from tests.schema.conftest import connected

FIRST_OF_OURS = 33


async def apply(conn: Any, *, ours: bool) -> None:
    for step in migrations():
        if (step.number >= FIRST_OF_OURS) is ours:
            await conn.execute(step.text)


async def moved(conn: Any, app: UUID, state: str, proposer: UUID) -> UUID:
    movement = uuid4()
    await conn.execute(
        "insert into movements (app_id, id, direction, currency, amount_minor, reason, proposed_by, proposer,"
        " proposed_at, needs_two, state, decided_by, decider)"
        " values ($1, $2, 'deposit', 'USD', 100, 'invoice', $3::uuid, 'amina', '2026-02-28 23:30Z',"
        " false, $4::text, case when $4 = 'waiting' then null else $3 end, 'amina')",
        app,
        movement,
        proposer,
        state,
    )
    return movement


async def test_what_was_before_is_registered(empty_url: str) -> None:
    async with connected(empty_url) as conn:
        await apply(conn, ours=False)
        organisation, app, amina, client = uuid4(), uuid4(), uuid4(), uuid4()
        await conn.execute("insert into organisations (id, name) values ($1, 'Acme')", organisation)
        await conn.execute(
            "insert into apps (id, organisation_id, environment) values ($1, $2, 'live')", app, organisation
        )
        movements = {state: await moved(conn, app, state, amina) for state in ("made", "waiting", "refused")}
        for user, kind in ((amina, "staff"), (client, "client")):
            await conn.execute(
                "insert into users (id, name, email, password_hash, kind, staff_role) values ($1, 'A', 'a@example.com',"
                " 'x', $2::text, case when $2 = 'staff' then 'operator' end)",
                user,
                kind,
            )
            for action in ("staff.created", "user.enabled", "user.disabled", "user.authenticator_reset"):
                await conn.execute(
                    "insert into audit_trail (id, actor_kind, actor, action, object_type, object_id)"
                    " values ($1, 'staff', 'root', $2, 'user', $3)",
                    new_id(),
                    action,
                    str(user),
                )
        await apply(conn, ours=True)
        entries = await conn.fetch("select * from bank_entries")
        assert {entry["movement_id"] for entry in entries} == {movements["made"], movements["waiting"]}
        assert {(entry["environment"], str(entry["value_date"])) for entry in entries} == {("live", "2026-02-28")}
        assert await conn.fetchval("select bool_and(bank_reference = 'BEFORE ' || id) from movements")
        changes = await conn.fetch("select * from access_changes order by changed_at")
        assert [(each["user_id"], each["kind"], each["changer"]) for each in changes] == [
            (amina, kind, "root") for kind in ("created", "reopened", "mfa_reset")
        ]
