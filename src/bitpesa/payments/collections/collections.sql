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

-- name: claim_starts(after, free, busy_apps, busy_counts, lease)
-- The claim hands the request over: should this process die before it records an answer, the provider is asked about the
-- request when the lease ends, and the payer is never asked a second time unasked.
-- Apps take turns. Step 1: the apps that have something to come, by jumping from one to the next in the index. Step 2:
-- those that have something due by their own time, from the one after the last on; each gets its share of the free
-- places, and never more than half of what it leaves to others. Step 3: of each the first that are due.
with recursive waiting as (
    (select t.app_id, t.start_due_at as due_at from payin_methods t where t.start_due_at is not null order by t.app_id, t.start_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.start_due_at as due_at from payin_methods t
        where t.start_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.start_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from payin_methods t
        where t.app_id = turns.app_id and t.start_due_at <= turns.app_time
          and coalesce(t.state in ('initial', 'pending'), false)
          and t.id::text <> all ((select quarantined('collection_starts'))::text[])
        order by t.start_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update payin_methods m
set attempt_id = gen_random_uuid(), attempts = least(m.attempts, 2147483646) + 1, start_due_at = null,
    ask_due_at = clock_now(m.app_id) + $5::interval
from due
where m.app_id = due.app_id and m.id = due.id
returning m.*

-- name: claim_questions(after, free, busy_apps, busy_counts, lease)
-- In turns between apps, as claim_starts.
with recursive waiting as (
    (select t.app_id, t.ask_due_at as due_at from payin_methods t where t.ask_due_at is not null order by t.app_id, t.ask_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.ask_due_at as due_at from payin_methods t
        where t.ask_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.ask_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from payin_methods t
        where t.app_id = turns.app_id and t.ask_due_at <= turns.app_time
          and coalesce(t.attempt_id is not null, false)
          and t.id::text <> all ((select quarantined('collection_questions'))::text[])
        order by t.ask_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update payin_methods m
set ask_due_at = clock_now(m.app_id) + $5::interval
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
