"""Exchange rates and the margins of apps: what they are, what they were, setting one, and importing a file of them.

A rate that moves far waits until a second administrator confirms it.
"""

import asyncio
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Malformed, NotFound, refused
from bitpesa.kernel.values.currency import currency as find_currency
from bitpesa.kernel.values.typed_numbers import TypedNumberProblem
from bitpesa.money.rates import operations, queries, rules
from bitpesa.money.rates.model import BASE, Judged, Proposal, Quote, Verdict, written
from bitpesa.money.rates.rate_files import MAX_FILE_BYTES, RateFile, UnreadableRates, read_rate_file
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import id_of, names_of, tried
from bitpesa.web.backoffice.guards import Officer, form_bytes, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import chosen, text
from bitpesa.web.kit.line_chart import line_chart
from bitpesa.web.kit.paging import PER, asked
from bitpesa.wiring import rate_terms

PATH = "/office/rates"

MOST_DRAWN = 60
"""How many changes of a rate its chart shows."""

MAX_PROPOSALS_SHOWN = 10
MAX_SOURCE_LENGTH = 60

_SHOWN = Context(prec=10)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A rate beside another one, as a page shows them; what was before is None for a first rate.

    `dollars` and `units` are what 100 US dollars and 100 units come to, before and after.
    """

    currency: str
    before: str | None
    after: str
    moved_by: str | None
    dollars: tuple[str | None, str]
    units: tuple[str | None, str]
    verdict: Verdict
    as_sent: str = ""


def rate_file_bytes(settings: Settings) -> int:
    """How long a form with a file of rates in it may be."""
    return MAX_FILE_BYTES + form_bytes(settings)


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List the mid rates, what waits for a second person, and the margins of apps."""
    return await _listed(request, officer)


async def _listed(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    wanted = asked(request, PATH)
    who = wanted.text("who")
    async with platform_of(request).database.reading() as conn:
        known = await queries.current_rates(conn, Decimal(0))
        apps, total = await organisations.page_of_apps(conn, who, limit=PER, offset=wanted.offset)
        names = await names_of(conn, apps)
        proposals = await queries.waiting_proposals(conn)
    mids = [(code, _told(known.mid(BASE, code)), _told(known.mid(code, BASE))) for code in sorted(known.currencies)]
    return render(
        request,
        officer,
        "office/rates.html",
        status=200 if refusal is None else 422,
        proposals=[(each, _compared_proposal(each)) for each in proposals],
        max_move=_percent(request),
        refusal=refusal,
        done=request.query_params.get("done"),
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
    """Set the mid rate of a currency from now on; one that moves far is proposed to a second person."""
    form = await request.form()
    code, units, inverse = _currency(request), text(form, "units"), text(form, "quoted") == "inverse"
    terms, judged = rate_terms(platform_of(request).settings), list[Judged]()

    async def work(work: Work) -> None:
        try:
            quote = rules.read_typed_quote(code, units, inverse=inverse)
        except TypedNumberProblem as problem:
            raise refused("rate", "blank" if problem.code == "blank" else str(problem)) from None
        source = operations.OPERATOR_SOURCE
        judged[:] = [await operations.change_rate(work, quote, source=source, actor=officer.actor, terms=terms)]

    refusal = await tried(request, work)
    if refusal is not None:
        return await _shown(request, officer, refusal, form)
    return go(request, f"{PATH}/{code}?done={'proposed' if judged[0].verdict is Verdict.WAITS else 'set'}")


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def confirm(request: Request, officer: Officer) -> Response:
    """Set a rate that somebody else proposed."""
    terms = rate_terms(platform_of(request).settings)
    refusal = await tried(request, operations.confirm_rate, id_of(request), actor=officer.actor, terms=terms)
    return await _after(request, officer, refusal, "set")


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def refuse(request: Request, officer: Officer) -> Response:
    """Refuse a proposed rate, or take one's own back."""
    reason = text(await request.form(), "reason")
    refusal = await tried(request, operations.refuse_rate, id_of(request), actor=officer.actor, reason=reason)
    return await _after(request, officer, refusal, "refused")


@page(StaffRole.ADMINISTRATOR, fresh=True, longest=rate_file_bytes)
async def preview(request: Request, officer: Officer) -> Response:
    """Show what a file of rates would change; nothing is set by it."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _listed(request, officer, "Choose a file of rates.")
    try:
        # In a thread: others need not wait for it.
        found = await asyncio.to_thread(
            read_rate_file, await file.read(), decimal_comma=text(form, "decimal_comma") == "yes"
        )
    except UnreadableRates as problem:
        return await _listed(request, officer, f"Nothing was changed. {file.filename}: {problem}")
    return await _previewed(request, officer, found)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def apply(request: Request, officer: Officer) -> Response:
    """Set the rates that a preview showed; those that move far are proposed to a second person."""
    form = await request.form()
    shown = [_shown_quote(each) for each in chosen(form, "quote")]
    source, terms = text(form, "source")[:MAX_SOURCE_LENGTH], rate_terms(platform_of(request).settings)
    if not shown or not source or not source.isprintable():
        raise Malformed

    async def work(work: Work) -> None:
        judged = await operations.change_rates(
            work, [quote for quote, _ in shown], source=source, actor=officer.actor, terms=terms
        )
        seen = {quote.currency: before for quote, before in shown}
        moved = [each.quote.currency for each in judged if each.before != seen[each.quote.currency]]
        if moved:
            raise refused("base", f"The rate of {', '.join(moved)} has changed since the preview: look at it again")

    return await _after(request, officer, await tried(request, work), "imported")


async def _after(request: Request, officer: Officer, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await _listed(request, officer, refusal)
    return go(request, f"{PATH}?done={done}")


async def _previewed(request: Request, officer: Officer, found: RateFile) -> Response:
    terms = rate_terms(platform_of(request).settings)
    async with platform_of(request).database.reading() as conn:
        judged = await operations.preview_rates(conn, found.quotes, terms)
    return render(
        request,
        officer,
        "office/rate_import.html",
        found=found,
        rates=[_compared(each) for each in judged],
        waits=sum(each.verdict is Verdict.WAITS for each in judged),
        base=BASE,
        max_move=_percent(request),
    )


async def _shown(
    request: Request, officer: Officer, refusal: str | None = None, form: FormData | None = None
) -> Response:
    code, wanted = _currency(request), asked(request)
    async with platform_of(request).database.reading() as conn:
        known = await queries.current_rates(conn, Decimal(0))
        drawn, _ = await queries.changes_of(conn, code, limit=MOST_DRAWN)
        changes, total = await queries.changes_of(conn, code, limit=PER, offset=wanted.offset)
        proposals = await queries.proposals_of(conn, code, limit=MAX_PROPOSALS_SHOWN)
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
        proposals=[(each, _compared_proposal(each)) for each in proposals],
        example=None if not known.knows(code) else rules.example(known.mid(BASE, code)),
        max_move=_percent(request),
        given={"units": text(form, "units"), "quoted": text(form, "quoted")} if form else {},
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


def _percent(request: Request) -> str:
    """How far one person may move a rate, as people write it."""
    return f"{platform_of(request).settings.second_person_rate_move * 100:g} %"


def _compared_proposal(proposal: Proposal) -> Compared:
    return _compared(Judged(proposal.quote, proposal.before, Verdict.WAITS))


def _compared(judged: Judged) -> Compared:
    before, after = judged.before, judged.quote.units_per_usd
    (dollars, units), was = rules.example(after), (None, None) if before is None else rules.example(before)
    return Compared(
        currency=judged.quote.currency,
        before=None if before is None else _told(before),
        after=_told(after),
        moved_by=None if before is None else rules.moved_by(before, after),
        dollars=(was[0], dollars),
        units=(was[1], units),
        verdict=judged.verdict,
        as_sent=_as_sent(judged),
    )


def _as_sent(judged: Judged) -> str:
    """A rate of a preview as its form sends it back: exact, with the rate that it was compared with."""
    quote, before = judged.quote, judged.before
    was = "" if before is None else f"{before.numerator}/{before.denominator}"
    return f"{quote.currency} {quote.numerator:f} {quote.denominator:f} {was}".strip()


def _shown_quote(sent: str) -> tuple[Quote, Fraction | None]:
    """A rate of a preview that came back, and the rate before it. Raises Malformed."""
    words = sent.split(" ")
    try:
        code, numerator, denominator, was = words if len(words) == len(Quote.__struct_fields__) + 1 else [*words, ""]
        quote = Quote(code, Decimal(numerator), Decimal(denominator))
        return quote, Fraction(was) if was else None
    except (ValueError, InvalidOperation, ZeroDivisionError):
        raise Malformed from None


def _told(rate: Fraction) -> str:
    return f"{written(rate, _SHOWN):f}"


ROUTES = [
    Route(PATH, list_all),
    Route(f"{PATH}/import", preview, methods=["POST"]),
    Route(f"{PATH}/import/apply", apply, methods=["POST"]),
    Route(f"{PATH}/proposals/{{id}}/confirm", confirm, methods=["POST"]),
    Route(f"{PATH}/proposals/{{id}}/refuse", refuse, methods=["POST"]),
    Route(f"{PATH}/{{currency}}", show),
    Route(f"{PATH}/{{currency}}", set_rate, methods=["POST"]),
]
