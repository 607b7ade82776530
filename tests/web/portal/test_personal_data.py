"""Who may not see personal data sees names, and that something is there; nothing else, on no page and in no file."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from bitpesa.kernel.values import json
from bitpesa.ops.reports.contents import ACCOUNT_COLUMNS, TRANSACTION_COLUMNS
from bitpesa.payments.senders.fields import FIELDS, Content
from bitpesa.tenants.users.model import Permission
from bitpesa.web.portal.personal_data import HIDDEN, body_told, headers_told, is_shown, url_told
from tests.journeys.collecting import XOF
from tests.journeys.test_09_documents import PNG, data_uri
from tests.journeys.world import World, mobile
from tests.web.kit.visiting import Browser, signed_in
from tests.web.portal.sides import Side, open_side, routes

SENDER = {
    "identification_type": "PP",
    "identification_number": "ZX99887766",
    "birth_date": "1971-03-29",
    "street": "14 Quince Lane",
    "postal_code": "QQ7 1ZZ",
    "city": "Quinceville",
    "address_description": "behind the old mill",
    "phone_number": "+442071838751",
    "email": "quince@example.org",
    "ip": "203.0.113.77",
    "metadata": {"passport": "META556677"},
    "documents": [{"upload": data_uri(PNG, "image/png"), "upload_file_name": "passport ZX99887766 front.png"}],
}
PAYEE = {"bank_account": "7755331100", "street": "9 Medlar Close", "email": "medlar@example.org"}
PHONE = "+212537718685"

VALUES = (
    *(str(value) for name, value in SENDER.items() if name not in ("metadata", "documents", "identification_type")),
    "META556677",
    "front.png",
    *PAYEE.values(),
    PHONE,
    "CARD990011",
    str(XOF["phone_number"]),
    "LOOSE334455",
    "QUERY112233",
    "PATH778899",
    "HEADER665544",
)
"""What is looked for; each stands somewhere on a page for who may see it."""

EVERYTHING_ELSE = [each for each in Permission if each is not Permission.PERSONAL_DATA_READ]


@pytest.fixture
async def side(world: World) -> Side:
    side = await open_side(world, "test", world.app, sender=SENDER, payee=PAYEE)
    leg = mobile("MAD::Cash", PHONE, 100, "MAD", identity_card_type="NI", identity_card_id="CARD990011")
    await world.funded(leg, external_id="T-MAD", sender={"external_id": "S-ONLY-TEST"})
    await world.client.post("/senders", {"sender": {"my_own_field": "LOOSE334455", "passport": "LOOSE334455"}})
    await world.client.get("/senders?passport=QUERY112233&external_id=S-1")
    await world.client.get("/senders/PATH778899")
    await world.write_log()
    async with world.platform.database.reading() as conn:
        await conn.execute(
            """update api_logs set request_headers = '{"HTTP_X_PASSPORT": "HEADER665544"}'::json, request_body = $2
            where id = (select id from api_logs where app_id = $1 limit 1)""",
            world.app.id,
            '{"passport": "LOOSE334455", cut',
        )
    await world.drain()
    return side


async def addresses(world: World, side: Side) -> list[str]:
    """Every page of the environment, and those of every call, attempt, sender and transaction in it."""
    found = [side.path(each) for each in routes(world, "GET") if not each.endswith("/live")]
    async with world.platform.database.reading() as conn:
        for table, path in {
            "api_logs": "logs",
            "webhook_logs": "logs/webhooks",
            "webhook_logs w": "webhooks/attempts",
            "senders": "senders",
            "transactions": "transactions",
        }.items():
            rows = await conn.fetch(f"select id from {table} where app_id = $1", side.app.id)  # noqa: S608 - ours
            assert rows, table
            found += [f"{side.place}/{path}/{row['id']}" for row in rows]
    more = (
        "logs?text=QUERY112233",
        "senders?external_id=S-ONLY-TEST",
        "?recipient=Payee",
        "bench?corridor=UGX::Mobile",
    )
    return [
        *found,
        *(f"{side.place}/{each}".replace("/?", "?") for each in more),
        "/portal/onboarding",
        "/portal/account",
    ]


async def seen(browser: Browser, paths: list[str]) -> dict[str, list[str]]:
    """Where each of the values stands."""
    found: dict[str, list[str]] = {}
    for path in paths:
        shown = await browser.get(path)
        text = f"{shown.text} {shown.words} {shown.location}"
        for value in VALUES:
            if value in text:
                found.setdefault(value, []).append(path)
    return found


async def test_no_page_shows_personal_data_to_who_may_not_see_it(world: World, side: Side) -> None:
    paths = await addresses(world, side)
    async with signed_in(world.platform, world.app.organisation_id) as administrator:
        shown = await seen(administrator, paths)
        assert sorted(set(VALUES) - set(shown)) == [], "each value stands somewhere, for an administrator"
    async with signed_in(world.platform, world.app.organisation_id, EVERYTHING_ELSE) as member:
        assert await seen(member, paths) == {}
        page = await member.get(f"{side.place}/senders/{side.ids['senders']}")
        assert "SenderONLY-TEST" in page.words
        assert HIDDEN in page.words
        for path in ("recipients/{}/receipt", "recipients/{}/edit"):
            assert (await member.get(f"{side.place}/{path.format(side.ids['recipients'])}")).status == 403
        assert (await member.get(f"{side.place}/senders/documents/{side.ids['senders/documents']}")).status == 403
        assert (await member.get(f"{side.place}/payin_methods/{side.ids['payin_methods']}/edit")).status == 403
    only = [Permission.PERSONAL_DATA_READ]
    async with signed_in(world.platform, world.app.organisation_id, only) as holder:
        page = await holder.get(f"{side.place}/senders/{side.ids['senders']}")
        assert "ZX99887766" in page.words
        document = await holder.get(f"{side.place}/senders/documents/{side.ids['senders/documents']}")
        assert "/files/" in (document.location or "")


async def test_a_call_is_not_found_by_what_may_not_be_seen_of_it(world: World, side: Side) -> None:
    async with signed_in(world.platform, world.app.organisation_id, EVERYTHING_ELSE) as member:
        right, wrong = [
            (await member.get(f"{side.place}/logs?text={each}")).words.partition("Questions of today")[0]
            for each in ("QUERY112233", "NOTHING")  # what is counted today is written down now and then
        ]
        assert right == wrong, "the search is no oracle"
        assert "Text in the URL" not in right


async def test_members_and_invitations_are_without_it_until_it_is_given(world: World) -> None:
    async with signed_in(world.platform, world.app.organisation_id) as administrator:
        page = await administrator.get("/portal/people")
        box = page.text.partition('value="Personal Data/Read"')[2].partition(">")[0]
        assert box.strip() == "", "offered, and not chosen by itself"
    organisation: UUID = world.app.organisation_id
    async with signed_in(world.platform, organisation, []) as member:
        assert "Personal" not in (await member.get("/portal/account")).words


# -- what is shown, from plain values

NOBODY: Any = SimpleNamespace(may=lambda _permission: False)


def test_fields_are_hidden_unless_listed() -> None:
    for name in (
        "identification_number birth_date street city postal_code phone_number email ip documents"
        " registration_number vat_registration_number office_phone contact_person_email city_of_birth bank_account iban"
        " pix_key_value address identity_card_id"
        " sender_identity_card_id account_number account_name refund_address narration url upload"
        " file_name fingerprint otp a_field_of_tomorrow"
    ).split():
        assert not is_shown(name), name
    for name, field in FIELDS.items():
        if field.content in (
            Content.BIRTH_DATE,
            Content.FOUNDING_DATE,
            Content.PHONE,
            Content.EMAIL,
            Content.IP,
            Content.DOCUMENTS,
            Content.PEOPLE,
        ):
            assert not is_shown(name) or name == "registration_date", name


def test_reports_have_columns_only_that_everybody_may_see() -> None:
    assert [each for each in (*TRANSACTION_COLUMNS, *ACCOUNT_COLUMNS) if not is_shown(each)] == []


def test_a_body_keeps_its_shape_and_the_errors_of_ours() -> None:
    answer = {
        "object": {
            "id": "1",
            "phone_number": "+254700000000",
            "nested": [{"iban": "DE00", "state": "paid", "details": {"bank_account": 7755331100}}],
            "metadata": {"id": "secret", "state": {"name": "secret"}},
            "errors": {"iban": [{"error": "invalid", "error_description": "is invalid"}], "city": ["blank"]},
            "is_true": True,
            "nothing": None,
        }
    }
    shown = json.decode(body_told(NOBODY, json.encode(answer).decode(), ours=True))["object"]
    assert shown["id"] == "1"
    assert shown["phone_number"] == shown["metadata"] == HIDDEN
    assert shown["nested"] == [{"iban": HIDDEN, "state": "paid", "details": {"bank_account": HIDDEN}}]
    assert shown["errors"] == answer["object"]["errors"]
    assert (shown["is_true"], shown["nothing"]) == (True, None)
    sent = '{"errors": {"passport": "AB1"}, "+254700000000": 1, "x": {"errors": ["AB1"]}}'
    theirs = body_told(NOBODY, sent, ours=False)
    assert "AB1" not in theirs
    assert "2547" not in theirs
    assert body_told(NOBODY, '{"id": "AB1", ... [cut]', ours=True) == HIDDEN
    assert body_told(NOBODY, "passport AB1", ours=True) == HIDDEN
    assert body_told(NOBODY, "", ours=True) == ""


def test_an_address_keeps_what_the_api_calls_things() -> None:
    url = "https://api.example/v1/senders/01a21083-6266-756c-86ea-a20f22684320?external_id=S-1&phone=%2B254700&page=2"
    assert url_told(NOBODY, url).replace("%5Bhidden%5D", HIDDEN) == url.replace("%2B254700", HIDDEN)
    assert url_told(NOBODY, "https://api.example/v1/info/payout_methods/NGN::Bank") == (
        "https://api.example/v1/info/payout_methods/NGN::Bank"
    )
    assert "AB12" not in url_told(NOBODY, "https://api.example/v1/senders/AB12345?AB12345")


def test_headers_are_hidden_unless_listed() -> None:
    given = {"HTTP_X_FORWARDED_FOR": "203.0.113.7", "CONTENT_TYPE": "application/json", "HTTP_AUTHORIZATION_KEY": "k"}
    assert headers_told(NOBODY, given) == {**given, "HTTP_X_FORWARDED_FOR": HIDDEN}
