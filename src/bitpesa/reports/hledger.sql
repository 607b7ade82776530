-- name: currencies_of_accounts()
select currency, count(distinct app_id) as apps
from ledger_accounts
group by currency
order by currency

-- name: accounts_of_every_app()
select app_id, kind, currency
from ledger_accounts
order by app_id, currency, kind

-- name: postings_in_order()
-- hledger checks what a balance is said to be day by day, and within a day as written. So the days must never go back:
-- one that would, because the database's clock was set back or two apps posted in the same instant, is given the latest
-- day before it. The time itself is told as it is.
select p.app_id, p.id, p.seq, p.kind, f.kind as from_kind, t.kind as to_kind, p.currency, p.amount, p.from_balance,
    p.to_balance, p.reference, p.note, p.created_at,
    (max(p.created_at) over (order by p.seq rows unbounded preceding) at time zone 'UTC')::date as day
from ledger_postings p
join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
order by p.seq
