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

-- name: insert_postings(rows)
-- The trigger on the table moves the balances posting by posting, in the order of the rows. Whatever they are, their
-- accounts are locked in id order first. An account that may be overdrawn where the posting must not do that leaves its
-- posting unwritten; so does one that would stand below the lowest that books hold, and one that is not open, or was opened
-- while we waited for the other: the trigger would find it, and lock it out of order. The app's time is asked for with the locks in hand, so that it goes by in the order of the
-- postings, and once: postings made together happen together.
with asked as materialized (
    select p.*
    from rows from (json_to_recordset($1) as (app_id uuid, id uuid, from_account uuid, to_account uuid, currency text,
        amount bigint, kind text, reference uuid, note text, may_overdraw boolean, lowest bigint))
        with ordinality as p (app_id, id, from_account, to_account, currency, amount, kind, reference, note,
        may_overdraw, lowest, position)
    limit json_array_length($1)
),
locked as materialized (
    select a.app_id, a.id, a.balance, a.may_be_overdrawn
    from ledger_accounts a
    where (a.app_id, a.id) in (
        select app_id, from_account from asked union all select app_id, to_account from asked)
    order by a.app_id, a.id
    for no key update
),
clocks as materialized (
    select c.app_id, clock_now(c.app_id) as app_time
    from (select distinct app_id from locked) c
)
insert into ledger_postings (app_id, id, from_account, to_account, currency, amount, kind, reference, note, app_time)
select p.app_id, p.id, p.from_account, p.to_account, p.currency, p.amount, p.kind, p.reference, p.note,
    clocks.app_time
from asked p
join locked a on a.app_id = p.app_id and a.id = p.from_account
join locked b on b.app_id = p.app_id and b.id = p.to_account
join clocks on clocks.app_id = p.app_id
where (p.may_overdraw or not a.may_be_overdrawn) and a.balance >= p.lowest + p.amount
order by p.position
returning id, from_balance, to_balance

-- name: balances(app_id, kind)
select currency, balance
from ledger_accounts
where app_id = $1 and kind = $2
order by currency
