-- name: insert_payin_method(app_id, id, transaction_id, position, type, ux_flow, state, result_code, in_details, out_details, page_token, start_due_at, closed_at, created_at)
insert into payin_methods (app_id, id, transaction_id, position, type, ux_flow, state, result_code, in_details,
    out_details, page_token, start_due_at, closed_at, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)

-- name: update_payin_method(app_id, id, state, result_code, state_reason, in_details, out_details, attempt_id, attempts, start_due_at, ask_due_at, pending_since, closed_at, faults, updated_at)
update payin_methods
set state = $3, result_code = $4, state_reason = $5, in_details = $6, out_details = $7, attempt_id = $8, attempts = $9,
    start_due_at = $10, ask_due_at = $11, pending_since = $12, closed_at = $13, faults = $14, updated_at = $15
where app_id = $1 and id = $2

-- name: payin_methods_of(app_id, transaction_ids)
select * from payin_methods
where app_id = $1 and transaction_id = any($2::uuid[])
order by transaction_id, position, id

-- name: lock_payin_methods(app_id, transaction_ids)
-- Taken after the transaction's row and its recipients', in id order like everywhere.
select * from payin_methods
where app_id = $1 and transaction_id = any($2::uuid[])
order by id
for no key update

-- name: transaction_of_payin_method(app_id, id)
select transaction_id from payin_methods where app_id = $1 and id = $2

-- name: payin_method_of_page(app_id, page_token)
select id from payin_methods where app_id = $1 and page_token = $2

-- name: claim_starts(batch, lease)
-- The claim hands the request over: should this process die before it records an answer, the provider is asked about the
-- request when the lease ends, and the payer is never asked a second time unasked.
with due as materialized (
    select app_id, id
    from payin_methods
    where start_due_at <= clock_horizon() and start_due_at <= clock_now(app_id) and state in ('initial', 'pending')
    order by start_due_at
    limit $1
    for no key update skip locked
)
update payin_methods m
set attempt_id = gen_random_uuid(), attempts = m.attempts + 1, start_due_at = null,
    ask_due_at = clock_now(m.app_id) + $2::interval
from due
where m.app_id = due.app_id and m.id = due.id
returning m.*

-- name: claim_questions(batch, lease)
with due as materialized (
    select app_id, id
    from payin_methods
    where ask_due_at <= clock_horizon() and ask_due_at <= clock_now(app_id) and attempt_id is not null
    order by ask_due_at
    limit $1
    for no key update skip locked
)
update payin_methods m
set ask_due_at = clock_now(m.app_id) + $2::interval
from due
where m.app_id = due.app_id and m.id = due.id
returning m.*

-- name: insert_requests(app_ids, ids, payin_method_ids, providers, orders)
insert into collection_requests (app_id, id, payin_method_id, provider, collection_order, started_at)
select r.app_id, r.id, r.payin_method_id, r.provider, r.collection_order::json, clock_now(r.app_id)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    as r (app_id, id, payin_method_id, provider, collection_order)

-- name: requests(app_ids, ids)
select r.app_id, r.id, r.payin_method_id, r.provider, r.collection_order
from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
join collection_requests r on r.app_id = asked.app_id and r.id = asked.id

-- name: ask_now(app_id, id)
-- Money may also reach a payin method for which no request was ever made: it is asked about under a reference of its own.
update payin_methods
set ask_due_at = clock_now(app_id), attempt_id = coalesce(attempt_id, gen_random_uuid())
where app_id = $1 and id = $2

-- name: insert_receipt(app_id, id, transaction_id, payin_method_id, reference, currency, amount_minor, accepted, received_at)
insert into payin_receipts (app_id, id, transaction_id, payin_method_id, reference, currency, amount_minor, accepted,
    received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: receipts_of(app_id, transaction_id)
select * from payin_receipts where app_id = $1 and transaction_id = $2 order by received_at, id

-- name: mark_returned(app_id, transaction_id, returned_at)
update payin_receipts set returned_at = $3
where app_id = $1 and transaction_id = $2 and not accepted and returned_at is null
returning *

-- name: to_return_everywhere(limit, offset)
-- For the operator, who looks at every app: app_id is among what it answers.
select * from payin_receipts
where not accepted and returned_at is null
order by received_at, id
limit $1 offset $2

-- name: count_to_return_everywhere()
select count(*) from payin_receipts where not accepted and returned_at is null

-- name: to_return(app_id, limit)
select * from payin_receipts
where app_id = $1 and not accepted and returned_at is null
order by received_at, id
limit $2
