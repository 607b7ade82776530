from datetime import UTC, date, datetime
from uuid import uuid4

from bitpesa.api.call import Call
from bitpesa.api.dlocal import list_balances
from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.port import HeldBalance
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations.model import App, AppSettings

APP = App(uuid4(), uuid4(), "live", AppSettings())
NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Partner:
    def __init__(self, name):
        self.name = name

    async def balances(self, app_id):
        assert app_id == APP.id
        return [HeldBalance(Money(100_050, "USD"), Money(90_000, "USD"), date(2026, 3, 2))]


class Payer:
    name = "dlocal"


async def ask(*providers):
    named = {("live", f"NGN::Bank{number}"): provider for number, provider in enumerate(providers)}
    call = Call(
        app=APP,
        key_id=uuid4(),
        at=NOW,
        database=None,
        settings=None,
        path_params={},
        files=None,
        providers=Providers(named),
    )
    answer = await list_balances(call)
    assert answer.status == 200
    return answer.body["object"]


async def test_what_the_partner_says_it_holds_is_shown():
    (balance,) = await ask(Partner("other"), Partner("dlocal"))
    assert {name: str(value) for name, value in balance.items()} == {
        "currency": "USD",
        "available_balance": "1000.5",
        "previous_day_closing_balance": "900",
        "current_balance_date": "2026-03-02",
    }


async def test_without_the_partner_nothing_is_held_there():
    assert await ask() == []
    assert await ask(Partner("other")) == []
    assert await ask(Payer()) == []
