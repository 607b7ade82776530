"""What happens on the way to live: progress is noted, live access asked for, approved, or returned with reasons."""

from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import refused
from bitpesa.onboarding import rules, store
from bitpesa.onboarding.evidence import find_evidence, find_missing
from bitpesa.onboarding.model import LiveRequest, Progress, RequestState
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries as organisation_queries
from bitpesa.tenants.organisations.model import App


async def note_progress(work: Work, organisation_id: UUID, app: App) -> Progress:
    """Look for evidence of the checks that are open, keep what is found, and answer how far the organisation is.

    `app` is its sandbox app. Doing it again changes nothing unless more happened.
    """
    missing = {}
    for check in rules.open_checks(await store.ticks(work.conn, organisation_id)):
        evidence = await find_evidence(work.conn, app.id, check.name)
        if evidence:
            await store.insert_tick(work.conn, organisation_id, app.id, check.name, evidence)
        else:
            missing[check.name] = await find_missing(work.conn, app.id, check.name)
    ticks, request = await store.ticks(work.conn, organisation_id), await store.last_request(work.conn, organisation_id)
    return Progress(ticks, request, missing)


async def ask_for_live(work: Work, organisation_id: UUID, app: App, *, actor: Actor, reason: str) -> LiveRequest:
    """Ask staff for live access; with open checks for a reason that people judge. Raises Invalid."""
    reason = reason.strip().replace("\x00", "")
    known = await note_progress(work, organisation_id, app)
    problem = rules.why_not_ask(
        known.ticks, reason, known.request, has_live=await _live_app(work, organisation_id) is not None
    )
    if problem is not None:
        raise refused(*problem, reason=reason)
    request = await store.insert_request(work.conn, organisation_id, actor.name, reason or None)
    if request is None:
        raise refused("base", "Live access was asked for already", reason=reason)
    await _write_down(work, request, actor, "asked", reason or None)
    return request


async def approve(
    work: Work, vault: Vault, organisation_id: UUID, *, actor: Actor, answer: str = ""
) -> tuple[LiveRequest, App]:
    """Let an organisation in: its live app is opened, so that live keys can be made. Raises Invalid."""
    decided = await _decide(work, vault, organisation_id, RequestState.APPROVED, actor, answer)
    live = await _live_app(work, organisation_id)
    return decided, live or await organisations.create_app(work, organisation_id, "live")


async def give_back(work: Work, vault: Vault, organisation_id: UUID, *, actor: Actor, answer: str) -> LiveRequest:
    """Return a request with what is missing; it can be asked again. Raises Invalid."""
    return await _decide(work, vault, organisation_id, RequestState.RETURNED, actor, answer)


async def _decide(
    work: Work, vault: Vault, organisation_id: UUID, state: RequestState, actor: Actor, answer: str
) -> LiveRequest:
    answer = answer.strip().replace("\x00", "")
    asked = await store.lock_waiting(work.conn, organisation_id)
    problem = rules.why_not_decide(asked, answer, returning=state is RequestState.RETURNED)
    if problem is not None or asked is None:
        raise refused(*(problem or rules.NOTHING_WAITS), answer=answer)
    decided = await store.decide(work.conn, asked, state, actor.name, answer)
    await _write_down(work, decided, actor, state, answer or None)
    await mail.send(work, vault, decided.asked_by, *rules.letter(state, answer), on_behalf_of=organisation_id)
    return decided


async def _write_down(work: Work, request: LiveRequest, actor: Actor, what: str, reason: str | None) -> None:
    await audit_trail.record(
        work.conn,
        actor=actor,
        action=f"live_request.{what}",
        object_type="LiveRequest",
        object_id=request.id,
        organisation_id=request.organisation_id,
        reason=reason,
    )


async def _live_app(work: Work, organisation_id: UUID) -> App | None:
    apps = await organisation_queries.list_apps(work.conn, organisation_id)
    return next((app for app in apps if not app.is_sandbox), None)
