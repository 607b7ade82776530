-- name: lock_accounts(app_id, ids)
-- Rows are locked in id order: everyone who posts does, so nobody waits in a circle. While one is not open yet none is
-- locked: opening it may have to wait for another who opens it too, and nobody may wait for others with locks in hand.
select id, balance
from ledger_accounts
where app_id = $1 and id = any($2::uuid[])
  and cardinality($2::uuid[]) = (select count(*) from ledger_accounts where app_id = $1 and id = any($2::uuid[]))
order by id
for no key update

-- name: open_accounts(app_id, ids, kinds, currencies, overdrawable)
-- In id order as well, since a row that another opens at this moment is waited for.
insert into ledger_accounts (app_id, id, kind, currency, may_be_overdrawn)
select $1, a.id, a.kind, a.currency, a.overdrawable
from unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[]) as a (id, kind, currency, overdrawable)
order by a.id
on conflict do nothing

-- name: allow_overdraft(app_id, ids)
update ledger_accounts set may_be_overdrawn = true
where app_id = $1 and id = any($2::uuid[]) and not may_be_overdrawn

-- name: insert_postings(app_id, ids, from_accounts, to_accounts, currencies, amounts, kinds, references, notes)
-- The trigger on the table moves the balances posting by posting, in the order of the arrays. The app's time is asked
-- for once: postings that are made together happen together.
with clock as materialized (
    select clock_now($1) as app_time
)
insert into ledger_postings (app_id, id, from_account, to_account, currency, amount, kind, reference, note, app_time)
select $1, p.id, p.from_account, p.to_account, p.currency, p.amount, p.kind, p.reference, p.note, clock.app_time
from clock, unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::uuid[], $9::text[])
    with ordinality as p (id, from_account, to_account, currency, amount, kind, reference, note, position)
order by p.position
returning id, from_balance, to_balance

-- name: balances(app_id, kind)
select currency, balance
from ledger_accounts
where app_id = $1 and kind = $2
order by currency
