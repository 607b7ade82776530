"""Exchange rates and the margins of apps: what they are, what they were, and setting a rate."""

from decimal import Context, Decimal
from fractions import Fraction

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.backoffice.acts import names_of, note, tried
from bitpesa.backoffice.lines import line_chart
from bitpesa.backoffice.visitor import Officer, page, render
from bitpesa.kernel.amounts import AmountProblem, parse_amount
from bitpesa.kernel.currency import currency as find_currency
from bitpesa.kernel.database import Work
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.organisations import queries as organisations
from bitpesa.pages.answers import go, platform_of
from bitpesa.pages.forms import text
from bitpesa.pages.paging import PER, asked
from bitpesa.people.model import StaffRole
from bitpesa.rates import operations, queries
from bitpesa.rates.model import BASE, written

PATH = "/office/rates"

SOURCE = "operator"
"""As `bitpesa rates set` says where a rate comes from."""

MOST_DRAWN = 60
"""How many changes of a rate its chart shows."""

_SHOWN = Context(prec=10)


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List the mid rates, and the margins of apps."""
    wanted = asked(request)
    who = wanted.text("who")
    async with platform_of(request).database.reading() as conn:
        known = await queries.current_rates(conn, Decimal(0))
        apps, total = await organisations.page_of_apps(conn, who, limit=PER, offset=wanted.offset)
        names = await names_of(conn, apps)
    mids = [(code, _told(known.mid(BASE, code)), _told(known.mid(code, BASE))) for code in sorted(known.currencies)]
    return render(
        request,
        officer,
        "office/rates.html",
        mids=mids,
        apps=apps,
        names=names,
        base=BASE,
        who=who,
        pages=wanted.pages(total),
    )


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show a rate with its history."""
    return await _shown(request, officer)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def set_rate(request: Request, officer: Officer) -> Response:
    """Set the mid rate of a currency; new transactions use it from now on."""
    form = await request.form()
    code, units, inverse = _currency(request), text(form, "units"), text(form, "quoted") == "inverse"

    async def work(work: Work) -> None:
        try:
            amount = parse_amount(units.strip().replace(",", ""))
        except AmountProblem as problem:
            raise refused("rate", problem.code) from None
        numerator, denominator = (Decimal(1), amount) if inverse else (amount, Decimal(1))
        known = (await queries.current_rates(work.conn, Decimal(0))).units_per_usd.get(code)
        await operations.set_rate(work, code, numerator, denominator, source=SOURCE)
        before = None if known is None else {"units": _told(known)}
        await note(
            work,
            officer,
            "rate.set",
            "Rate",
            code,
            app=None,
            before=before,
            after={"units": f"{numerator}/{denominator}"},
        )

    refusal = await tried(request, work)
    if refusal is not None:
        return await _shown(request, officer, refusal)
    return go(request, f"{PATH}/{code}?done=set")


async def _shown(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    code, wanted = _currency(request), asked(request)
    async with platform_of(request).database.reading() as conn:
        known = await queries.current_rates(conn, Decimal(0))
        drawn, _ = await queries.changes_of(conn, code, limit=MOST_DRAWN)
        changes, total = await queries.changes_of(conn, code, limit=PER, offset=wanted.offset)
    return render(
        request,
        officer,
        "office/rate.html",
        status=200 if refusal is None else 422,
        code=code,
        base=BASE,
        mid=_told(known.mid(BASE, code)) if known.knows(code) else None,
        inverse=_told(known.mid(code, BASE)) if known.knows(code) else None,
        changes=[(each, _told(each.units_per_usd)) for each in changes],
        pages=wanted.pages(total),
        chart=line_chart([(each.set_at, float(each.units_per_usd)) for each in reversed(drawn)]),
        refusal=refusal,
        done=request.query_params.get("done"),
    )


def _currency(request: Request) -> str:
    code: str = request.path_params["currency"]
    if find_currency(code) is None or code == BASE:
        raise NotFound
    return code


def _told(rate: Fraction) -> str:
    return f"{written(rate, _SHOWN):f}"


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/{{currency}}", show),
    Route(f"{PATH}/{{currency}}", set_rate, methods=["POST"]),
]
