"""A form that was sent after its session was over, shown again once its user has logged in: nothing was done yet."""

from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.tenants.users.operations import kept_forms, session
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal.guards import ENVIRONMENTS, KEPT, Newcomer, Visitor, account_page, render


@account_page()
async def show(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Show what was typed, ready to be sent; the organisation that it is about is the one shown."""
    database = platform_of(request).database
    form = await database.run(kept_forms.find, visitor.user.id)
    if form is None:
        return go(request, HOME)
    belongs = {each.id for each in visitor.organisations}
    if form.organisation_id is not None and form.organisation_id not in belongs:
        await database.run(kept_forms.discard, visitor.user.id)
        return go(request, HOME)
    here = None if visitor.organisation is None else visitor.organisation.id
    if form.organisation_id is not None and form.organisation_id != here:
        await database.run(session.look_at, visitor.session, form.organisation_id)
        return go(request, KEPT)
    word = form.path.removeprefix(f"{HOME}/").partition("/")[0]
    fields = [(name, [value for _, value in same]) for name, same in groupby(form.fields, key=lambda each: each[0])]
    return render(
        request,
        visitor,
        "people/kept_form.html",
        path=form.path,
        fields=fields,
        word=word if word in ENVIRONMENTS else None,
    )


@account_page()
async def discard(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Drop it."""
    await platform_of(request).database.run(kept_forms.discard, visitor.user.id)
    return go(request, HOME)


ROUTES = [Route(KEPT, show), Route(f"{KEPT}/discard", discard, methods=["POST"])]
