-- name: insert_transaction(app_id, id, external_id, sender_id, state, input_currency, input_minor, paid_minor, payin_reference, traits, metadata, auto_refund, account_validation, funded_by, created_at, expires_at, funded_at, held_for)
-- The unique key decides a race for one external_id; the loser gets no row and is told who won.
insert into transactions (app_id, id, external_id, sender_id, state, input_currency, input_minor, paid_minor,
    payin_reference, traits, metadata, auto_refund, account_validation, funded_by, created_at, updated_at, expires_at,
    funded_at, held_for)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17, $18)
on conflict on constraint a_transaction_external_id_is_taken do nothing

-- name: update_transaction(app_id, id, state, state_reason, input_minor, paid_minor, traits, funded_by, mispaid, updated_at, funded_at, closed_at, held_for)
update transactions
set state = $3, state_reason = $4, input_minor = $5, paid_minor = $6, traits = $7, funded_by = $8, mispaid = $9,
    updated_at = $10, funded_at = $11, closed_at = $12, held_for = $13
where app_id = $1 and id = $2

-- name: transactions_by_ids(app_id, ids)
select * from transactions where app_id = $1 and id = any($2::uuid[])

-- name: transaction_by_external_id(app_id, external_id)
select * from transactions where app_id = $1 and external_id = $2

-- name: lock_transactions(app_id, ids)
-- Rows are locked in id order by everyone; `now` is read after the locks are held, so that waiting cannot make a late
-- request early (flows 4.9).
with locked as materialized (
    select * from transactions
    where app_id = $1 and id = any($2::uuid[])
    order by id
    for no key update
)
select locked.*, clock_now(locked.app_id) as now from locked

-- name: lock_unfunded_of_sender(app_id, sender_id)
with locked as materialized (
    select id from transactions
    where app_id = $1 and sender_id = $2 and state in ('initial', 'approved', 'pending')
    order by id
    for no key update
)
select id from locked

-- name: sender_has_money_moving(app_id, sender_id)
select exists (
    select from transactions
    where app_id = $1 and sender_id = $2
      and state in ('pending', 'processing', 'received', 'mispaid', 'manual'))

-- name: expired(batch)
select app_id, id
from transactions
where state in ('initial', 'approved', 'pending')
  and expires_at <= clock_horizon() and expires_at <= clock_now(app_id)
order by expires_at
limit $1

-- name: transactions_for_people(app_id, state, limit, offset)
-- For the operator, who looks at every app unless one is named. The oldest first: they wait longest.
select *, count(*) over () as total_count
from transactions
where ($1::uuid is null or app_id = $1) and state = $2 and state in ('processing', 'exception')
order by updated_at, id
limit $3 offset $4

-- name: list_transactions(app_id, external_id, sender_id, states, limit, offset)
select *, count(*) over () as total_count
from transactions
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::uuid is null or sender_id = $3)
  and ($4::text[] is null or state = any($4))
order by created_at desc, id desc
limit $5 offset $6

-- name: count_transactions(app_id, external_id, sender_id, states)
select count(*)
from transactions
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::uuid is null or sender_id = $3)
  and ($4::text[] is null or state = any($4))

-- name: sender_used_twice(app_id)
select sender_id
from transactions
where app_id = $1
group by sender_id
having count(*) > 1
order by min(created_at)
limit 1

-- name: first_funded(app_id)
select id
from transactions
where app_id = $1 and funded_by = 'balance'
order by funded_at, id
limit 1
