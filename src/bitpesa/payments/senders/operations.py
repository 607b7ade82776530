"""What happens to senders: they are created, changed, deleted, approved or turned away, and drafted by transactions."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.pool import Overtaken, Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import FieldErrors, Invalid, NotFound, add_error, refused
from bitpesa.kernel.values.ids import new_id, read_id
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.payments.documents import operations as documents
from bitpesa.payments.documents import queries as document_queries
from bitpesa.payments.documents.model import Document, DocumentDraft
from bitpesa.payments.screening import operations as screening
from bitpesa.payments.screening.model import Match, Outcome
from bitpesa.payments.senders import rules, store, wire
from bitpesa.payments.senders.exposed_people import enlisted
from bitpesa.payments.senders.model import Decision, Draft, Sender, SenderState
from bitpesa.tenants.organisations.model import App

ONBOARDED = "completed_first_transaction"
TOPIC_SCREENING = "screening"


async def create(work: Work, app: App, submitted: dict[str, Any], now: datetime) -> Sender:
    """Store a new sender. Raises Invalid: what is missing or malformed, or who has the external_id already."""
    draft = draft_new(app, submitted, now, await _read_documents(work.conn, app, submitted, now))
    if submitted.get("id") not in (None, ""):
        add_error(draft.errors, "id", "invalid")
    if draft.sender is not None and draft.sender.external_id is not None:
        _say_taken(draft, await store.find_by_external_id(work.conn, app.id, draft.sender.external_id))
    if draft.errors:
        raise refusal(draft)
    return await save(work, draft)


async def change(work: Work, app: App, sender_id: UUID, submitted: dict[str, Any], now: datetime) -> Sender:
    """Change the fields given. Raises NotFound, Invalid."""
    stored = await _locked(work, app.id, sender_id)
    draft = draft_change(app, stored, submitted, now, await _read_documents(work.conn, app, submitted, now, stored))
    await _give_external_id(work.conn, draft, now)
    if stored.state is SenderState.DISABLED:
        add_error(draft.errors, "base", "Sender is disabled")
    if draft.errors:
        raise refusal(draft)
    return await save(work, draft)


async def disable(work: Work, app: App, sender_id: UUID, now: datetime) -> Sender:
    """Mark a sender as deleted; a second time changes nothing. Its transactions are the caller's to settle.

    Raises NotFound.
    """
    stored = await _locked(work, app.id, sender_id)
    if stored.state is SenderState.DISABLED:
        return stored
    disabled = await _move(work, stored, SenderState.DISABLED, "sender.disabled", now)
    gone = await documents.withdraw(work, app.id, [each.id for each in stored.documents], now)
    return _without(disabled, gone) if gone else disabled


async def withdraw_document(
    work: Work, app: App, document_id: UUID | None, now: datetime, *, sender_id: UUID | None = None
) -> tuple[Document, Sender | None]:
    """Withdraw a document, also from its sender, if it has one; a second time changes nothing (flows 3.8).

    `sender_id`: whose it is expected to be. Raises NotFound, and Overtaken when it got a sender meanwhile.
    """
    document = await document_queries.find(work.conn, app.id, document_id)
    if sender_id is not None and document.sender_id != sender_id:
        raise NotFound
    sender = None if document.sender_id is None else await _locked(work, app.id, document.sender_id)
    gone = await documents.withdraw(work, app.id, [document.id], now)
    if gone and gone[0].sender_id != document.sender_id:
        raise Overtaken
    if sender is None or not gone:
        return (gone or [document])[0], sender
    return gone[0], await _take_document_from(work, app, sender, gone[0], now)


async def decide(
    work: Work, app_id: UUID, sender_id: UUID, decision: Decision, now: datetime, *, client_note: str | None
) -> tuple[Sender, Sender]:
    """Carry out what staff decided about a sender; it as it was, and as it is (flows 3.5). Raises NotFound, Invalid.

    `client_note` is what clients read as `state_reason`; without one a neutral sentence stands there. What was found of
    an approved or reinstated sender on sanction lists counts no more: whoever lets it transact has seen that.
    """
    stored = await _locked(work, app_id, sender_id)
    state = rules.state_after_decision(stored.state, decision)
    if state is None:
        raise refused("base", rules.why_not_decided(stored.state, decision), **wire.sender_json(stored))
    if state is SenderState.APPROVED:
        await screening.dismiss(work, app_id, sender_id, now)
    told = client_note or rules.CLIENT_REASONS[decision]
    reviewed = await _end_review(work, stored, now) if state is SenderState.APPROVED else stored
    decided = msgspec.structs.replace(reviewed, state=state, state_reason=told, updated_at=now)
    await store.update(work.conn, decided)
    name = rules.DECISION_EVENTS[decision]
    if name is not None:
        await events.record(work, app_id, [wire.event(name, decided)])
    return stored, decided


async def dismiss_hits(work: Work, app: App, sender_id: UUID, now: datetime) -> tuple[Sender, int]:
    """Let what was found of a sender on sanction lists count no more, and say how much that was. Raises NotFound.

    Whom a list had rejected is as it was before.
    """
    stored = await _locked(work, app.id, sender_id)
    dismissed = await screening.dismiss(work, app.id, sender_id, now)
    cleared = await _end_review(work, stored, now)
    was_listed = stored.state is SenderState.REJECTED and stored.state_before_listed is not None
    if not dismissed or not (was_listed or cleared.state is SenderState.INITIAL):
        return cleared, dismissed
    before = stored.state_before_listed if was_listed else None
    state = rules.state_after_screening(before or cleared.state, Outcome.CLEAR, app.settings)
    cleared = msgspec.structs.replace(
        cleared, state=state, state_reason=None if was_listed else cleared.state_reason, updated_at=now
    )
    await store.update(work.conn, cleared)
    if was_listed and state is SenderState.APPROVED:
        await events.record(work, app.id, [wire.event("sender.approved", cleared)])
    return cleared, dismissed


async def _end_review(work: Work, sender: Sender, now: datetime) -> Sender:
    """Let nothing that a list said count any more."""
    if not sender.is_under_review and sender.state_before_listed is None:
        return sender
    cleared = msgspec.structs.replace(sender, is_under_review=False, state_before_listed=None, updated_at=now)
    await store.set_review(work.conn, cleared)
    return cleared


async def claim_screenings(work: Work, *, free: Free, lease: timedelta) -> list[tuple[UUID, UUID, datetime]]:
    """Claim senders that are to be looked up on the sanction lists: app, id, and the end of the lease of each."""
    return await store.claim_screenings(work.conn, free, lease)


async def claimed_sender(conn: Connection, app_id: UUID, sender_id: UUID) -> Sender:
    """A sender that was claimed, as it is now. Raises NotFound."""
    found = await store.find(conn, app_id, sender_id)
    if found is None:
        raise NotFound
    return found


async def claim_screenings_of(
    work: Work, senders: Collection[tuple[UUID, UUID]], edition: int, *, lease: timedelta
) -> list[tuple[Sender, datetime]]:
    """Claim those of some senders, by app and id, that were not looked up under an edition of the lists."""
    app_ids, ids = [app_id for app_id, _ in senders], [sender_id for _, sender_id in senders]
    return await store.claim_screenings_of(work.conn, app_ids, ids, edition, lease)


async def pass_over(work: Work, claimed: Sender, claimed_until: datetime, edition: int) -> None:
    """End a claim without a verdict: there is no list to look a sender up on."""
    await store.end_screening(work.conn, claimed.app_id, claimed.id, claimed_until, edition)


async def screened(
    work: Work,
    app: App,
    claimed: Sender,
    claimed_until: datetime,
    matches: Sequence[Match],
    now: datetime,
    *,
    edition: int,
) -> Sender:
    """Keep what was found of a sender, and move it accordingly (flows 3.5). Raises NotFound."""
    stored = await _locked(work, app.id, claimed.id)
    if not await store.end_screening(work.conn, app.id, claimed.id, claimed_until, edition):
        return stored
    outcome = await screening.record(work, app.id, claimed.id, matches, now)
    state = rules.state_after_screening(stored.state, outcome, app.settings)
    if state is SenderState.REJECTED and state is not stored.state:
        listed = msgspec.structs.replace(
            stored,
            is_under_review=True,
            state_before_listed=stored.state,
            state_reason=rules.NOT_APPROVED,
            updated_at=now,
        )
        await store.set_review(work.conn, listed)
        return await _move(work, listed, state, "sender.rejected", now)
    is_under_review = outcome in (Outcome.HOLD, Outcome.LISTED)
    if is_under_review is not stored.is_under_review:
        stored = msgspec.structs.replace(stored, is_under_review=is_under_review, updated_at=now)
        await store.set_review(work.conn, stored)
    if state is stored.state:
        return stored
    moved = msgspec.structs.replace(stored, state=state, updated_at=now)
    await store.update(work.conn, moved)
    return moved


async def screen_everybody(work: Work) -> None:
    """Have every sender looked up, since a list has changed: in a round, so that nobody waits for a lock or a turn."""
    work.wake(TOPIC_SCREENING)
    await store.begin_round(work.conn)


async def go_on_with_round(work: Work, *, most: int) -> int:
    """Make the next senders of a round due; answers how many."""
    return await store.go_on_with_round(work.conn, most)


async def note_first_payment(work: Work, sender: Sender, now: datetime) -> Sender:
    """Remember that a transaction of this sender was paid (flows 3.10). Raises Overtaken on a sheet, at the first."""
    if sender.onboarding_status == ONBOARDED:
        return sender
    if work.sheet is not None:
        raise Overtaken  # by this very payment: what is remembered of the sender is to be forgotten
    onboarded = await store.set_onboarding_status(work.conn, sender.app_id, sender.id, ONBOARDED, now)
    return onboarded or sender


async def draft_for_transaction(
    conn: Connection, app: App, submitted: dict[str, Any], now: datetime, *, keep: Work | None
) -> Draft:
    """Find or draft the sender a transaction names (flows 3.6). `keep`: the work that relies on a stored one."""
    errors: FieldErrors = {}
    external_id = rules.read_external_id(submitted, errors)
    given_id = submitted.get("id")
    has_id = given_id not in (None, "")
    if has_id and external_id is not None:
        add_error(errors, "external_id", "invalid")
    if errors:
        return Draft(sender=None, stored=None, submitted=submitted, errors=errors)
    if has_id:
        return await _draft_by_id(conn, app, submitted, now, keep=keep)
    if external_id is not None:
        return await _draft_by_external_id(conn, app, external_id, submitted, now, keep=keep)
    return draft_new(app, submitted, now, await _read_documents(conn, app, submitted, now))


async def save(work: Work, draft: Draft) -> Sender:
    """Store what a faultless draft describes, with its events.

    When a race took the external_id: raises Invalid for a new sender, Overtaken for a stored one.
    """
    sender = draft.sender
    if sender is None:
        raise AssertionError("a draft with errors is not saved")
    if draft.is_changed:
        await store.update(work.conn, sender)
        await documents.give_to_sender(work, sender.app_id, sender.id, draft.documents)
        await _screen_again(work, draft.stored, sender)
    if not draft.is_new:
        return sender
    if not await store.insert(work.conn, sender):
        _say_taken(draft, await store.find_by_external_id(work.conn, sender.app_id, str(sender.external_id)))
        raise refusal(draft)
    await documents.give_to_sender(work, sender.app_id, sender.id, draft.documents)
    work.wake(TOPIC_SCREENING)
    names = ["sender.created", *(["sender.approved"] if sender.state is SenderState.APPROVED else [])]
    await events.record(work, sender.app_id, [wire.event(name, sender) for name in names])
    return sender


def draft_new(app: App, submitted: dict[str, Any], now: datetime, files: list[DocumentDraft]) -> Draft:
    """Draft a sender nobody has seen before; `files` are the documents it brings along."""
    errors: FieldErrors = {}
    type_ = rules.read_type(submitted, errors)
    external_id = rules.read_external_id(submitted, errors)
    known = _documents_after((), files, errors)
    profile = rules.merged_profile({}, _read_changes(submitted, errors, now, known))
    metadata = read_metadata(submitted, errors) or {}
    rules.check_complete(type_, profile, app.settings, errors)
    sender = Sender(
        app_id=app.id,
        id=new_id(),
        external_id=external_id,
        type=type_,
        state=rules.first_state(app.settings),
        profile=profile,
        metadata=metadata,
        created_at=now,
        updated_at=now,
        documents=known,
    )
    return Draft(sender=sender, stored=None, submitted=submitted, errors=errors, documents=files)


def draft_change(
    app: App, stored: Sender, submitted: dict[str, Any], now: datetime, files: list[DocumentDraft]
) -> Draft:
    """Draft the changes of a stored sender: only keys present change, and the merged whole is judged (flows 3.6).

    Documents are added to those that it has: a list of them never takes one away.
    """
    errors: FieldErrors = {}
    if submitted.get("type") not in (None, "", stored.type):
        add_error(errors, "type", "invalid")
    known = _documents_after(stored.documents, files, errors)
    changes = _read_changes(submitted, errors, now, known)
    metadata = read_metadata(submitted, errors)
    if not changes and metadata is None:
        return Draft(sender=stored, stored=stored, submitted=submitted, errors=errors, documents=files)
    profile = rules.merged_profile(stored.profile, changes)
    rules.check_complete(stored.type, profile, app.settings, errors)
    sender = msgspec.structs.replace(
        stored,
        profile=profile,
        metadata=stored.metadata if metadata is None else metadata,
        state=rules.state_after_change(stored.state, stored.profile, profile, app.settings),
        documents=known,
    )
    if stored.state is SenderState.INCOMPLETE and sender.state is not stored.state:
        sender = msgspec.structs.replace(sender, state_reason=None)  # what was asked for has come
    if sender != stored:
        sender = msgspec.structs.replace(sender, updated_at=now)
    return Draft(sender=sender, stored=stored, submitted=submitted, errors=errors, documents=files)


def refusal(draft: Draft) -> Invalid:
    """What a client reads about a sender that cannot be stored; a duplicate shows the stored one (flows 3.7)."""
    existing = draft.duplicate_of
    meta = None if existing is None else {"existing": {"sender": wire.sender_json(existing)}}
    return Invalid(wire.refused_json(draft), meta)


async def _draft_by_id(
    conn: Connection, app: App, submitted: dict[str, Any], now: datetime, *, keep: Work | None
) -> Draft:
    sender_id = read_id(submitted["id"])
    stored = None if sender_id is None else await _find(conn, app.id, sender_id, submitted, keep)
    if stored is None:
        return Draft(sender=None, stored=None, submitted=submitted, errors={"id": [{"error": "not_found"}]})
    files = await _read_documents(conn, app, submitted, now, stored)
    return _usable(draft_change(app, stored, submitted, now, files))


async def _draft_by_external_id(
    conn: Connection, app: App, external_id: str, submitted: dict[str, Any], now: datetime, *, keep: Work | None
) -> Draft:
    stored = await store.find_by_external_id(conn, app.id, external_id)
    describes = rules.describes_sender(submitted)
    if stored is None and not describes:
        return Draft(sender=None, stored=None, submitted=submitted, errors={"external_id": [{"error": "not_found"}]})
    if stored is None:
        return draft_new(app, submitted, now, await _read_documents(conn, app, submitted, now))
    if describes and app.settings.sender_external_id_on_transaction == "reject":
        draft = Draft(sender=stored, stored=stored, submitted=submitted, errors={})
        _say_taken(draft, stored)
        return draft
    if keep:
        stored = await _find(conn, app.id, stored.id, submitted, keep) or stored
    files = await _read_documents(conn, app, submitted, now, stored)
    return _usable(draft_change(app, stored, submitted, now, files))


async def _find(
    conn: Connection, app_id: UUID, sender_id: UUID, submitted: dict[str, Any], keep: Work | None
) -> Sender | None:
    """A stored sender: locked if the request may change it, shared if it only relies on it.

    On a sheet shared as well: what describes it as it is changes nothing, and anything else needs a transaction.
    """
    if keep is None:
        return await store.find(conn, app_id, sender_id)
    if keep.sheet is None and rules.describes_sender(submitted):
        return await store.lock(keep.conn, app_id, sender_id)
    return await store.share(keep, app_id, sender_id)


def _usable(draft: Draft) -> Draft:
    if draft.stored is not None and rules.is_barred(draft.stored.state):
        add_error(draft.errors, "base", f"Sender is {draft.stored.state}")
    return draft


async def _read_documents(
    conn: Connection, app: App, submitted: dict[str, Any], now: datetime, stored: Sender | None = None
) -> list[DocumentDraft]:
    """The documents that a request names or brings along; what is wrong with the list itself is said elsewhere."""
    listed = submitted.get("documents")
    if not isinstance(listed, list) or not listed or rules.problem_with_documents(listed):
        return []
    return await documents.draft_many(conn, app.id, listed, now, sender_id=None if stored is None else stored.id)


def _documents_after(
    before: Sequence[Document], files: Sequence[DocumentDraft], errors: FieldErrors
) -> tuple[Document, ...]:
    """The documents a sender has after a request; what is wrong with one of them is wrong with the list."""
    for problem in rules.problems_of_documents([draft.errors for draft in files]):
        add_error(errors, "documents", problem)
    known = {each.id: each for each in before if each.is_enabled}
    known.update({draft.document.id: draft.document for draft in files if draft.document is not None})
    if len(known) > rules.MOST_DOCUMENTS:
        add_error(errors, "documents", "too_long")
    return tuple(known.values())


def _without(sender: Sender, gone: Sequence[Document]) -> Sender:
    """The sender as it is once some of its documents are withdrawn."""
    ids = {document.id for document in gone}
    return msgspec.structs.replace(sender, documents=tuple(each for each in sender.documents if each.id not in ids))


async def _take_document_from(work: Work, app: App, sender: Sender, document: Document, now: datetime) -> Sender:
    left = _without(sender, [document])
    profile = rules.merged_profile(sender.profile, {"documents": [str(each.id) for each in left.documents] or None})
    state = rules.state_after_change(sender.state, sender.profile, profile, app.settings)
    changed = msgspec.structs.replace(left, profile=profile, state=state, updated_at=now)
    await store.update(work.conn, changed)
    return changed


def _read_changes(
    submitted: dict[str, Any], errors: FieldErrors, now: datetime, known: Sequence[Document]
) -> dict[str, Any]:
    """What a request says about its sender; a list of exposed people is a new one, whatever it holds (flows 3.9)."""
    changes = rules.read_fields(submitted, errors, today=now.date())
    if "documents" in changes:
        changes["documents"] = [str(each.id) for each in known] or None
    if changes.get("politically_exposed_people"):
        changes["politically_exposed_people"] = enlisted(changes["politically_exposed_people"], now)
    return changes


async def _give_external_id(conn: Connection, draft: Draft, now: datetime) -> None:
    """An external_id may be given once; a change is refused (flows 3.6)."""
    stored, sender = draft.stored, draft.sender
    external_id = rules.read_external_id(draft.submitted, draft.errors)
    if stored is None or sender is None or external_id is None or external_id == stored.external_id:
        return
    if stored.external_id is not None:
        add_error(draft.errors, "external_id", "invalid")
        return
    _say_taken(draft, await store.find_by_external_id(conn, stored.app_id, external_id))
    draft.sender = msgspec.structs.replace(sender, external_id=external_id, updated_at=now)


def _say_taken(draft: Draft, owner: Sender | None) -> None:
    """Note whose the external_id is already, if anybody's (flows 3.7)."""
    if owner is not None:
        draft.duplicate_of = owner
        add_error(draft.errors, "external_id", "taken")


async def _screen_again(work: Work, before: Sender | None, after: Sender) -> None:
    """Look a sender up once more when it changed in what lists know of people, or goes through KYC again."""
    if before is None:
        return
    looked_up, now_looked_up = (rules.subjects_of(each.type, each.profile) for each in (before, after))
    if looked_up != now_looked_up or before.state is not after.state:
        await store.ask_for_screening(work.conn, after.app_id, after.id)
        work.wake(TOPIC_SCREENING)


async def _locked(work: Work, app_id: UUID, sender_id: UUID) -> Sender:
    stored = await store.lock(work.conn, app_id, sender_id)
    if stored is None:
        raise NotFound
    return stored


async def _move(work: Work, sender: Sender, state: SenderState, event_name: str, now: datetime) -> Sender:
    moved = msgspec.structs.replace(sender, state=state, updated_at=now)
    await store.update(work.conn, moved)
    await events.record(work, moved.app_id, [wire.event(event_name, moved)])
    return moved
